//! A mail server, and whom we are there. It dials nothing.

use lettre::message::Mailbox;

use super::message::address;
use crate::secret::Secret;

/// Ports for handing in mail, beside any that `EGRESS_ALLOW` opens on loopback. Port 25 is for servers among themselves.
pub(super) const PORTS: [u16; 5] = [465, 587, 2465, 2525, 2587];

/// A mail server with what we say to it.
#[derive(Clone)]
pub struct Account {
    pub(super) host: String,
    pub(super) port: u16,
    /// TLS from the first byte on, instead of STARTTLS.
    pub(super) implicit: bool,
    pub(super) login: Option<Login>,
    pub(super) from: Sender,
}

/// Who we are at the server.
#[derive(Clone)]
pub struct Login {
    pub(super) user: String,
    pub(super) password: Secret<String>,
}

/// Who a mail is from: an address, and perhaps a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(pub(super) Mailbox);

/// What of an account is not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// No host's name or address.
    #[error("the mail server's host is not written in its usual form")]
    Host,
    /// Neither an address nor a name with an address.
    #[error("the sender must be one e-mail address, such as ada@example.org or Ada <ada@example.org>")]
    From,
}

impl Account {
    /// The server at `host`, where mails are from `from`.
    ///
    /// On 465 and 2465 TLS comes first and on 587 and 2587 it is asked for by STARTTLS, whatever `secure` says; on
    /// another port `secure` asks for the former. There is no third way: nothing is ever said in the clear.
    pub fn new(host: &str, port: u16, secure: Option<bool>, from: &str) -> Result<Self, Unfit> {
        let host = host.trim();
        if host.is_empty() || host.len() > 253 || host.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Unfit::Host);
        }
        let implicit = match port {
            465 | 2465 => true,
            587 | 2587 => false,
            _ => secure.unwrap_or(false),
        };
        Ok(Self { host: host.to_ascii_lowercase(), port, implicit, login: None, from: from.parse()? })
    }

    /// With a user name and password.
    #[must_use]
    pub fn login(mut self, user: &str, password: Secret<String>) -> Self {
        self.login = Some(Login { user: user.to_owned(), password });
        self
    }

    /// Who its mails are from.
    pub fn from(&self) -> &Sender {
        &self.from
    }

    /// The server's host.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl Sender {
    /// The address alone.
    pub fn address(&self) -> &str {
        self.0.email.as_ref()
    }

    pub(super) fn domain(&self) -> &str {
        self.0.email.domain()
    }
}

impl std::str::FromStr for Sender {
    type Err = Unfit;

    /// `ada@example.org` or `Ada <ada@example.org>`.
    fn from_str(text: &str) -> Result<Self, Unfit> {
        let text = text.trim_matches(' ');
        if text.len() > 512 || text.chars().any(char::is_control) {
            return Err(Unfit::From);
        }
        let (name, email) = match text.strip_suffix('>').and_then(|rest| rest.split_once('<')) {
            Some((name, email)) => (Some(name.trim().trim_matches('"').to_owned()), email),
            None => (None, text),
        };
        let email = address(email).ok_or(Unfit::From)?;
        Ok(Self(Mailbox::new(name.filter(|name| !name.is_empty()), email)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_an_address_with_or_without_a_name() {
        for (text, address) in [
            ("ada@example.org", "ada@example.org"),
            ("Ada <ada@example.org>", "ada@example.org"),
            ("\"Ada, Countess\" <ada@example.org>", "ada@example.org"),
        ] {
            assert_eq!(text.parse::<Sender>().unwrap().address(), address);
        }
        for text in ["", "Ada", "Ada <ada>", "Ada\r\nBcc: eve@x.org <ada@example.org>", "a@x.org, b@x.org"] {
            assert_eq!(text.parse::<Sender>(), Err(Unfit::From), "{text:?}");
        }
    }

    #[test]
    fn a_known_port_says_how_tls_starts() {
        let implicit = |port, secure| Account::new("mail.example.org", port, secure, "a@example.org").unwrap().implicit;
        assert!(implicit(465, None) && implicit(465, Some(false)) && implicit(2525, Some(true)));
        assert!(!implicit(587, None) && !implicit(587, Some(true)) && !implicit(2525, None));
    }
}
