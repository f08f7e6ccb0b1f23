//! How a test wants the product: settings, providers, clients, mail servers; and its start.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::Router;
use local::{
    aws::{self, Usage},
    stack::{self, Stack},
};
use serde_json::json;
use shared::{
    clock::Clock,
    id::Ids,
    mail::{Letter, Outbox},
};

use crate::{
    TestApp,
    app::{FRONTEND_URL, ONLOOKER, PUBLIC_URL},
    provider::Provider,
};

/// How a test wants it.
pub struct Setup {
    clock: Clock,
    settings: BTreeMap<String, String>,
    providers: Vec<(String, String)>,
    clients: serde_json::Map<String, serde_json::Value>,
    allow: Vec<(String, u16)>,
    trust: Vec<Vec<u8>>,
    smtp_password: Option<String>,
    usage: Usage,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let start = "2026-11-20T09:00:00Z".parse().expect("this is a time");
        let settings = [("FRONTEND_URL", FRONTEND_URL)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            clock: Clock::fake(start),
            settings: settings.into(),
            providers: Vec::new(),
            clients: serde_json::Map::new(),
            allow: Vec::new(),
            trust: Vec::new(),
            smtp_password: None,
            usage: Usage::default(),
        }
    }

    /// Real time.
    #[must_use]
    pub fn system_clock(mut self) -> Self {
        self.clock = Clock::system();
        self
    }

    /// A setting of the operator's.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A provider that does as it is told, under its own name; its OAuth client is known.
    #[must_use]
    pub fn provider(mut self, provider: &Provider) -> Self {
        self.providers.push((provider.slug().to_owned(), provider.file()));
        self.clients.insert(provider.slug().to_owned(), provider.client());
        self.allow.push(("127.0.0.1".to_owned(), provider.port()));
        self
    }

    /// A provider file of the test's own.
    #[must_use]
    pub fn provider_file(mut self, slug: &str, toml: &str) -> Self {
        self.providers.push((slug.to_owned(), toml.to_owned()));
        self
    }

    /// An OAuth client of the operator's.
    #[must_use]
    pub fn client(mut self, provider: &str, id: &str, secret: &str) -> Self {
        self.clients.insert(provider.to_owned(), json!({ "client_id": id, "client_secret": secret }));
        self
    }

    /// Notes the rights it exercises here, beside those of others.
    #[must_use]
    pub fn usage(mut self, usage: &Usage) -> Self {
        self.usage = usage.clone();
        self
    }

    /// A port on loopback that may be called.
    #[must_use]
    pub fn allow(mut self, port: u16) -> Self {
        self.allow.push(("127.0.0.1".to_owned(), port));
        self
    }

    /// A mail server on loopback may be called, and is vouched for by this certificate (PEM).
    #[must_use]
    pub fn mail_server(mut self, port: u16, authority: &str) -> Self {
        self.trust.push(authority.as_bytes().to_vec());
        self.allow(port)
    }

    /// The operator's own mail sender, on loopback.
    #[must_use]
    pub fn smtp(mut self, port: u16, user: &str, password: &str) -> Self {
        self.smtp_password = Some(password.to_owned());
        self.set("SMTP_HOST", "127.0.0.1").set("SMTP_PORT", &port.to_string()).set("SMTP_USER", user).allow(port)
    }

    /// Starts it.
    #[expect(clippy::unused_async, reason = "it needs a runtime, and a sentence in a test reads alike everywhere")]
    pub async fn start(mut self) -> TestApp {
        let folder = (!self.providers.is_empty()).then(|| self.write_providers());
        let template = stack::template().expect("the template is readable");
        let mut cloud = aws::Options::in_memory(template.clone());
        cloud.clock = self.clock.clone();
        cloud.usage = self.usage;
        cloud.trusted.insert(ONLOOKER.to_owned());
        cloud.secrets.insert("postern-oauth-clients".to_owned(), self.clients.into());
        if let Some(password) = self.smtp_password {
            cloud.secrets.insert("postern-smtp".to_owned(), json!({ "password": password }));
        }
        let letters = Arc::<Mutex<Vec<Letter>>>::default();
        let kept = Arc::clone(&letters);
        let outbox = Outbox::new(move |letter| kept.lock().expect("no test panicked here").push(letter.clone()));
        let stack = Stack::start(stack::Setup {
            cloud,
            ids: Ids::seeded(0),
            public_url: PUBLIC_URL.parse().expect("this is an address"),
            allow: self.allow,
            outbox: Some(outbox),
            trust: self.trust,
            settings: &|name| self.settings.get(name).cloned(),
        });
        let stack = stack.expect("the product starts");
        TestApp { router: stack.router(Router::new()), stack, clock: self.clock, folder, letters }
    }

    fn write_providers(&mut self) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("postern-{}", shared::id::random_token()));
        std::fs::create_dir(&folder).expect("a folder for provider files");
        for (slug, toml) in &self.providers {
            std::fs::write(folder.join(format!("{slug}.toml")), toml).expect("a provider file");
        }
        self.settings.insert("PROVIDERS_DIR".to_owned(), folder.display().to_string());
        folder
    }
}
