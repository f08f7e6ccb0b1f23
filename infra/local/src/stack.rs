//! Every function, wired to one local cloud: what a deployment is on AWS.
//!
//! Each function gets its own `App` with its own role, and the environment that the template gives it, in which an operator
//! may change values and add none; so a right or a variable that the template forgot is missing here as well.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use axum::Router;
use shared::{
    app::{App, Wiring},
    clock::Clock,
    config::{Config, Env, Problems},
    id::Ids,
    mail::Outbox,
};
use url::Url;

use crate::{
    aws::{self, Aws},
    functions::{self, GROUPS, JOBS},
    template::{Deployment, Function, Template, TemplateError},
};

/// How a stack is set up.
pub struct Setup<'a> {
    /// The cloud under it.
    pub cloud: aws::Options,
    /// Identifiers.
    pub ids: Ids,
    /// Where it is reached.
    pub public_url: Url,
    /// Loopback addresses that may be called.
    pub allow: Vec<(String, u16)>,
    /// Where mails stay while no mail server is set up.
    pub outbox: Option<Outbox>,
    /// Certificates (PEM) that vouch for mail servers on loopback; for tests.
    pub trust: Vec<Vec<u8>>,
    /// What the operator sets beside the template.
    pub settings: &'a dyn Fn(&str) -> Option<String>,
}

/// Every function, wired.
#[derive(Clone)]
pub struct Stack {
    aws: Aws,
    apps: BTreeMap<&'static str, App>,
}

/// Why a stack did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Settings are wrong; each line names one.
    #[error("{0}")]
    Settings(String),
    /// The template lacks a function of this house.
    #[error("template.yaml has no function {0}")]
    Missing(&'static str),
    /// The template is not readable.
    #[error("template.yaml: {0}")]
    Template(#[from] TemplateError),
    /// The cloud did not start.
    #[error(transparent)]
    Cloud(#[from] aws::StartError),
}

/// The template of this house as deployed under its own name, read once.
pub fn template() -> Result<&'static Template, StartError> {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    if let Some(template) = TEMPLATE.get() {
        return Ok(template);
    }
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml"));
    let template = Template::parse(text, &Deployment::default())?;
    Ok(TEMPLATE.get_or_init(|| template))
}

impl Stack {
    /// Starts the cloud and wires each function to it.
    pub fn start(setup: Setup<'_>) -> Result<Self, StartError> {
        let Setup { cloud, ids, public_url, allow, outbox, trust, settings } = setup;
        let clock = cloud.clock.clone();
        let mut configs = BTreeMap::new();
        let mut problems = BTreeSet::new();
        for name in GROUPS.iter().map(|group| group.name).chain(JOBS.map(|job| job.name)) {
            let function = cloud.template.function(name).ok_or(StartError::Missing(name))?;
            match config(function, &public_url, &allow, settings) {
                Ok(mut config) => {
                    config.mail.outbox.clone_from(&outbox);
                    config.mail.trust.clone_from(&trust);
                    configs.insert(name, config);
                }
                Err(wrong) => problems.extend(wrong.to_string().lines().map(str::to_owned)),
            }
        }
        if !problems.is_empty() {
            return Err(StartError::Settings(Vec::from_iter(problems).join("\n")));
        }
        let aws = Aws::start(cloud)?;
        let apps = configs.into_iter().map(|(name, config)| (name, wire(&aws, name, config, &clock, &ids))).collect();
        Ok(Self { aws, apps })
    }

    /// The cloud under it.
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// The application as one function has it.
    ///
    /// # Panics
    /// Where there is no such function.
    pub fn app(&self, function: &str) -> App {
        self.apps[function].clone()
    }

    /// The application as each function has it.
    pub fn apps(&self) -> impl Iterator<Item = &App> {
        self.apps.values()
    }

    /// All of HTTP; `beside` is served within the same layers.
    pub fn router(&self, beside: Router) -> Router {
        functions::router(|function| self.app(function), beside)
    }
}

/// Names of what the template makes: here nobody can mean another table, key or queue.
const MADE: [&str; 7] = [
    "TABLE_PREFIX",
    "VAULT_KEY_ID",
    "AUDIT_KEY_ID",
    "REFRESH_QUEUE_URL",
    "SEEDS_SECRET",
    "OAUTH_CLIENTS_SECRET",
    "SMTP_SECRET",
];

/// What an operator may set here that the template gives nobody, or only where there is a layer.
const LOCAL: [&str; 1] = ["PROVIDERS_DIR"];

/// What the template makes comes from the template; what else it sets, from the operator first.
fn config(
    function: &Function,
    public_url: &Url,
    allow: &[(String, u16)],
    settings: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Problems> {
    let look_up = |name: &str| {
        if name == "PUBLIC_URL" {
            // Told outright, in place of the parameter's name.
            return Some(public_url.to_string());
        }
        let given = function.environment.get(name).cloned();
        let open = given.is_some() && !MADE.contains(&name) || LOCAL.contains(&name);
        open.then(|| settings(name)).flatten().or(given)
    };
    let mut config = Config::read(&mut Env::new(&look_up))?;
    config.site.local = true;
    config.outward.allow = allow.to_vec();
    Ok(config)
}

fn wire(aws: &Aws, name: &str, config: Config, clock: &Clock, ids: &Ids) -> App {
    let aws = shared::aws::Aws::new(aws.sdk_config(name));
    App::new(Wiring { config, aws, clock: clock.clone(), ids: ids.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_reaches_the_functions_that_the_template_gives_it() {
        let template = template().unwrap();
        let settings = |name: &str| {
            Some(match name {
                "SMTP_HOST" => "smtp.example.org".to_owned(),
                "SMTP_USER" => "ada@example.org".to_owned(),
                "PROVIDERS_DIR" => "mine".to_owned(),
                "TABLE_PREFIX" => "another-".to_owned(),
                _ => return None,
            })
        };
        let url = "http://localhost:3000".parse().unwrap();
        let read = |name: &str| config(template.function(name).unwrap(), &url, &[], &settings).unwrap();
        assert_eq!(read("token-refresh").mail.host.as_deref(), Some("smtp.example.org"));
        assert_eq!(read("credentials").mail.host, None, "forgotten by the template, forgotten here");
        for name in ["token-refresh", "credentials"] {
            assert_eq!(read(name).outward.providers_dir, Some("mine".into()), "{name}");
            assert_eq!(read(name).cloud.table_prefix, "postern-", "{name}");
        }
    }
}
