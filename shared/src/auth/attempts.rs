//! How often a sign-in may be tried. Three counts, each against another attack:
//!
//! - account and address together: one machine that guesses one password;
//! - address: one machine that tries many accounts. Going on over a limit bans the address for a while;
//! - account, from addresses the owner never signed in from: many machines that guess one password. They get one try after
//!   the other, with a growing pause between. The owner's usual addresses are not counted there, and one from which the
//!   password was set anew by mail becomes usual: nobody else's guesses lock the owner out.
//!
//! Tries are counted before the password is looked at, so that many at once gain nothing, and taken back when it was right.

use std::time::Duration;

use aws_lc_rs::digest;

use crate::{
    app::App,
    config::Window,
    http::{ClientIp, Code, Error},
    limits::{self, seconds},
    seeds::Keys,
    store::{guards::Counted, users::User},
};

/// An address may try this many times what one account may be tried from it: an office shares one.
const ADDRESS: u32 = 5;
/// Tries on an account from unknown addresses before they have to wait.
const FREE: u32 = 10;
/// The longest they have to.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);
/// After this long without a try, an account's failures are forgotten.
const MEMORY: Duration = Duration::from_hours(1);
/// Accounts made from one address.
const REGISTRATIONS: Window = Window { max: 30, per: Duration::from_hours(1) };

/// A try that was let through.
pub(super) struct Try {
    account: String,
    address: String,
    pair: Counted,
    of_address: Counted,
    waited: bool,
}

/// Lets a try through, or refuses it before anything is read.
pub(super) async fn begin(app: &App, account: &str, ip: ClientIp) -> Result<Try, Error> {
    let address = ip.subscriber().to_string();
    let account = hex::encode(digest::digest(&digest::SHA256, account.as_bytes()));
    if let Some(left) = app.store.banned(&["ban", &address]).await? {
        return Err(banned(left));
    }
    let window = app.config.limits.sign_in;
    let (pair_name, address_name) = (["sign-in", &account, &address], ["sign-in", &address]);
    let (pair, address_window) = ([window], [of_address(window)]);
    let (pair, of_address) =
        tokio::join!(app.store.count(&pair_name, &pair), app.store.count(&address_name, &address_window));
    let (pair, of_address) = (pair?, of_address?);
    let over = [&pair, &of_address].into_iter().flat_map(|counted| &counted.counts).find(|count| count.is_over());
    if let Some(count) = over {
        violation(app, &address).await?;
        return Err(too_many(window, count.wait()));
    }
    Ok(Try { account, address, pair, of_address, waited: false })
}

/// Refuses an address that is banned.
pub(super) async fn not_banned(app: &App, ip: ClientIp) -> Result<(), Error> {
    let address = ip.subscriber().to_string();
    app.store.banned(&["ban", &address]).await?.map_or(Ok(()), |left| Err(banned(left)))
}

/// Counts one registration.
pub(super) async fn registration(app: &App, ip: ClientIp) -> Result<(), Error> {
    not_banned(app, ip).await?;
    let address = ip.subscriber().to_string();
    let counted = app.store.count(&["register", &address], &[REGISTRATIONS]).await?;
    limits::hold(&counted, "Too many accounts created from this address, please try again later.")
}

impl Try {
    /// Where the address is new to the account, waits for the account's turn: refused until it comes.
    pub(super) async fn take_turn(&mut self, app: &App, user: Option<&User>, keys: &Keys) -> Result<(), Error> {
        let usual = user.is_some_and(|user| keys.all().any(|key| user.usual.contains(&mark(key, &self.address))));
        if usual {
            return Ok(());
        }
        match app.store.take_turn(&["turn", &self.account], pause, MEMORY).await? {
            Ok(()) => {
                self.waited = true;
                Ok(())
            }
            // No password was looked at. An owner who keeps trying is not banned for other people's guesses.
            Err(wait) => {
                let window = app.config.limits.sign_in;
                let pair = ["sign-in", &self.account, &self.address];
                app.store.uncount(&pair, &[window], self.pair.at).await?;
                Err(too_many(window, wait))
            }
        }
    }

    /// The password was right: nothing of this try counts, and the address's earlier slips on this account do not either.
    pub(super) async fn succeeded(self, app: &App) -> Result<(), Error> {
        let window = app.config.limits.sign_in;
        let (pair, pair_window) = (["sign-in", &self.account, &self.address], [window]);
        let (address, address_window) = (["sign-in", &self.address], [of_address(window)]);
        let (pair, address) = tokio::join!(
            app.store.uncount(&pair, &pair_window, self.pair.at),
            app.store.uncount(&address, &address_window, self.of_address.at)
        );
        pair.and(address)?;
        if self.waited {
            app.store.give_turn_back(&["turn", &self.account], MEMORY).await?;
        }
        Ok(())
    }
}

/// How an address is remembered with its user: nobody without the seed can tell which one it was.
pub(super) fn mark_of(keys: &Keys, ip: ClientIp) -> String {
    mark(keys.current(), &ip.subscriber().to_string())
}

fn mark(key: &crate::seeds::Key, address: &str) -> String {
    hex::encode(&key.seal(&[b"usual address", address.as_bytes()])[..12])
}

fn of_address(window: Window) -> Window {
    Window { max: window.max.saturating_mul(ADDRESS), ..window }
}

/// Twice as long with each try past the free ones.
fn pause(tries: u32) -> Duration {
    match tries.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(over) => Duration::from_secs(1 << over.min(20)).min(LONGEST_PAUSE),
    }
}

async fn violation(app: &App, address: &str) -> Result<(), Error> {
    let limits = &app.config.limits;
    let window = Window { max: limits.ban_after, per: limits.ban };
    let counted = app.store.count(&["violations", address], &[window]).await?;
    if counted.counts.iter().any(|count| count.weighted() >= limits.ban_after) {
        let until = app.clock.now() + limits.ban;
        app.store.ban(&["ban", address], until).await?;
        tracing::warn!("an address was banned after too many sign-in attempts");
    }
    Ok(())
}

fn too_many(window: Window, wait: Duration) -> Error {
    let minutes = seconds(window.per).div_ceil(60);
    let message = format!("Too many login attempts, please try again after {minutes} minutes.");
    limits::too_many(message, window, wait)
}

fn banned(left: Duration) -> Error {
    let message = "Your account has been temporarily banned due to violations of our service.";
    Error::new(Code::Banned, message).retry_after(seconds(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_and_stays_bounded() {
        assert_eq!(pause(FREE - 1), Duration::ZERO);
        assert_eq!(pause(FREE), Duration::from_secs(1));
        assert_eq!(pause(FREE + 5), Duration::from_secs(32));
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }
}
