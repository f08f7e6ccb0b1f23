//! Names of the AWS resources this function uses. All are made by the template; none is a secret.

use super::Env;

/// AWS resources by name.
#[derive(Clone, Debug, Default)]
pub struct Cloud {
    /// What every table's name starts with.
    pub table_prefix: String,
    /// The KMS key that wraps data keys; while moving to another, the new one and the old one, with a comma.
    pub vault_key_id: Option<String>,
    /// The KMS key that signs the audit trail's seals.
    pub audit_key_id: Option<String>,
    /// The queue of refresh shards.
    pub refresh_queue_url: Option<String>,
    /// The Secrets Manager secret that signing keys are derived from.
    pub seeds_secret: Option<String>,
    /// The Secrets Manager secret with the operator's OAuth clients.
    pub oauth_clients_secret: Option<String>,
}

impl Cloud {
    pub(super) fn read(env: &mut Env<'_>) -> Self {
        Self {
            table_prefix: env.text("TABLE_PREFIX").unwrap_or_default(),
            vault_key_id: env.text("VAULT_KEY_ID"),
            audit_key_id: env.text("AUDIT_KEY_ID"),
            refresh_queue_url: env.text("REFRESH_QUEUE_URL"),
            seeds_secret: env.text("SEEDS_SECRET"),
            oauth_clients_secret: env.text("OAUTH_CLIENTS_SECRET"),
        }
    }
}
