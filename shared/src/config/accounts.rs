//! How long sign-ins last.

use super::Env;

/// Lives of sessions and tokens.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// Access tokens, minutes.
    pub access_minutes: i64,
    /// Refresh tokens and console sessions, days, counted from the sign-in.
    pub session_days: i64,
}

impl Accounts {
    pub(super) fn read(env: &mut Env<'_>) -> Self {
        let accounts = Self {
            access_minutes: env.parsed("ACCESS_TOKEN_EXPIRE_MINUTES", 30),
            session_days: env.parsed("REFRESH_TOKEN_EXPIRE_DAYS", 7),
        };
        if !(1..=1440).contains(&accounts.access_minutes) {
            env.problem("ACCESS_TOKEN_EXPIRE_MINUTES: must lie between 1 and 1440");
        }
        if !(1..=90).contains(&accounts.session_days) {
            env.problem("REFRESH_TOKEN_EXPIRE_DAYS: must lie between 1 and 90");
        }
        accounts
    }
}
