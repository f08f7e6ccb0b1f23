//! How far a long command is: a bar on a terminal, a line now and then elsewhere.

use std::{io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

/// A line is said so often where there is no terminal.
const EVERY: u64 = 1000;

/// How far it is.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    done: u64,
}

impl Progress {
    /// Counts `what` ("records"); `length` bytes are to be gone through, where that is known.
    pub(crate) fn new(what: &'static str, length: Option<u64>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
            let form = match length {
                Some(_) => "{bar:40} {percent:>3} %  {msg}  {eta} left",
                None => "{spinner} {msg}  {elapsed}",
            };
            if let Ok(style) = ProgressStyle::with_template(form) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { bar, what, done: 0 }
    }

    /// One more is done; by now so many bytes were gone through.
    pub(crate) fn one(&mut self, bytes: u64) {
        self.done += 1;
        match &self.bar {
            Some(bar) => {
                bar.set_position(bytes);
                bar.set_message(format!("{} {}", self.done, self.what));
            }
            None if self.done.is_multiple_of(EVERY) => eprintln!("{} {}", self.done, self.what),
            None => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
