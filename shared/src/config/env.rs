//! Looks variables up, parses them, and collects everything that is wrong.

use std::{fmt, str::FromStr};

/// Reads variables through a look-up, so that tests need no process environment.
pub struct Env<'a> {
    look_up: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
    read: Vec<&'static str>,
}

impl<'a> Env<'a> {
    /// Reads through `look_up`. An empty value counts as unset.
    pub fn new(look_up: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { look_up, problems: Vec::new(), read: Vec::new() }
    }

    /// The process's own environment.
    #[expect(clippy::disallowed_methods, reason = "this is the one home of the environment")]
    pub fn process(name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    /// The text of a variable.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.read.push(name);
        (self.look_up)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// A variable that parses, or its default; what does not parse is a problem.
    pub fn parsed<T: FromStr<Err: fmt::Display>>(&mut self, name: &'static str, default: T) -> T {
        self.optional(name).unwrap_or(default)
    }

    /// A variable that parses, if it is set.
    pub fn optional<T: FromStr<Err: fmt::Display>>(&mut self, name: &'static str) -> Option<T> {
        let text = self.text(name)?;
        text.parse().inspect_err(|error| self.problem(format!("{name}: {error}"))).ok()
    }

    /// The address of a server, without a slash at its end.
    pub fn base_url(&mut self, name: &'static str) -> Option<String> {
        let url: url::Url = self.optional(name)?;
        let plain = matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
        if !plain || !url.has_host() {
            self.problem(format!("{name}: must be an http or https address"));
            return None;
        }
        Some(url.as_str().trim_end_matches('/').to_owned())
    }

    /// A comma-separated list.
    pub fn list(&mut self, name: &'static str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    }

    /// Notes something that is wrong.
    pub fn problem(&mut self, sentence: impl Into<String>) {
        self.problems.push(sentence.into());
    }

    /// The variables that were asked for, for the contract test of the template.
    pub fn names(&self) -> &[&'static str] {
        &self.read
    }

    pub(super) fn finish(&mut self) -> Result<(), Problems> {
        if self.problems.is_empty() { Ok(()) } else { Err(Problems(std::mem::take(&mut self.problems))) }
    }
}

/// Everything that is wrong with the settings.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Problems(Vec<String>);
