//! What the operations on a provider's credential share: which of several, the body's two shapes, and trying it.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use shared::{
    app::App,
    http::{Code, Error, FieldError, Result},
    oauth::label,
    providers::{External, Provider, Values, credentials, probe},
    secret::Secret,
};
use utoipa::IntoParams;

/// No access token lives longer than ten years, in seconds.
const LONGEST: u64 = 10 * 365 * 24 * 60 * 60;

/// Which of several integrations of one provider.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Label {
    /// Its label; `default` if nothing is said.
    label: Option<String>,
}

impl Label {
    pub(crate) fn get(&self) -> Result<&str> {
        label::checked(self.label.as_deref())
    }
}

/// A credential as somebody typed or pasted it.
pub(crate) enum Typed {
    /// The parts of an API key.
    Key(Values),
    /// Tokens that were got elsewhere.
    Tokens(Tokens),
}

/// Tokens that another system got, as D2's and D4's clients hand them over.
#[derive(Deserialize)]
pub(crate) struct Tokens {
    #[serde(alias = "accessToken")]
    pub(crate) access_token: Secret<String>,
    #[serde(default, alias = "refreshToken")]
    pub(crate) refresh_token: Option<Secret<String>>,
    #[serde(default, alias = "expiresIn")]
    pub(crate) expires_in: Option<u64>,
}

impl Typed {
    /// What fills the placeholders of the provider's requests.
    pub(crate) fn values(&self) -> Values {
        match self {
            Self::Key(values) => values.clone(),
            Self::Tokens(tokens) => Values::new().access_token(tokens.access_token.clone()),
        }
    }
}

/// Reads `{"credentials": {…}}`, or the bare object as D4's client sends it. An empty one is none.
pub(crate) fn typed(provider: &Provider, mut body: Map<String, Value>) -> Result<Option<Typed>> {
    let bare = match body.remove("credentials") {
        None => body,
        Some(Value::Object(inner)) => inner,
        Some(Value::Null) => Map::new(),
        Some(_) => return Err(Error::field("/credentials", "Credentials must be an object")),
    };
    if bare.is_empty() {
        return Ok(None);
    }
    let has_token = bare.contains_key("accessToken") || bare.contains_key("access_token");
    if provider.oauth2().is_some() && (has_token || provider.api_key().is_none()) {
        // The parser's own sentence could quote a token.
        let tokens: Tokens = serde_json::from_value(Value::Object(bare))
            .map_err(|_| Error::field("/credentials/accessToken", "An access token must be given as text"))?;
        if tokens.expires_in.is_some_and(|seconds| seconds > LONGEST) {
            return Err(Error::field("/credentials/expiresIn", "No access token lives longer than ten years"));
        }
        return Ok(Some(Typed::Tokens(tokens)));
    }
    credentials::api_key(provider, &bare).map(Typed::Key).map(Some).map_err(|invalid| {
        Error::fields(
            invalid
                .into_iter()
                .map(|field| FieldError {
                    pointer: format!("/credentials/{}", field.key),
                    detail: format!("{} {}", field.key, field.problem),
                })
                .collect(),
        )
    })
}

/// Proves the credential and asks whose account it is.
pub(crate) async fn prove(app: &App, provider: &Provider, values: &Values) -> Result<External, probe::Failure> {
    if provider.file().test.is_some() {
        probe::test(app, provider, values).await?;
    }
    probe::identity(app, provider, External::default(), values).await
}

/// What a person may see of the account.
pub(crate) fn account(external: &External) -> Value {
    json!({
        "id": external.id, "username": external.username, "email": external.email,
        "name": external.name, "avatarUrl": external.avatar, "workspace": external.workspace,
    })
}

/// The provider that a path names; D4's clients know an unknown one by this sentence.
pub(crate) fn provider(app: &App, named: &str) -> Result<std::sync::Arc<Provider>> {
    app.provider(named).map_err(|error| {
        if error.code() == Code::UnknownProvider {
            Error::new(Code::UnknownProvider, format!("Unknown provider: {named}"))
        } else {
            error
        }
    })
}
