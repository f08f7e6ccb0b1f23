//! A deployment in memory, served over HTTP, and the command as a process beside it.

use std::{
    collections::{BTreeMap, HashMap},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use aws_sdk_dynamodb::types::AttributeValue;
use axum::serve::ListenerExt as _;
use local::{
    aws::{Aws, Options},
    stack,
    template::{REGION, Template},
};
use serde_json::Value;
use shared::{
    app::{App, Wiring},
    clock::Clock,
    config::{Config, Env},
    id::{Ids, OrgId, random_token},
    oauth::{connect, refresh},
    store::integrations::{Integration, Kind},
};

/// The role that may do anything.
const OPERATOR: &str = "admin";
/// D0's keys.
pub(crate) const CREDS_KEY: &str = "f34be427ebb29de8d88c107a71546019685ed8b241d8f2ed00c3df97ad2566f0";
pub(crate) const CREDS_IV: &str = "e2341419ec3dd3d19b13a1a87fafcbfb";

pub(crate) type Row = HashMap<String, AttributeValue>;

/// Providers of the older systems, as simple as can be, in place of those that ask their servers for more.
const PROVIDERS: [(&str, &str); 1] = [("planka", "token")];

/// A deployment.
pub(crate) struct House {
    pub(crate) aws: Aws,
    endpoint: String,
    pub(crate) folder: PathBuf,
}

/// How a command ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Its one JSON object.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }

    /// Itself, where it ended like this.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }
}

impl House {
    pub(crate) async fn start() -> Self {
        Self::deployed(stack::template().unwrap().clone()).await
    }

    /// Deployed by a template of the test's own.
    pub(crate) async fn deployed(template: Template) -> Self {
        let mut options = Options::in_memory(template);
        options.trusted.insert(OPERATOR.to_owned());
        let client = serde_json::json!({ "client_id": "client", "client_secret": "hush" });
        let clients = ["google_calendar", "github"].map(|provider| (provider.to_owned(), client.clone()));
        options.secrets.insert("postern-oauth-clients".to_owned(), Value::Object(clients.into_iter().collect()));
        let aws = Aws::start(options).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = aws.endpoint();
        // An answer that waits to fill a packet is forty milliseconds late.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let folder = std::env::temp_dir().join(format!("postern-admin-{}", random_token()));
        std::fs::create_dir_all(folder.join("providers")).unwrap();
        for (slug, field) in PROVIDERS {
            std::fs::write(folder.join(format!("providers/{slug}.toml")), provider(slug, field)).unwrap();
        }
        Self { aws, endpoint, folder }
    }

    /// A file of this content.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The command, with the operator's settings and no others.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_command-admin"));
        command.env_clear().args(["--stack", "postern"]).args(arguments).envs([
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", OPERATOR),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_ENDPOINT_URL", &self.endpoint),
            ("CREDS_KEY", CREDS_KEY),
            ("CREDS_IV", CREDS_IV),
        ]);
        command.env("PROVIDERS_DIR", self.folder.join("providers"));
        command.stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        self.run_command(self.command(arguments)).await
    }

    pub(crate) async fn run_command(&self, mut command: Command) -> Ran {
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs a command and kills it as soon as it says this.
    pub(crate) async fn kill_at(&self, arguments: &[&str], said: &'static str) {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let kill = move || {
            let mut child: Child = command.spawn().unwrap();
            let lines = BufReader::new(child.stderr.take().unwrap()).lines();
            let heard = lines.map_while(Result::ok).any(|line| line.starts_with(said));
            child.kill().unwrap();
            child.wait().unwrap();
            heard
        };
        assert!(tokio::task::spawn_blocking(kill).await.unwrap(), "it ended before it said `{said}`");
    }

    /// An application with the operator's rights.
    pub(crate) fn app(&self, clock: Clock) -> App {
        let function = |name: &str| self.aws.template().function(name).unwrap().environment.clone();
        let variables: BTreeMap<String, String> =
            ["audit-sealer", "integrations"].into_iter().flat_map(function).collect();
        let providers = self.folder.join("providers").display().to_string();
        let look_up = |name: &str| {
            let told = variables.get(name).cloned();
            told.or_else(|| (name == "PROVIDERS_DIR").then(|| providers.clone()))
        };
        let config = Config::read(&mut Env::new(&look_up)).unwrap();
        let aws = shared::aws::Aws::new(self.aws.sdk_config(OPERATOR));
        App::new(Wiring { config, aws, clock, ids: Ids::system() })
    }

    /// A DynamoDB client with all rights.
    pub(crate) fn client(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.aws.sdk_config(OPERATOR))
    }

    /// Every row of a table.
    pub(crate) async fn rows(&self, table: &str) -> Vec<Row> {
        let mut pages = self.client().scan().table_name(format!("postern-{table}")).into_paginator().send();
        let mut rows = Vec::new();
        while let Some(page) = pages.next().await {
            rows.extend(page.unwrap().items.unwrap_or_default());
        }
        rows
    }

    /// An organisation to migrate into.
    pub(crate) async fn organisation(&self) -> OrgId {
        let app = self.app(Clock::system());
        let org: OrgId = app.ids.make();
        assert!(app.store.import_organisation(&org, "Everybody").await.unwrap());
        org
    }

    /// What every connection's secret opens to, by its id: the access token, or the typed credential.
    pub(crate) async fn opened(&self) -> BTreeMap<String, String> {
        let app = self.app(Clock::system());
        let (mut place, mut opened) = (None, BTreeMap::new());
        loop {
            let stretch = app.store.walk_integrations(place).await.unwrap();
            for found in stretch.found {
                let clear = open(&app, &found).await;
                assert!(opened.insert(found.id.to_string(), clear).is_none(), "{} is there twice", found.id);
            }
            place = stretch.next;
            if place.is_none() {
                return opened;
            }
        }
    }
}

pub(crate) async fn open(app: &App, found: &Integration) -> String {
    let tenant = found.tenant().unwrap();
    if found.kind == Kind::Oauth {
        let fresh = refresh::fresh(app, &tenant, &found.provider, &found.label).await;
        return fresh.unwrap_or_else(|error| panic!("{}: {error}", found.id)).access_token.expose().clone();
    }
    connect::credential(app, &tenant, found)
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", found.id))
        .expose()
        .clone()
}

impl Drop for House {
    fn drop(&mut self) {
        // What is left behind is left in the system's own folder for such things.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn provider(slug: &str, field: &str) -> String {
    format!(
        r#"override = true
name = "{slug}"
category = "Test"
icon = "FaPlug"
description = "One of an older system."
docs = "https://{slug}.example"
source = "https://{slug}.example"
checked = 2026-11-20
hosts = ["{slug}.example"]
base_url = "https://{slug}.example"

[auth.api_key]
help = "None."
apply = {{ headers = {{ Authorization = "Bearer {{{field}}}" }} }}

[auth.api_key.fields.{field}]
label = "Secret"

[test]
path = "/me"
"#
    )
}

/// A path as an argument.
pub(crate) fn shown(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A text attribute of a row.
pub(crate) fn text<'a>(row: &'a Row, name: &str) -> &'a str {
    row.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}
