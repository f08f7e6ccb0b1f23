//! The label that tells several integrations of one provider apart: part of the row's key, so it is kept short and plain.

use crate::http::{Error, Result};

/// The label of who says nothing.
pub const DEFAULT: &str = "default";

/// The label that was asked for, if it is fit to be one.
pub fn checked(label: Option<&str>) -> Result<&str> {
    let label = label.unwrap_or(DEFAULT);
    let fits =
        (1..=64).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-@".contains(&b));
    if fits { Ok(label) } else { Err(Error::field("/label", "A label is 1 to 64 letters, digits, dots, dashes or @")) }
}
