//! The providers: one file each says all there is to know of a service, and this module reads it.
//!
//! No I/O but reading the files; requests are rendered here and sent by `egress`. `catalogue` finds a provider,
//! `render` and `identity` make its requests, `errors` judges its answers, `oauth` drives its grants.

pub(crate) mod address;
mod catalogue;
mod check;
pub mod credentials;
pub mod errors;
pub mod hooks;
pub mod identity;
pub(crate) mod json;
mod load;
mod minting;
mod pointer;
pub mod probe;
mod render;
mod said;
pub mod schema;
mod template;
#[cfg(test)]
pub(crate) mod tests;
mod values;

pub(crate) use self::render::{basic, form, put};
use self::schema::{ApiKey, File, OAuth2, Reach, Revoke, Session};
pub use self::{
    catalogue::{Catalogue, Entry},
    errors::{Meaning, Verdict},
    identity::{External, Identify, Unheard},
    load::ProviderError,
    minting::{How, Minting},
    pointer::Pointer,
    render::{Call, RenderError, action, test_data},
    said::Sent,
    template::{InvalidTemplate, Template},
    values::Values,
};
use crate::egress::HostPattern;
use jiff::Timestamp;

/// A provider: its file, read and checked.
#[derive(Clone, Debug)]
pub struct Provider {
    slug: String,
    file: File,
    built_in: bool,
}

impl Provider {
    /// Its canonical id.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// Whether the product brings it, and its operator did not write or replace it.
    pub fn built_in(&self) -> bool {
        self.built_in
    }

    /// Whether its answers may arrive where others' do.
    pub fn shares_callbacks(&self) -> bool {
        self.built_in || self.oauth2().is_some_and(|oauth2| oauth2.shared_callback)
    }

    /// As people know it.
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// Providers of one family share an authorization server, and so a client and a person's grant.
    pub fn family(&self) -> &str {
        self.file.extends.as_deref().unwrap_or(&self.slug)
    }

    /// Does revoking one token end all that this person granted to this client, in the whole family?
    pub fn revokes_account(&self) -> bool {
        let revoke = self.oauth2().and_then(|oauth2| oauth2.revoke.as_ref());
        revoke.is_some_and(|revoke| revoke.reach == Reach::Account)
    }

    /// All that its file says.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The only hosts that ever see a credential: `host`, `host:port`, or `*.suffix` for one label more.
    pub fn hosts(&self) -> &[HostPattern] {
        &self.file.hosts
    }

    /// How a person's consent is got, where it can be.
    pub fn oauth2(&self) -> Option<&OAuth2> {
        self.file.auth.oauth2.as_ref()
    }

    /// What a person may type in instead.
    pub fn api_key(&self) -> Option<&ApiKey> {
        self.file.auth.api_key.as_ref()
    }

    /// How what a person types in becomes an access token, where it does.
    pub fn minting(&self) -> Option<Minting<'_>> {
        Minting::of(&self.file.auth)
    }

    /// How this very credential becomes one, where it does.
    pub fn minting_by(&self, typed: &Values) -> Option<Minting<'_>> {
        self.minting().filter(|minting| minting.needs.is_none_or(|part| typed.has(part)))
    }

    /// What the tokens that are lent are: `bearer`, or `session` for the parts of a temporary credential, as JSON text.
    pub fn token_type(&self) -> &'static str {
        if self.file.auth.session.is_some() { "session" } else { "bearer" }
    }

    /// The call that gets a temporary credential for the typed one, signed by that.
    pub(crate) fn session(&self, session: &Session, typed: &Values, now: Timestamp) -> Result<Call, RenderError> {
        let mut call = render::request(self, &session.request, typed)?;
        if let (Some(hook), Some(service)) = (self.signs(), &call.service) {
            hook.sign(&mut call.request, service, typed, now)?;
        }
        Ok(call)
    }

    /// What signs its requests.
    pub fn signs(&self) -> Option<&'static dyn hooks::Sign> {
        hooks::sign(self.file.hooks.sign.as_deref()?)
    }

    /// Whether its requests are signed by the OAuth client's secret.
    pub fn signs_by_client(&self) -> bool {
        self.signs().is_some_and(hooks::Sign::by_client)
    }

    /// What turns a typed credential into the one that is kept.
    pub fn enters(&self) -> Option<&'static dyn hooks::Enter> {
        hooks::enter(self.file.hooks.enter.as_deref()?)
    }

    /// What does the actions that are not one request.
    pub fn runs(&self) -> Option<&'static dyn hooks::Run> {
        hooks::run(self.file.hooks.run.as_deref()?)
    }

    /// The parts of a typed credential that are not kept.
    pub fn unkept(&self) -> impl Iterator<Item = &str> {
        let parts = self.api_key().into_iter().flat_map(|key| &key.fields);
        parts.filter(|(_, part)| !part.kept).map(|(name, _)| name.as_str())
    }

    /// Whether connections hold an access token: given for a consent, or minted.
    fn gives_tokens(&self) -> bool {
        self.oauth2().is_some() || self.minting().is_some()
    }

    /// The section of the typed credential among these values, where no token is used in its stead. A field that every
    /// way of connecting asks for makes no credential.
    fn key_of(&self, values: &Values) -> Option<&ApiKey> {
        let part = |name: &String| values.has(name) && !self.file.fields.contains_key(name);
        let key = self.api_key().filter(|_| !(self.gives_tokens() && values.has("access_token")))?;
        key.fields.keys().any(part).then_some(key)
    }

    /// What a request's `path` is put behind for these values.
    fn base_url(&self, values: &Values) -> Option<&Template> {
        self.key_of(values).and_then(|key| key.base_url.as_ref()).or(self.file.base_url.as_ref())
    }

    /// Whether the API's address can be made of these values, and lies on the file's hosts.
    pub(crate) fn base(&self, values: &Values) -> Result<(), RenderError> {
        self.base_url(values).map_or(Ok(()), |base| address::build(self, &[base], [], values).map(|_| ()))
    }

    /// The call that proves a credential.
    pub fn test(&self, credential: &Values) -> Result<Call, RenderError> {
        let own = self.key_of(credential).and_then(|key| key.test.as_ref());
        let test = own.or(self.file.test.as_ref()).ok_or(RenderError::Unsupported("test"))?;
        render::request(self, test, credential)
    }

    /// How it takes back what it made for a typed credential.
    pub fn takes_back(&self) -> Option<&Revoke> {
        self.api_key()?.revoke.as_ref()
    }

    /// The call that gives a grant back. Wants `token`, and what else the file's template names.
    pub(crate) fn revocation(&self, revoke: &Revoke, values: &Values) -> Result<Call, RenderError> {
        render::request(self, &revoke.request, values)
    }
}
