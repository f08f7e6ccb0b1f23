//! OAuth round trips on their way. A row is found by the hash of its state, which is also its public id.
//!
//! Every step is one conditional write, so that of fifty parallel callbacks one goes on.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::{Attempt, Error, Store, Table, Written, number, put_new, read, text, update};
use crate::{
    id::{HandshakeId, Id, IntegrationId, LinkId, OrgId, UserId},
    vault::Sealed,
};

/// How long a round trip may take, in seconds.
pub const LIFE: i64 = 600;
/// The sort key of a table whose partition is one row.
const ROW: &str = "-";

/// The public id of the handshake that a state belongs to: its SHA-256, so the state itself is nowhere stored.
pub fn id_of(state: &str) -> HandshakeId {
    HandshakeId::from_checked(format!("{}{}", HandshakeId::PREFIX, hex::encode(digest(&SHA256, state.as_bytes()))))
}

/// What is kept of the cookie that binds a browser to a handshake.
pub fn browser_hash(cookie: &str) -> String {
    hex::encode(digest(&SHA256, cookie.as_bytes()))
}

/// One round trip.
#[derive(Clone, Serialize, Deserialize)]
pub struct Handshake {
    /// Public id.
    pub id: HandshakeId,
    /// Organisation of the user who started it.
    pub org: OrgId,
    /// The user who started it; the only one it finishes for.
    pub user: UserId,
    /// The provider's slug.
    pub provider: String,
    /// The alias that the provider was asked for by: whoever comes back is told that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Which of the user's integrations of this provider it makes or renews.
    pub label: String,
    /// The OAuth client's id.
    pub client_id: String,
    /// The client's secret where the caller brought an app of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Sealed>,
    /// The scopes that were asked for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// What a person told before connecting (subdomain, region); not secret.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// The redirect URI sent to the provider; the exchange repeats it.
    pub redirect_uri: String,
    /// Where the browser goes afterwards.
    pub return_to: String,
    /// The connect link that it was started from: then only the browser that began goes on, and nobody signs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkId>,
    /// The PKCE verifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verifier: Option<Sealed>,
    /// SHA-256 of the cookie of the browser that may finish: the one that started, or the one that brought a parked code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// How far it is.
    pub status: Status,
    /// When it ends, seconds since 1970. TTL deletion is late, so this is what counts.
    pub expires_at: i64,
    /// A parked code, or the tokens that wait for the confirmation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Sealed>,
    /// The provider's account, once known, as the confirm page names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The integration it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration: Option<IntegrationId>,
    /// Why it failed, in a sentence of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How far a handshake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The browser is at the provider.
    Pending,
    /// The code came without the browser's cookie and waits, sealed, for the user to sign in.
    Parked,
    /// Somebody is exchanging the code at this moment.
    Exchanging,
    /// The tokens are here and wait, sealed, for the user's yes.
    Confirming,
    /// The yes was given and is being carried out.
    Finishing,
    /// The integration is connected.
    Completed,
    /// It will not come to anything any more.
    Failed,
}

impl Status {
    /// Whether somebody carries it out at this moment.
    fn is_under_way(self) -> bool {
        matches!(self, Self::Exchanging | Self::Finishing)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Parked => "parked",
            Self::Exchanging => "exchanging",
            Self::Confirming => "confirming",
            Self::Finishing => "finishing",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// What a step changes beside the status.
#[derive(Default)]
pub struct Step {
    /// Replaces what is held.
    pub held: Option<Sealed>,
    /// Names the provider's account.
    pub account: Option<String>,
    /// Names the integration.
    pub integration: Option<IntegrationId>,
    /// Says why it failed.
    pub error: Option<String>,
    /// Binds it to another browser from now on.
    pub browser: Option<String>,
    /// What was told before connecting, with what the callback told.
    pub fields: Option<BTreeMap<String, String>>,
}

impl Store {
    /// Keeps a new handshake.
    pub async fn start_handshake(&self, handshake: &Handshake) -> Result<(), Error> {
        let put = self
            .client()
            .put_item()
            .table_name(self.table(Table::Handshakes))
            .set_item(Some(serde_dynamo::to_item(handshake)?))
            .item("pk", text(handshake.id.as_str()))
            .item("sk", text(ROW))
            // A day longer than it lives, so that a late callback is told "expired" and not "unknown".
            .item("expires", number(handshake.expires_at + 86_400));
        match put_new(put, &Attempt::new()).await? {
            Written::Yes(_) => Ok(()),
            Written::No(_) => Err(Error::Failed("a handshake of this id is there already".to_owned())),
        }
    }

    /// Looks a handshake up.
    pub async fn handshake(&self, id: &HandshakeId) -> Result<Option<Handshake>, Error> {
        let answer = self
            .client()
            .get_item()
            .table_name(self.table(Table::Handshakes))
            .key("pk", text(id.as_str()))
            .key("sk", text(ROW))
            .consistent_read(true)
            .send()
            .await?;
        answer.item.map(read).transpose()
    }

    /// Takes a handshake from one status to the next, if it is there and has not run out: `None` where somebody else
    /// was faster, or time was. What is being carried out is carried to its end, whatever the time.
    pub async fn advance_handshake(
        &self,
        id: &HandshakeId,
        from: Status,
        to: Status,
        step: Step,
    ) -> Result<Option<Handshake>, Error> {
        let mut sets = "SET #status = :to, attempt = :attempt".to_owned();
        let mut change = self
            .client()
            .update_item()
            .table_name(self.table(Table::Handshakes))
            .key("pk", text(id.as_str()))
            .key("sk", text(ROW))
            .condition_expression("#status = :from")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":from", text(from.as_str()))
            .expression_attribute_values(":to", text(to.as_str()));
        if !from.is_under_way() {
            change = change
                .condition_expression("#status = :from AND expires_at > :now")
                .expression_attribute_values(":now", number(self.clock().epoch()));
        }
        if let Some(held) = &step.held {
            sets.push_str(", held = :held");
            change = change.expression_attribute_values(":held", serde_dynamo::to_attribute_value(held)?);
        }
        if let Some(fields) = &step.fields {
            sets.push_str(", #fields = :fields");
            change = change
                .expression_attribute_names("#fields", "fields")
                .expression_attribute_values(":fields", serde_dynamo::to_attribute_value(fields)?);
        }
        let texts = [
            ("account", step.account),
            ("integration", step.integration.map(String::from)),
            ("error", step.error),
            ("browser", step.browser),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                sets.extend([", #", name, " = :", name]);
                change = change
                    .expression_attribute_names(format!("#{name}"), name)
                    .expression_attribute_values(format!(":{name}"), text(value));
            }
        }
        if matches!(to, Status::Completed | Status::Failed) {
            // What was held has served; a finished handshake keeps no secret.
            sets.push_str(" REMOVE held, verifier, client_secret");
        }
        match update(change.update_expression(sets), &Attempt::new()).await? {
            Written::Yes(item) => Ok(Some(read(item)?)),
            Written::No(_) => Ok(None),
        }
    }
}
