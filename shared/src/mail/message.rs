//! A message to one person. One that exists can be sent: nothing in it reaches into a header beside its own.

use lettre::Address;

/// A subject line is one line, and no longer than a person reads.
const LONGEST_SUBJECT: usize = 500;
/// As SMTP bounds a path (RFC 5321, 4.5.3.1.3).
const LONGEST_ADDRESS: usize = 254;

/// A text to one person.
#[derive(Clone, Debug)]
pub struct Message {
    to: Address,
    subject: String,
    text: String,
}

/// What of a message is not fit to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Not one plain e-mail address.
    #[error("must be one e-mail address, such as ada@example.org")]
    To,
    /// Empty, too long, or of more than one line.
    #[error("must be one line of at most {LONGEST_SUBJECT} characters")]
    Subject,
    /// Empty.
    #[error("must not be empty")]
    Text,
}

impl Unfit {
    /// The part's name: `to`, `subject` or `text`.
    pub fn part(self) -> &'static str {
        match self {
            Self::To => "to",
            Self::Subject => "subject",
            Self::Text => "text",
        }
    }
}

impl From<Unfit> for crate::http::Error {
    fn from(unfit: Unfit) -> Self {
        Self::field(format!("/{}", unfit.part()), format!("`{}` {unfit}", unfit.part()))
    }
}

impl Message {
    /// A message in plain text.
    pub fn new(to: &str, subject: &str, text: &str) -> Result<Self, Unfit> {
        let to = address(to).ok_or(Unfit::To)?;
        let subject = subject.trim_matches(' ');
        // Not only CR and LF: other controls are no text either, and some readers take them for line ends.
        let lines = subject.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
        if subject.is_empty() || lines || subject.chars().count() > LONGEST_SUBJECT {
            return Err(Unfit::Subject);
        }
        if text.trim().is_empty() {
            return Err(Unfit::Text);
        }
        Ok(Self { to, subject: subject.to_owned(), text: text.replace('\0', "") })
    }

    /// Whom it is for.
    pub fn to(&self) -> &str {
        self.to.as_ref()
    }

    /// What it is about.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What it says.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn address(&self) -> &Address {
        &self.to
    }
}

/// One plain address. Quoted names, comments, lists and scripts beyond ASCII are refused rather than interpreted; a
/// domain in another script is written as `xn--`.
pub(super) fn address(text: &str) -> Option<Address> {
    let text = text.trim_matches(' ');
    let (local, domain) = text.rsplit_once('@')?;
    let usual = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let label = |label: &str| {
        matches!(label.len(), 1..=63)
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let fits = text.len() <= LONGEST_ADDRESS
        && (1..=64).contains(&local.len())
        && local.chars().all(usual)
        && domain.split('.').all(label);
    if fits { Address::new(local, domain).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_message_is_taken_as_it_is() {
        let message = Message::new(" ada@example.org", "Grüße", "one\r\ntwo\n").unwrap();
        assert_eq!((message.to(), message.subject(), message.text()), ("ada@example.org", "Grüße", "one\r\ntwo\n"));
    }

    #[test]
    fn an_address_that_is_more_than_one_address_is_refused() {
        let long = format!("{}@example.org", "x".repeat(65));
        for to in [
            "",
            "ada",
            "ada@",
            "@example.org",
            "ada@example.org\r\nBcc: eve@example.org",
            "ada@example.org\nRCPT TO:<eve@example.org>",
            "ada@example.org, eve@example.org",
            "ada@example.org;eve@example.org",
            "Ada <ada@example.org>",
            "<ada@example.org>",
            "\"ada eve\"@example.org",
            "a da@example.org",
            "ada@exa mple.org",
            "ada@example..org",
            "ada@-example.org",
            "ada@[127.0.0.1]",
            "ada..b@example.org",
            "ada@exämple.org",
            "a(b)da@example.org",
            "ada@example.org\0",
            &long,
        ] {
            assert_eq!(Message::new(to, "Hi", "text").unwrap_err(), Unfit::To, "{to:?}");
        }
    }

    #[test]
    fn a_subject_of_two_lines_is_refused() {
        let long = "x".repeat(LONGEST_SUBJECT + 1);
        for subject in ["", " ", "Hi\r\nBcc: eve@example.org", "Hi\n", "Hi\rthere", "Hi\u{b}", "Hi\u{2028}there", &long]
        {
            assert_eq!(Message::new("ada@example.org", subject, "x").unwrap_err(), Unfit::Subject, "{subject:?}");
        }
        assert_eq!(Message::new("ada@example.org", "Hi", " \n").unwrap_err(), Unfit::Text);
    }
}
