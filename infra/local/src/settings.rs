//! The local server's own settings. Those of the product pass through to `shared::config`.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde_json::{Map, Value, json};
use shared::{config::Config, egress};
use url::Url;

/// All of them.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `PORT`, or 0 for any that is free.
    pub port: u16,
    /// `POSTERN_DIR`: where everything is kept.
    pub folder: PathBuf,
    /// `PUBLIC_URL`, where it is not the port's own address.
    pub public_url: Option<Url>,
    /// `FRONTEND_URL`.
    pub frontend_url: Option<Url>,
    /// `FRONTEND_DIR`: a built front end to serve on our origin.
    pub frontend_dir: Option<PathBuf>,
    /// `EGRESS_ALLOW`: loopback addresses that may be called.
    pub allow: Vec<(String, u16)>,
    /// `SANDBOX_TOKEN_SECONDS`: how long the sandbox's access tokens live.
    pub sandbox_token_seconds: u32,
    /// OAuth clients by provider, from `*_CLIENT_ID` and `*_CLIENT_SECRET`.
    pub clients: Map<String, Value>,
    /// What the developer should know, and what does not keep the server from starting.
    pub warnings: Vec<String>,
    environment: BTreeMap<String, String>,
}

/// Settings that are wrong, a sentence each, beginning with the setting's name.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Wrong(Vec<String>);

impl Settings {
    /// Reads the process's environment.
    pub fn from_process() -> Result<Self, Wrong> {
        #[expect(clippy::disallowed_methods, reason = "OAuth clients are told by pairs of any name")]
        Self::read(readable(std::env::vars_os()))
    }

    /// Reads all of them, and says all that is wrong at once.
    pub fn read(environment: impl IntoIterator<Item = (String, String)>) -> Result<Self, Wrong> {
        let environment = environment.into_iter().filter(|(_, value)| !value.trim().is_empty());
        let environment = environment.map(|(name, value)| (name, value.trim().to_owned())).collect();
        let mut reader = Reader { environment: &environment, problems: Vec::new(), warnings: Vec::new() };
        let settings = Self {
            port: reader.parsed("PORT").unwrap_or(3000),
            folder: reader.text("POSTERN_DIR").unwrap_or(".postern").into(),
            public_url: reader.origin("PUBLIC_URL"),
            frontend_url: reader.origin("FRONTEND_URL"),
            frontend_dir: reader.front_end(),
            allow: reader.allow(),
            sandbox_token_seconds: reader.token_seconds(),
            clients: reader.clients(),
            warnings: Vec::new(),
            environment: BTreeMap::new(),
        };
        reader.retired();
        let Reader { problems, warnings, .. } = reader;
        if problems.is_empty() { Ok(Self { warnings, environment, ..settings }) } else { Err(Wrong(problems)) }
    }

    /// A setting of the product, for `shared::config`.
    pub fn look_up(&self, name: &str) -> Option<String> {
        self.environment.get(name).cloned()
    }
}

/// What is text: a variable that is none belongs to another program.
fn readable(environment: impl Iterator<Item = (OsString, OsString)>) -> impl Iterator<Item = (String, String)> {
    environment.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

struct Reader<'a> {
    environment: &'a BTreeMap<String, String>,
    problems: Vec<String>,
    warnings: Vec<String>,
}

