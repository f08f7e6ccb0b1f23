//! Where moto or our stand-ins do otherwise than AWS's documentation says, and why that may be.
//!
//! The list may only shrink: an entry fails its case as soon as the cloud does as AWS does.

use super::Whose;

/// One known deviation.
pub(super) struct Deviation {
    whose: Whose,
    fact: &'static str,
    /// What it does instead.
    pub(super) does: &'static str,
    /// Why nothing of ours hangs on it, or who is to mend it.
    #[expect(dead_code, reason = "for those who read this table")]
    because: &'static str,
}

const KNOWN: &[Deviation] = &[];

/// The deviation that is known of this fact.
pub(super) fn of(whose: Whose, fact: &str) -> Option<&'static Deviation> {
    KNOWN.iter().find(|known| known.whose == whose && known.fact == fact)
}
