//! Those that wait until their provider bears one more call. Bounded: whoever finds the line full stays due, and comes
//! again when it is shorter.

use std::collections::{HashSet, VecDeque};

use shared::store::{integrations::Due, key::Key};

/// So many wait for one provider.
const LONGEST: usize = 200;

/// Who waits, by provider; the providers take turns.
#[derive(Default)]
pub(crate) struct Line {
    waiting: VecDeque<(String, VecDeque<Due>)>,
    /// All that had their turn or still wait for it: an index that lags brings them again.
    known: HashSet<Key>,
    turned_away: bool,
}

impl Line {
    /// Puts one in line, unless it is there or was.
    pub(crate) fn add(&mut self, due: Due) {
        if self.known.contains(&due.key) {
            return;
        }
        let provider = due.provider();
        let place = self.waiting.iter().position(|(waiting, _)| waiting == provider).unwrap_or_else(|| {
            self.waiting.push_back((provider.to_owned(), VecDeque::new()));
            self.waiting.len() - 1
        });
        match self.waiting.get_mut(place) {
            Some((_, line)) if line.len() < LONGEST => {
                self.known.insert(due.key.clone());
                line.push_back(due);
            }
            _ => self.turned_away = true,
        }
    }

    /// The next of a provider that is free. Its provider has its next turn after the others.
    pub(crate) fn next(&mut self, free: impl Fn(&str) -> bool) -> Option<Due> {
        let place = self.waiting.iter().position(|(provider, line)| !line.is_empty() && free(provider))?;
        let (provider, mut line) = self.waiting.remove(place)?;
        let due = line.pop_front();
        self.waiting.push_back((provider, line));
        due
    }

    /// Whether some found no room since this was asked last.
    pub(crate) fn turned_some_away(&mut self) -> bool {
        std::mem::take(&mut self.turned_away)
    }
}