impl<'a> Reader<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        self.environment.get(name).map(String::as_str)
    }

    fn parsed<T: FromStr<Err: std::fmt::Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        text.parse().inspect_err(|error| self.problems.push(format!("{name}: `{text}`: {error}"))).ok()
    }

    fn origin(&mut self, name: &str) -> Option<Url> {
        let url: Url = self.parsed(name)?;
        if matches!(url.scheme(), "http" | "https") && url.has_host() {
            return Some(url);
        }
        self.problems.push(format!("{name}: `{url}` is not an http or https address"));
        None
    }

    /// What is opened outright, and the servers that the developer named as settings: those are meant to be called.
    fn allow(&mut self) -> Vec<(String, u16)> {
        let mut allow = self.parsed::<egress::Settings>("EGRESS_ALLOW").unwrap_or_default().allow;
        for name in ["PLANKA_BASE_URL", "N8N_BASE_URL", "EMERGENT_BASE_URL"] {
            let url = self.text(name).and_then(|text| text.parse::<Url>().ok());
            let place = url.and_then(|url| Some((url.host_str()?.to_owned(), url.port_or_known_default()?)));
            // What is not on loopback needs no opening, and gets none.
            allow.extend(place.filter(|(host, _)| egress::names_loopback(host)));
        }
        allow
    }

    fn front_end(&mut self) -> Option<PathBuf> {
        let folder = Path::new(self.text("FRONTEND_DIR")?);
        if !folder.join("index.html").is_file() {
            self.problems.push(format!("FRONTEND_DIR: there is no index.html in {}", folder.display()));
        }
        Some(folder.to_owned())
    }

    fn token_seconds(&mut self) -> u32 {
        let seconds = self.parsed("SANDBOX_TOKEN_SECONDS").unwrap_or(3600);
        if !(1..=86_400).contains(&seconds) {
            self.problems.push("SANDBOX_TOKEN_SECONDS: must lie between 1 and 86400".to_owned());
        }
        seconds
    }

    /// Pairs such as `GITHUB_CLIENT_ID` and `GITHUB_CLIENT_SECRET`. Half a pair may belong to another program.
    fn clients(&mut self) -> Map<String, Value> {
        let mut clients = Map::new();
        for (id_name, id) in self.environment {
            let pair = [("_CLIENT_ID", "_CLIENT_SECRET"), ("_APP_ID", "_APP_SECRET")];
            let pair = pair.into_iter().find_map(|(id, secret)| Some((id_name.strip_suffix(id)?, secret)));
            let Some((provider, suffix)) = pair.filter(|(provider, _)| !provider.is_empty()) else { continue };
            let secret_name = format!("{provider}{suffix}");
            match self.environment.get(&secret_name) {
                Some(secret) => {
                    let client = json!({ "client_id": id, "client_secret": secret });
                    clients.insert(provider.to_ascii_lowercase(), client);
                }
                None => self.warnings.push(format!("{id_name} is not used: {secret_name} is not set")),
            }
        }
        clients
    }

    fn retired(&mut self) {
        for (name, instead) in Config::RETIRED {
            if self.environment.contains_key(*name) {
                self.warnings.push(format!("{name} is not used: {instead}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, Wrong> {
        Settings::read(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn nothing_needs_to_be_set() {
        let settings = read(&[("PORT", " ")]).unwrap();
        assert_eq!((settings.port, settings.folder.to_str()), (3000, Some(".postern")));
        assert!(settings.warnings.is_empty() && settings.clients.is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn another_programs_variable_need_not_be_text() {
        use std::os::unix::ffi::OsStringExt as _;
        let others = [("PORT", b"4000".to_vec()), ("LEGACY_NAME", vec![b'M', 0xfc, b'l'])];
        let others = others.map(|(name, value)| (OsString::from(name), OsString::from_vec(value)));
        let settings = Settings::read(readable(others.into_iter())).unwrap();
        assert_eq!((settings.port, settings.look_up("LEGACY_NAME")), (4000, None));
    }

    #[test]
    fn each_wrong_setting_is_named() {
        let wrong = read(&[
            ("PORT", "70000"),
            ("FRONTEND_DIR", "no-such-folder"),
            ("EGRESS_ALLOW", "10.0.0.1:80"),
            ("PUBLIC_URL", "ftp://x"),
            ("SANDBOX_TOKEN_SECONDS", "0"),
        ]);
        let wrong = wrong.unwrap_err().to_string();
        let named: Vec<_> = wrong.lines().filter_map(|line| line.split(':').next()).collect();
        assert_eq!(named, ["PORT", "PUBLIC_URL", "FRONTEND_DIR", "EGRESS_ALLOW", "SANDBOX_TOKEN_SECONDS"]);
    }

    #[test]
    fn a_server_of_ones_own_on_loopback_may_be_called() {
        let settings = read(&[
            ("EGRESS_ALLOW", "localhost:9000"),
            ("N8N_BASE_URL", "http://localhost:5678"),
            ("PLANKA_BASE_URL", "https://10.0.0.1"),
        ]);
        let opened = [("localhost".to_owned(), 9000), ("localhost".to_owned(), 5678)];
        assert_eq!(settings.unwrap().allow, opened);
    }

    #[test]
    fn a_pair_makes_a_client_and_half_a_pair_a_warning() {
        let settings = read(&[
            ("GITHUB_CLIENT_ID", "id"),
            ("GITHUB_CLIENT_SECRET", "hush"),
            ("FACEBOOK_APP_ID", "7"),
            ("FACEBOOK_APP_SECRET", "hush too"),
            ("AZURE_CLIENT_ID", "another program's"),
            ("REDIS_URL", "redis://old"),
        ])
        .unwrap();
        assert_eq!(settings.clients["github"], json!({ "client_id": "id", "client_secret": "hush" }));
        assert_eq!(settings.clients["facebook"]["client_id"], "7");
        assert_eq!(settings.clients.len(), 2);
        assert_eq!(settings.warnings[0], "AZURE_CLIENT_ID is not used: AZURE_CLIENT_SECRET is not set");
        assert_eq!(settings.warnings[1], "REDIS_URL is not used: limits and hand-shakes are kept in DynamoDB");
    }
}
