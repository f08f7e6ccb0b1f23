//! Settings, read once at start from the environment: one struct a concern, one file each.
//!
//! Nothing else in the house reads the environment. What is wrong is told all at once, by name.

mod accounts;
mod cloud;
mod env;
mod limits;
mod mail;
mod outward;
mod site;

pub use accounts::Accounts;
pub use cloud::Cloud;
pub use env::{Env, Problems};
pub use limits::{Limits, Window};
pub use mail::Mail;
pub use outward::Outward;
pub use site::{PublicUrl, Site};

/// All settings.
#[derive(Clone)]
pub struct Config {
    /// Where we are reached, and which pages belong to us.
    pub site: Site,
    /// Tables, keys, queues and secrets.
    pub cloud: Cloud,
    /// Lives of sessions and tokens.
    pub accounts: Accounts,
    /// How much a caller may ask.
    pub limits: Limits,
    /// What we call: providers and their files.
    pub outward: Outward,
    /// The operator's own mail sender.
    pub mail: Mail,
}

impl Config {
    /// Reads all settings; `env` looks a variable up.
    pub fn read(env: &mut Env<'_>) -> Result<Self, Problems> {
        let config = Self {
            site: Site::read(env),
            cloud: Cloud::read(env),
            accounts: Accounts::read(env),
            limits: Limits::read(env),
            outward: Outward::read(env),
            mail: Mail::read(env),
        };
        env.finish()?;
        Ok(config)
    }

    /// Settings of the older systems that mean nothing here; start-up warns where one is set.
    pub const RETIRED: &'static [(&'static str, &'static str)] = &[
        ("MONGO_URL", "data is kept in DynamoDB"),
        ("DB_NAME", "data is kept in DynamoDB; see TABLE_PREFIX"),
        ("REDIS_URL", "limits and hand-shakes are kept in DynamoDB"),
        ("POSTGRES_URL", "data is kept in DynamoDB"),
        ("CELERY_BROKER_URL", "background work runs on SQS and schedules"),
        ("CELERY_RESULT_BACKEND", "background work runs on SQS and schedules"),
        ("SECRET_KEY", "token signing keys come from Secrets Manager; see the README"),
        ("ALGORITHM", "tokens are always signed with EdDSA"),
        ("CREDS_KEY", "KMS guards what is stored; the migration alone reads the old key"),
        ("CREDS_IV", "KMS guards what is stored; the migration alone reads the old value"),
        ("SENTRY_DSN", "errors go to the structured log"),
        ("SESSION_EXPIRY", "see ACCESS_TOKEN_EXPIRE_MINUTES"),
        ("REFRESH_TOKEN_EXPIRY", "see REFRESH_TOKEN_EXPIRE_DAYS"),
        ("BAN_DURATION", "see BAN_DURATION_SECONDS"),
        ("BAN_VIOLATIONS", "addresses are always banned; see BAN_INTERVAL"),
        ("LOGIN_VIOLATION_SCORE", "each failed sign-in counts once; see BAN_INTERVAL"),
        ("OPENAI_API_KEY", "keep it as a credential of the provider openai"),
        ("ANTHROPIC_API_KEY", "keep it as a credential of the provider anthropic"),
        ("EMERGENT_LLM_KEY", "keep it as a credential of the provider emergent"),
        ("N8N_API_KEY", "keep it as a credential of the provider n8n"),
        ("N8N_WEBHOOK_URL", "no workflow is handed to n8n"),
        ("PLANKA_INTEGRATION_ENABLED", "people connect Planka as any provider, and do not sign in by it"),
        ("PLANKA_STORE_TOKENS", "whoever connects Planka has the token kept"),
        ("PLANKA_MCP_ENABLED", "there is no MCP server"),
        ("PAPITA_API_URL", "it is for clients, and names this installation's address"),
    ];
}
