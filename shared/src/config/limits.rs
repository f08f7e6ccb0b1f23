//! How much a caller may ask. The documented numbers of the older systems are the defaults.

use std::time::Duration;

use super::Env;

/// At most `max` in any `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Requests.
    pub max: u32,
    /// Length of the sliding window.
    pub per: Duration,
}

/// Limits by who asks.
#[derive(Clone, Debug)]
pub struct Limits {
    /// A person, each operation.
    pub person: [Window; 2],
    /// A service key, each operation, in one function instance.
    pub key: Window,
    /// Failed sign-ins of one account from one address.
    pub sign_in: Window,
    /// Sign-ins over the limit from one address, whatever the account, before it is banned.
    pub ban_after: u32,
    /// How long a ban lasts.
    pub ban: Duration,
    /// Members of one organisation; 0 is no limit.
    pub members: i64,
    /// Integrations of one organisation; 0 is no limit.
    pub integrations: usize,
}

impl Limits {
    pub(super) fn read(env: &mut Env<'_>) -> Self {
        let window = |max, seconds| Window { max, per: Duration::from_secs(seconds) };
        Self {
            person: [
                window(env.parsed("RATE_LIMIT_PER_MINUTE", 60), 60),
                window(env.parsed("RATE_LIMIT_PER_HOUR", 1000), 3600),
            ],
            key: window(env.parsed("KEY_RATE_LIMIT_PER_MINUTE", 1_000_000), 60),
            sign_in: window(env.parsed("LOGIN_MAX", 7), 60 * env.parsed("LOGIN_WINDOW", 5)),
            ban_after: env.parsed("BAN_INTERVAL", 20),
            ban: Duration::from_secs(env.parsed("BAN_DURATION_SECONDS", 7200)),
            members: env.parsed("MAX_MEMBERS", 0),
            integrations: env.parsed("MAX_INTEGRATIONS", 0),
        }
    }
}
