//! The local server's parts: AWS answered by this process, and the template that says what exists there.

pub mod aws;
pub mod template;
