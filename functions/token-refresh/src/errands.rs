//! Does errands: writes mails, ends what somebody who is gone had connected.

use shared::{
    app::App,
    auth::{Owner, Tenant, letters},
    id::{OrgId, UserId},
    oauth, observe,
    store::errands::{Errand, Task},
};

use crate::Error;

/// After so long a mail that does not leave is given up, seconds: its link would hardly be good any more.
const GIVE_UP: i64 = 24 * 60 * 60;
/// The first wait after a failure, and the longest, seconds.
const FIRST: i64 = 15;
const LONGEST: i64 = 60 * 60;
/// So long after somebody went, seconds, nothing can come behind their back any more: a request is believed for a minute, and
/// takes half of one.
const SETTLED: i64 = 2 * 60;
/// Who has it done, in the audit trail.
const ACTOR: &str = "postern";

/// Ends with the errand cleared, or moved to a later time.
pub(crate) async fn run(app: &App, errand: &Errand) -> Result<(), Error> {
    let result = match &errand.task {
        Task::ClearOut { org, user } => clear_out(app, errand, org, user).await,
        Task::ForgetLink { link } => app.store.forget_held(link).await.map_err(|error| (true, error.into())),
        task => letters::write(app, task).await.map_err(|error| (error.passes(), error.into())),
    };
    let now = app.clock.epoch();
    let settled = errand.since + SETTLED;
    let Err((passes, error)) = result else {
        let again = matches!(errand.task, Task::ClearOut { .. }) && now < settled;
        let done =
            if again { app.store.put_errand_off(errand, settled).await } else { app.store.clear_errand(errand).await };
        return Ok(done?);
    };
    let mail = !matches!(errand.task, Task::ClearOut { .. } | Task::ForgetLink { .. });
    if mail && (!passes || now - errand.since >= GIVE_UP) {
        tracing::error!(%error, tries = errand.tries, "a mail was given up");
        observe::count(app, "MailsGivenUp", 1);
        return Ok(app.store.clear_errand(errand).await?);
    }
    tracing::warn!(%error, tries = errand.tries, "an errand was not done yet");
    let wait = (FIRST << errand.tries.min(12)).min(LONGEST);
    Ok(app.store.put_errand_off(errand, now + oauth::refresh::jittered(wait)).await?)
}

/// Begun anew after a failure, it goes on where it stopped: what is ended is not listed any more.
///
/// It is done at once, and looked at once more when what was under way then is over. Whoever is back by then keeps what
/// they have.
async fn clear_out(app: &App, errand: &Errand, org: &OrgId, user: &UserId) -> Result<(), (bool, Error)> {
    if app.clock.epoch() >= errand.since + SETTLED {
        let user = app.store.user(user, true).await.map_err(|error| (true, error.into()))?;
        if user.is_some_and(|user| user.org == *org) {
            return Ok(());
        }
    }
    let tenant = Tenant::for_job(org.clone(), Owner::User(user.clone()));
    let all = app.store.integrations().all(&tenant).await.map_err(|error| (true, error.into()))?;
    for integration in all {
        let ended = oauth::connect::disconnect(app, &tenant, ACTOR, &integration).await;
        ended.map_err(|error| (true, error.into()))?;
    }
    Ok(())
}
