//! Which installation a command works on: a deployment on AWS, or the local server's folder.
//!
//! The folder belongs to one process at a time. While the server runs on it a command is refused, so that two never write
//! the same files.

use local::{aws, settings::Settings, stack};
use serde_json::Value;
use shared::{
    app::{App, Wiring},
    clock::Clock,
    config::{Config, Env},
    id::Ids,
};

use crate::{cli::Place, failure::Failure};

/// The role that this program acts in locally; on AWS it is whoever the credentials belong to.
const ROLE: &str = "admin";

/// An installation, opened.
pub(crate) struct House {
    pub(crate) app: App,
    cloud: Option<aws::Aws>,
}

impl House {
    /// Opens the one that the command line names.
    pub(crate) fn open(place: &Place) -> Result<Self, Failure> {
        if place.local { Self::local() } else { Self::deployed(place.stack.as_deref()) }
    }

    /// Lets go of it.
    pub(crate) async fn close(self) {
        self.app.flights.drained().await;
        if let Some(cloud) = self.cloud {
            cloud.stop().await;
        }
    }

    /// With the settings of the functions, or those that a stack of this name has.
    fn deployed(stack: Option<&str>) -> Result<Self, Failure> {
        let told = Env::process("TABLE_PREFIX").is_some();
        if stack.is_none() && !told {
            let ways = "--local for the local server's data, --stack <name> for a deployment";
            return Err(Failure::usage(format!("say which installation: {ways}")));
        }
        for needed in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            if Env::process(needed).is_none_or(|value| value.trim().is_empty()) {
                return Err(Failure::usage(format!(
                    "{needed} is not set: region and credentials come from the environment"
                )));
            }
        }
        let look_up = |name: &str| Env::process(name).or_else(|| of_stack(stack?, name)).or_else(|| anyway(name));
        let config = read(&look_up)?;
        let wiring =
            Wiring { config, aws: shared::aws::Aws::from_lambda(), clock: Clock::system(), ids: Ids::system() };
        Ok(Self { app: App::new(wiring), cloud: None })
    }

    /// The local server's folder (`POSTERN_DIR`), with all rights.
    fn local() -> Result<Self, Failure> {
        let settings = Settings::from_process().map_err(|wrong| Failure::usage(wrong.to_string()))?;
        let template = stack::template()?;
        let mut options = aws::Options::in_memory(template.clone());
        options.folder = Some(settings.folder.clone());
        options.trusted.insert(ROLE.to_owned());
        if !settings.clients.is_empty() {
            options.secrets.insert("postern-oauth-clients".to_owned(), Value::Object(settings.clients.clone()));
        }
        let cloud = aws::Aws::start(options).map_err(|error| match error {
            aws::StartError::InUse { folder } => Failure::failed(format!(
                "the local server, or another command, works on {}: stop it first",
                folder.display()
            )),
            other => other.into(),
        })?;
        let made = |name: &str| template.functions.iter().find_map(|function| function.environment.get(name).cloned());
        let look_up = |name: &str| settings.look_up(name).filter(|_| !MADE.contains(&name)).or_else(|| made(name));
        let look_up = |name: &str| if name == "PUBLIC_URL" { anyway(name) } else { look_up(name) };
        let mut config = read(&look_up)?;
        config.outward.allow.clone_from(&settings.allow);
        let aws = shared::aws::Aws::new(cloud.sdk_config(ROLE));
        let app = App::new(Wiring { config, aws, clock: Clock::system(), ids: Ids::system() });
        Ok(Self { app, cloud: Some(cloud) })
    }
}

/// What the template makes has its name from there, locally.
const MADE: [&str; 6] =
    ["TABLE_PREFIX", "VAULT_KEY_ID", "AUDIT_KEY_ID", "REFRESH_QUEUE_URL", "SEEDS_SECRET", "OAUTH_CLIENTS_SECRET"];

/// How the template names what it makes in a stack.
fn of_stack(stack: &str, name: &str) -> Option<String> {
    Some(match name {
        "TABLE_PREFIX" => format!("{stack}-"),
        "VAULT_KEY_ID" => format!("alias/{stack}-vault"),
        "AUDIT_KEY_ID" => format!("alias/{stack}-audit"),
        "SEEDS_SECRET" => format!("{stack}-seeds"),
        "OAUTH_CLIENTS_SECRET" => format!("{stack}-oauth-clients"),
        _ => return None,
    })
}

/// Every configuration tells where it is reached; nothing here is.
fn anyway(name: &str) -> Option<String> {
    (name == "PUBLIC_URL").then(|| "http://localhost".to_owned())
}

fn read(look_up: &dyn Fn(&str) -> Option<String>) -> Result<Config, Failure> {
    Config::read(&mut Env::new(look_up)).map_err(|problems| Failure::usage(problems.to_string()))
}
