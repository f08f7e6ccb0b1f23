//! Service keys as they are shown once and presented ever after: `sk_<id>_<256 bits>`; and what they are limited to.

use serde::{Deserialize, Serialize};

use super::opaque;
use crate::{
    id::{Id, KeyId, random, token_text},
    secret::Secret,
};

/// What every presented key starts with.
pub(crate) const PREFIX: &str = "sk_";

/// All, or only those listed. In JSON `"*"` or an array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged, expecting = "expected \"*\" or a list of text")]
pub enum Reach<T> {
    /// Whichever there are, now and later.
    All(Star),
    /// These.
    Only(Vec<T>),
}

/// The text `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Star {
    /// All.
    #[serde(rename = "*")]
    Star,
}

impl<T: PartialEq> Reach<T> {
    /// Without a limit.
    pub const ALL: Self = Self::All(Star::Star);

    /// Whether `one` is among them.
    pub fn holds(&self, one: &T) -> bool {
        match self {
            Self::All(_) => true,
            Self::Only(those) => those.contains(one),
        }
    }

    /// The one that it is limited to, if it is limited to exactly one.
    pub fn only_one(&self) -> Option<&T> {
        match self {
            Self::Only(those) => match those.as_slice() {
                [one] => Some(one),
                _ => None,
            },
            Self::All(_) => None,
        }
    }
}

/// A new key: the text to show once, and the hash to keep.
pub fn mint(id: &KeyId) -> (Secret<String>, String) {
    let secret = Secret::new(token_text(random()));
    let hash = opaque::hash(secret.expose());
    let bare = id.as_str().strip_prefix(KeyId::PREFIX).unwrap_or(id.as_str());
    (Secret::new(format!("{PREFIX}{bare}_{}", secret.expose())), hash)
}

/// The two halves of a presented key, if it has the form of one.
pub(crate) fn parse(presented: &str) -> Option<(KeyId, &str)> {
    let (bare, secret) = presented.strip_prefix(PREFIX)?.split_once('_')?;
    let id = format!("{}{bare}", KeyId::PREFIX).parse().ok()?;
    opaque::is_well_formed(secret).then_some((id, secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Ids;

    #[test]
    fn a_minted_key_is_found_by_its_id_and_matches_its_hash_alone() {
        let id: KeyId = Ids::system().make();
        let (shown, hash) = mint(&id);
        let (found, secret) = parse(shown.expose()).unwrap();
        assert_eq!(found, id);
        assert!(opaque::matches(secret, &hash));
        assert!(!opaque::matches(&secret.to_lowercase(), &hash));
        assert!(!hash.contains(secret));
    }

    #[test]
    fn what_has_not_the_form_of_a_key_is_none() {
        let id: KeyId = Ids::system().make();
        let (shown, _) = mint(&id);
        let shown = shown.expose();
        for bad in ["", "sk_", "sk__", &shown[..shown.len() - 1], &format!("{shown}x"), &shown[3..], "sk_a,b_c"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn reach_is_a_star_or_a_list() {
        let all: Reach<String> = serde_json::from_str("\"*\"").unwrap();
        assert!(all.holds(&"github".to_owned()));
        let one: Reach<String> = serde_json::from_str("[\"slack\"]").unwrap();
        assert!(!one.holds(&"github".to_owned()));
        assert!(serde_json::from_str::<Reach<String>>("\"github\"").is_err());
    }
}
