//! How a provider's answers are read: errors, identity, lists, limits.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Request;
use crate::providers::pointer::Pointer;

/// `[errors]` for the API, `[auth.oauth2.errors]` for the token endpoint. What it does not say follows the defaults
/// in `providers::errors`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Errors {
    /// Where the code may sit, best first.
    pub code: Vec<Pointer>,
    /// Where the sentence for people may sit, best first.
    pub message: Vec<Pointer>,
    /// A truth value in the body: false is a failure, whatever the status.
    pub ok: Option<Pointer>,
    /// A code in the body is a failure, whatever the status.
    pub in_200: bool,
    /// Where the body tells how many seconds to wait.
    pub retry_after: Option<Pointer>,
    /// The header that tells how many calls remain; `0` beside a refusal means: slow down.
    pub remaining_header: Option<String>,
    /// The header that tells when calls are allowed again, in epoch seconds.
    pub reset_header: Option<String>,
    /// What a part of the message means; looked at first. Case does not matter.
    pub says: BTreeMap<String, Means>,
    /// What a code means; looked at second.
    pub codes: BTreeMap<String, Means>,
    /// What a status means; looked at third.
    pub status: BTreeMap<String, Means>,
}

/// What an error means for the integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// No error at all.
    Fine,
    /// The access token is no good; a refreshed one may be.
    Refresh,
    /// The grant is dead; only its owner can give a new one.
    Reauthorize,
    /// The operator's client is set up wrongly.
    Operator,
    /// Too many calls.
    SlowDown,
    /// This request is wrong, and will be tomorrow.
    Refused,
    /// It may work later.
    Transient,
}

/// One `[[identity]]` step: a request, or the token answer where there is none, and where the facts sit in it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityStep {
    /// What to ask. `{external_id}` and the like are facts of earlier steps.
    pub request: Option<Request>,
    /// Asked only while this fact is missing.
    pub when_missing: Option<String>,
    /// Asked only where this part of the credential is there.
    pub needs: Option<String>,
    /// A refusal is no failure, say because its scope was not granted.
    pub optional: bool,
    /// The account's id.
    pub id: Vec<Pointer>,
    /// Its login name.
    pub username: Vec<Pointer>,
    /// Its e-mail address.
    pub email: Vec<Pointer>,
    /// The person's name.
    pub name: Vec<Pointer>,
    /// A picture's address.
    pub avatar: Vec<Pointer>,
    /// The id of the workspace, team or site.
    pub workspace: Vec<Pointer>,
    /// Other facts to keep with the grant, none of them secret; usable as placeholders.
    pub keep: BTreeMap<String, Pointer>,
    /// The answer is a list of which one element counts; all pointers of this step are read in that element.
    pub choose: Option<Choose>,
}

/// `[identity.choose]`: one of a list, by what the person told. One of one needs no telling; of several that nobody chose
/// among, none is taken.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choose {
    /// The list.
    #[serde(default = "whole")]
    pub from: Pointer,
    /// The field that tells which.
    pub by: String,
    /// Where in an element the told text may stand. Of addresses their host counts as well.
    pub at: Vec<Pointer>,
    /// What people call such an element: `site`.
    pub what: String,
}

fn whole() -> Pointer {
    Pointer::whole()
}

/// `[pagination]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pagination {
    /// How lists go on.
    pub style: PaginationStyle,
    /// Where the next cursor sits, with `style = "cursor"`.
    pub cursor: Option<Pointer>,
    /// A truth value that tells whether there is more.
    pub more: Option<Pointer>,
    /// The parameter that takes the cursor or the page's number.
    pub parameter: Option<String>,
    /// The parameter that takes the size of a page.
    pub size_parameter: Option<String>,
    /// The largest page.
    pub max_size: Option<u32>,
}

/// How lists go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaginationStyle {
    /// `Link: rel="next"`.
    Link,
    /// A cursor in the body.
    Cursor,
    /// Pages by number.
    Page,
    /// The number of the first element.
    Offset,
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// So many requests an account…
    pub requests: u32,
    /// …in so many seconds.
    pub seconds: u32,
}
