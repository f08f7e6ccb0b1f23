//! What was wrong with a form, said where it is: at its fields, and above them only what is about no field.

use shared::http::{Code, Error};

/// What was wrong, in the words of a page.
#[derive(Default)]
pub(crate) struct Wrong {
    /// What is about none of the fields.
    pub(crate) above: Option<String>,
    /// Whether there is an account with this address already.
    pub(crate) taken: bool,
    fields: Vec<(&'static str, String)>,
}

impl Wrong {
    /// What an error says about a form with these fields.
    pub(crate) fn with(error: &Error, known: &[&'static str]) -> Self {
        let mut wrong = Self::default();
        match error.code() {
            Code::EmailTaken if known.contains(&"email") => {
                wrong.taken = true;
                wrong.fields.push(("email", "There is an account with this address already.".to_owned()));
            }
            Code::EmailTaken => {
                wrong.above =
                    Some("There is an account with this address already. Sign in with it to go on.".to_owned());
            }
            Code::InvalidCredentials => wrong.above = Some("E-mail or password is wrong.".to_owned()),
            _ => {
                for told in error.errors() {
                    match known.iter().find(|name| told.pointer.trim_start_matches('/') == **name) {
                        Some(name) => wrong.fields.push((name, told.detail.clone())),
                        None => wrong.above = Some(told.detail.clone()),
                    }
                }
                if wrong.fields.is_empty() {
                    wrong.above = Some(error.message().to_owned());
                }
            }
        }
        wrong
    }

    /// What is wrong with a field.
    pub(crate) fn at(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, text)| text.as_str())
    }

    /// Whether anything is.
    pub(crate) fn any(&self) -> bool {
        self.above.is_some() || !self.fields.is_empty()
    }

    /// The field that gets the focus: the first that is wrong, else the usual one.
    pub(crate) fn focus<'a>(&'a self, usual: &'a str) -> &'a str {
        self.fields.first().map_or(usual, |(name, _)| name)
    }
}
