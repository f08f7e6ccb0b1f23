//! What the sandbox provider remembers: who consented to what, and the notes that were written.
//!
//! Tokens and codes are kept as hashes only, as a provider should. Nothing here speaks HTTP.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use shared::id::random_token;

/// A code is worth nothing after this many seconds.
const CODE_SECONDS: i64 = 60;
/// How many rotated refresh tokens of a grant are remembered, to notice that one of them comes back.
const REMEMBERED: u64 = 16;
/// Older notes of a person make room for new ones.
const MOST_NOTES: usize = 200;

/// All of it. `BTreeMap`s, so that the file reads the same each time it is written.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) client_secret: String,
    codes: BTreeMap<String, Code>,
    grants: BTreeMap<String, Grant>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Refresh>,
    notes: BTreeMap<String, Vec<Note>>,
}

/// What a person said yes to, waiting to be exchanged.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Consent {
    pub(super) person: String,
    pub(super) scope: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct Code {
    consent: Consent,
    expires: i64,
    /// The grant it was exchanged for; a second exchange ends that grant.
    spent_on: Option<String>,
}

/// One consent that was exchanged.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Grant {
    pub(super) person: String,
    pub(super) scope: String,
    generation: u64,
}

#[derive(Clone, Serialize, Deserialize)]
struct Access {
    grant: String,
    expires: i64,
}

#[derive(Clone, Serialize, Deserialize)]
struct Refresh {
    grant: String,
    generation: u64,
}

/// Something a person noted.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) created_at: String,
}

/// A fresh pair, in clear: shown once.
pub(super) struct Issued {
    pub(super) access: String,
    pub(super) refresh: String,
    pub(super) scope: String,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            client_secret: format!("sandbox_secret_{}", random_token()),
            codes: BTreeMap::new(),
            grants: BTreeMap::new(),
            access: BTreeMap::new(),
            refresh: BTreeMap::new(),
            notes: BTreeMap::new(),
        }
    }

    /// Notes a consent and gives the code for it.
    pub(super) fn consent(&mut self, consent: Consent, now: i64) -> String {
        self.forget_expired(now);
        let code = format!("sandbox_code_{}", random_token());
        self.codes.insert(hash(&code), Code { consent, expires: now + CODE_SECONDS, spent_on: None });
        code
    }

    /// Exchanges a code, once. `None` where the code, the address or the verifier is wrong; a code that comes a second
    /// time ends what the first gave.
    pub(super) fn exchange(
        &mut self,
        code: &str,
        redirect_uri: &str,
        verifier: &str,
        now: i64,
        life: i64,
    ) -> Option<Issued> {
        let key = hash(code);
        let found = self.codes.get(&key)?.clone();
        if let Some(grant) = found.spent_on {
            self.end(&grant);
            return None;
        }
        let proven = found.expires > now
            && found.consent.redirect_uri == redirect_uri
            && found.consent.challenge == challenge(verifier);
        if !proven {
            // One guess a code.
            self.codes.remove(&key);
            return None;
        }
        let id = random_token();
        let Consent { person, scope, .. } = found.consent;
        self.grants.insert(id.clone(), Grant { person, scope, generation: 0 });
        if let Some(code) = self.codes.get_mut(&key) {
            code.spent_on = Some(id.clone());
        }
        self.issue(&id, now, life)
    }

    /// Rotates a refresh token. One that was rotated before ends its grant: either it or its successor was stolen.
    pub(super) fn rotate(&mut self, token: &str, now: i64, life: i64) -> Option<Issued> {
        self.forget_expired(now);
        let Refresh { grant, generation } = self.refresh.get(&hash(token))?.clone();
        if self.grants.get(&grant)?.generation != generation {
            self.end(&grant);
            return None;
        }
        self.issue(&grant, now, life)
    }

    fn issue(&mut self, id: &str, now: i64, life: i64) -> Option<Issued> {
        let grant = self.grants.get_mut(id)?;
        grant.generation += 1;
        let (generation, scope) = (grant.generation, grant.scope.clone());
        self.refresh.retain(|_, old| old.grant != id || old.generation + REMEMBERED > generation);
        let issued = Issued {
            access: format!("sandbox_at_{}", random_token()),
            refresh: format!("sandbox_rt_{}", random_token()),
            scope,
        };
        self.access.insert(hash(&issued.access), Access { grant: id.to_owned(), expires: now + life });
        self.refresh.insert(hash(&issued.refresh), Refresh { grant: id.to_owned(), generation });
        Some(issued)
    }

    /// Revokes either kind of token. A refresh token takes its whole grant along; an unknown one is no error.
    pub(super) fn revoke(&mut self, token: &str) {
        let key = hash(token);
        self.access.remove(&key);
        if let Some(refresh) = self.refresh.remove(&key) {
            self.end(&refresh.grant);
        }
    }

    /// Whose access token this is.
    pub(super) fn bearer(&self, token: &str, now: i64) -> Option<&Grant> {
        let access = self.access.get(&hash(token)).filter(|access| access.expires > now)?;
        self.grants.get(&access.grant)
    }

    pub(super) fn notes(&self, person: &str) -> &[Note] {
        self.notes.get(person).map_or(&[], Vec::as_slice)
    }

    pub(super) fn add_note(&mut self, person: &str, note: Note) {
        let notes = self.notes.entry(person.to_owned()).or_default();
        notes.push(note);
        let surplus = notes.len().saturating_sub(MOST_NOTES);
        notes.drain(..surplus);
    }

    fn end(&mut self, grant: &str) {
        self.grants.remove(grant);
        self.access.retain(|_, access| access.grant != grant);
        self.refresh.retain(|_, refresh| refresh.grant != grant);
    }

    fn forget_expired(&mut self, now: i64) {
        self.codes.retain(|_, code| code.expires > now);
        self.access.retain(|_, access| access.expires > now);
    }
}

/// How a token or code is kept.
fn hash(token: &str) -> String {
    hex::encode(digest(&SHA256, token.as_bytes()))
}

/// PKCE, S256.
pub(super) fn challenge(verifier: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}
