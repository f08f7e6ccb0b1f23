//! The names of an integration row's attributes that conditions and changes speak of.

use crate::store::expression::Attribute;

/// The partition: organisation and owner.
pub const PK: Attribute = "pk";
/// Counts what providers gave: connect, refresh commit and disconnect add one.
pub const GRANT: Attribute = "grant";
/// Counts edits that leave the grant alone.
pub const REV: Attribute = "rev";
/// Whose lease it is, or was.
pub const ATTEMPT: Attribute = "attempt";
/// Until when the lease holds, seconds since 1970.
pub const LEASE_UNTIL: Attribute = "lease_until";
/// Counts leases.
pub const FENCE: Attribute = "fence";
/// The fence of the refresher that may have called the provider and whose answer is not known.
pub const INTENT: Attribute = "intent";
/// Whose write moved the grant last.
pub const LAST_ATTEMPT: Attribute = "last_attempt";
/// One of the record's states.
pub const STATUS: Attribute = "status";
/// Its owner has switched it off: whatever its state, it is not used.
pub const SWITCHED_OFF: Attribute = "switched_off";
/// The sealed access token.
pub const ACCESS_TOKEN: Attribute = "access_token";
/// The sealed refresh token.
pub const REFRESH_TOKEN: Attribute = "refresh_token";
/// What a person typed, sealed.
pub const CREDENTIAL: Attribute = "credential";
/// The secret of the owner's own OAuth client, sealed.
pub const CLIENT_SECRET: Attribute = "client_secret";
/// When the access token ends, seconds since 1970.
pub const EXPIRES_AT: Attribute = "expires_at";
/// When this grant was given, seconds since 1970.
pub const REFRESHED_AT: Attribute = "refreshed_at";
/// Not to be refreshed before this time, after a failure.
pub const RETRY_AT: Attribute = "retry_at";
/// What went wrong last.
pub const LAST_ERROR: Attribute = "last_error";
/// How often in a row it went wrong.
pub const ERROR_COUNT: Attribute = "error_count";
/// What its owner calls it.
pub const NAME: Attribute = "name";
/// Settings in free form, sealed.
pub const SETTINGS: Attribute = "settings";
/// The edit that settings were sealed in.
pub const SETTINGS_REV: Attribute = "settings_rev";
/// Notes in free form, sealed.
pub const METADATA: Attribute = "metadata";
/// The edit that metadata were sealed in.
pub const METADATA_REV: Attribute = "metadata_rev";
/// Whether data are synchronised at all.
pub const SYNC_ENABLED: Attribute = "sync_enabled";
/// When data were synchronised last.
pub const LAST_SYNC_AT: Attribute = "last_sync_at";
/// Whose write counted the last error.
pub const ERROR_MARK: Attribute = "error_mark";
/// When it was lent last.
pub const LAST_USED_AT: Attribute = "last_used_at";
/// When the connection was tested last.
pub const LAST_TESTED_AT: Attribute = "last_tested_at";
/// Since when it is connected.
pub const CONNECTED_AT: Attribute = "connected_at";
/// When it was disconnected: the row is a tombstone.
pub const DISCONNECTED_AT: Attribute = "disconnected_at";
/// When it was changed last.
pub const UPDATED_AT: Attribute = "updated_at";
/// The index of what is due: the shard.
pub const DUE_PK: Attribute = "due_pk";
/// The index of what is due: the time, then the id.
pub const DUE_SK: Attribute = "due_sk";
/// The index of outside accounts: provider and account.
pub const ACCOUNT_PK: Attribute = "account_pk";
/// The index of outside accounts: client and integration.
pub const ACCOUNT_SK: Attribute = "account_sk";
/// The index of an organisation's live integrations: the organisation.
pub const ORG_PK: Attribute = "org_pk";
/// The index of an organisation's live integrations: owner, then the row's sort key.
pub const ORG_SK: Attribute = "org_sk";
/// When DynamoDB may drop the row: tombstones only.
pub const EXPIRES: Attribute = "expires";
/// The record's id.
pub const ID: Attribute = "id";
/// The organisation.
pub const ORG: Attribute = "org";
/// The owner in it.
pub const OWNER: Attribute = "owner";
/// The provider's slug.
pub const PROVIDER: Attribute = "provider";
/// Tells several integrations of one provider apart.
pub const LABEL: Attribute = "label";
/// What kind of credential is inside.
pub const KIND: Attribute = "kind";
/// The OAuth client that the grant was given to.
pub const CLIENT_ID: Attribute = "client_id";
/// The host that the refresh token may be sent to.
pub const TOKEN_HOST: Attribute = "token_host";
/// How tokens that were got elsewhere came here.
pub const PROVENANCE: Attribute = "provenance";
/// The grant that a migration brought: connecting anew takes the mark away.
pub const MIGRATED: Attribute = "migrated";
/// When the older system wrote last what a migration brought.
pub const WRITTEN_AT: Attribute = "written_at";
/// What was granted.
pub const SCOPES: Attribute = "scopes";
/// Whose account it is at the provider.
pub const EXTERNAL: Attribute = "external";
/// What a person told before connecting, and facts kept with the grant; none of it secret.
pub const FIELDS: Attribute = "fields";
/// When it was made, seconds since 1970.
pub const CREATED_AT: Attribute = "created_at";
