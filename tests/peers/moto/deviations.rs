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
    /// Why it does, and why that may be.
    pub(super) because: &'static str,
}

const KNOWN: &[Deviation] = &[
    Deviation {
        whose: Whose::Moto,
        fact: "decrypt by another key",
        does: "AccessDeniedException",
        because: "moto has no IncorrectKeyException; it refuses all the same",
    },
    Deviation {
        whose: Whose::Moto,
        fact: "decrypt the moved one by the old key",
        does: "AccessDeniedException",
        because: "moto has no IncorrectKeyException; it refuses all the same",
    },
    Deviation {
        whose: Whose::Moto,
        fact: "re-encrypt from another key",
        does: "ok",
        because: "moto does not read SourceKeyId",
    },
    Deviation {
        whose: Whose::Moto,
        fact: "after a delete by an old receipt",
        does: "",
        because: "moto keeps every receipt of a message valid; AWS only the latest, and a worker that was too slow must not \
                  delete what another has taken over",
    },
    Deviation {
        whose: Whose::Moto,
        fact: "hold what was put back",
        does: "ok",
        because: "moto does not ask whether a message is still under way; AWS refuses, and a worker learns of it",
    },
];

/// The deviation that is known of this fact.
pub(super) fn of(whose: Whose, fact: &str) -> Option<&'static Deviation> {
    KNOWN.iter().find(|known| known.whose == whose && known.fact == fact)
}
