//! What a look through the trail can find.

use std::fmt;

use jiff::{Timestamp, civil::Date};

use crate::id::OrgId;

/// Something that is not as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whose day; none where it is the day as a whole.
    pub org: Option<OrgId>,
    /// Which day.
    pub day: Date,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Fewer entries than were sealed.
    Fewer {
        /// How many were sealed.
        sealed: u64,
        /// How many there are.
        found: u64,
    },
    /// More entries than were sealed.
    More {
        /// How many were sealed.
        sealed: u64,
        /// How many there are.
        found: u64,
    },
    /// As many, but others, or in another order.
    Altered,
    /// Entries of a closed day that nobody sealed.
    Unsealed,
    /// The sealer has not signed this seal.
    Forged,
    /// It does not hang on the seal before it.
    Unlinked,
    /// The day's seal counts other seals than there are.
    Seals {
        /// How many it counts.
        sealed: u64,
        /// How many there are.
        found: u64,
    },
    /// No day has been sealed since, though its time is over: the sealer stands still, or the end was cut off.
    Behind,
    /// Entries of closed days that no seal counts and the index does not show.
    Stray {
        /// How many.
        found: u64,
    },
    /// Sealed days after it was over: the sealer stood still for so long, or old seals were deleted and made anew.
    Late {
        /// When.
        at: Timestamp,
    },
    /// A partition of the table that no function of ours would have written.
    Malformed {
        /// What it is called.
        partition: String,
    },
    /// A head that was kept elsewhere is gone or another.
    NotAsKept,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fewer { sealed, found } => {
                write!(f, "{sealed} entries were sealed and {found} are there: some were deleted or cut off")
            }
            Self::More { sealed, found } => {
                write!(f, "{sealed} entries were sealed and {found} are there: some came later")
            }
            Self::Altered => write!(f, "an entry was changed, exchanged or moved since it was sealed"),
            Self::Unsealed => write!(f, "there are entries of a closed day that were not sealed: they came later"),
            Self::Forged => write!(f, "the seal does not carry the sealer's signature"),
            Self::Unlinked => {
                write!(f, "the seal does not follow the one before it: a seal is missing or was exchanged")
            }
            Self::Seals { sealed, found } => {
                write!(f, "{sealed} organisations were sealed and {found} seals are there")
            }
            Self::Behind => {
                write!(f, "no later day is sealed: the sealer stands still, or the end of the trail was cut off")
            }
            Self::Stray { found } => {
                write!(f, "{found} entries of closed days belong to no seal: they were put there later")
            }
            Self::Late { at } => {
                write!(
                    f,
                    "it was sealed only at {at}: the sealer stood still until then, or its first seal was deleted"
                )
            }
            Self::Malformed { partition } => {
                write!(
                    f,
                    "the partition {partition:?} is none that a function writes: it was put there by somebody else"
                )
            }
            Self::NotAsKept => write!(f, "the seal is gone, or another than the one that was kept elsewhere"),
        }
    }
}
