//! Finding a credential. What a key is limited away from is not there for it.

use shared::{
    app::App,
    auth::{Caller, Owner, Role, Tenant},
    http::Result,
    id::IntegrationId,
    store::integrations::Integration,
};

use crate::{
    kept::{Type, may_see},
    whose::{Whose, not_found, of_all},
};

/// The credential of a type and project.
pub(crate) async fn in_slot(
    app: &App,
    caller: &Caller,
    tenant: &Tenant,
    kind: &Type,
    project: &str,
) -> Result<Option<Integration>> {
    for slot in kind.slots() {
        if !may_see(caller, &slot, project) {
            continue;
        }
        let found = app.store.integrations().get(tenant, &slot, project).await?;
        if let Some(found) = found.filter(Integration::holds_credential) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The credential of a type that there is in one project alone, whichever that is.
pub(crate) async fn only(app: &App, caller: &Caller, tenant: &Tenant, kind: &Type) -> Result<Option<Integration>> {
    let slots = kind.slots();
    let of_type = |found: &Integration| {
        slots.contains(&found.provider) && found.holds_credential() && may_see(caller, &found.provider, &found.label)
    };
    let mut all = app.store.integrations().all(tenant).await?.into_iter().filter(of_type);
    Ok(match (all.next(), all.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    })
}

/// The owner's credential of this id; for an administrator also the organisation's own.
pub(crate) async fn by_id(app: &App, caller: &Caller, whose: Whose, id: &str) -> Result<(Whose, Integration)> {
    let id: IntegrationId = id.parse().map_err(|_| not_found())?;
    let own = *whose.tenant.owner() != Owner::Organisation;
    let shared = if own && caller.role() == Role::Admin { Some(of_all(caller)?) } else { None };
    for whose in std::iter::once(whose).chain(shared) {
        let found = app.store.integrations().by_id(&whose.tenant, &id).await?;
        let seen = |found: &Integration| found.holds_credential() && may_see(caller, &found.provider, &found.label);
        if let Some(found) = found.filter(seen) {
            return Ok((whose, found));
        }
    }
    Err(not_found())
}
