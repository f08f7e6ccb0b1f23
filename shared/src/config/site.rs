//! Where this installation is reached, and which pages belong to it.

use axum::http::HeaderValue;
use url::Url;

use super::Env;

/// Addresses of this installation.
#[derive(Clone, Debug)]
pub struct Site {
    /// Our own address, the one source of redirect URIs.
    pub public_url: PublicUrl,
    /// The front end's address: where the GET callback sends the browser.
    pub frontend_url: Option<Url>,
    /// Origins beside the front end's that may read answers.
    pub cors_origins: Vec<String>,
    /// Whether this is the local development server.
    pub local: bool,
}

/// The public address, or the name of the SSM parameter that holds it.
#[derive(Clone, Debug)]
pub enum PublicUrl {
    /// Told outright (local server, tests).
    Value(Url),
    /// The template makes the parameter; only its name is in the environment.
    Parameter(String),
}

impl Site {
    pub(super) fn read(env: &mut Env<'_>) -> Self {
        let public_url = match (env.optional::<Url>("PUBLIC_URL"), env.text("PUBLIC_URL_PARAMETER")) {
            (Some(url), _) => PublicUrl::Value(url),
            (None, Some(name)) => PublicUrl::Parameter(name),
            (None, None) => {
                env.problem("PUBLIC_URL or PUBLIC_URL_PARAMETER must say where this installation is reached");
                PublicUrl::Parameter(String::new())
            }
        };
        Self {
            public_url,
            frontend_url: env.optional("FRONTEND_URL"),
            cors_origins: env.list("CORS_ORIGINS"),
            local: false,
        }
    }

    /// What CORS answers this origin: the header's value, and whether cookies may come along. `*` never takes cookies.
    pub fn cors(&self, origin: &HeaderValue) -> Option<(HeaderValue, bool)> {
        let text = origin.to_str().ok()?;
        let front = self.frontend_url.as_ref().is_some_and(|url| url.origin().ascii_serialization() == text);
        if front || self.cors_origins.iter().any(|allowed| allowed.trim_end_matches('/') == text) {
            Some((origin.clone(), front))
        } else if self.cors_origins.iter().any(|allowed| allowed == "*") {
            Some((HeaderValue::from_static("*"), false))
        } else {
            None
        }
    }
}
