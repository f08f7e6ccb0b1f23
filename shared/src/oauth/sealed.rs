//! What a handshake keeps secret: verifier, client secret, a parked code, tokens that wait for a yes.
//!
//! Each is bound to the user who started, to the handshake and to its own name.

use crate::{
    app::App,
    auth::{Owner, Tenant},
    http::Result,
    secret::Secret,
    store::handshakes::Handshake,
    vault::{Place, Purpose, Sealed},
};

/// Whose handshake it is: always the user who started it.
pub(super) fn tenant_of(handshake: &Handshake) -> Tenant {
    Tenant::for_job(handshake.org.clone(), Owner::User(handshake.user.clone()))
}

/// Seals one of a handshake's secrets.
pub(super) async fn seal(app: &App, handshake: &Handshake, field: &str, clear: &Secret<String>) -> Result<Sealed> {
    let tenant = tenant_of(handshake);
    Ok(app.vault.seal(&place(&tenant, handshake, field), clear.expose().as_bytes()).await?)
}

/// Opens what [`seal`] made.
pub(super) async fn open(app: &App, handshake: &Handshake, field: &str, sealed: &Sealed) -> Result<Secret<String>> {
    let tenant = tenant_of(handshake);
    Ok(app.vault.open(&place(&tenant, handshake, field), sealed).await?)
}

/// Takes the key in hand that will seal what the provider is about to give.
pub(super) async fn ready(app: &App, handshake: &Handshake) -> Result<()> {
    let tenant = tenant_of(handshake);
    let place = Place { purpose: Purpose::Integration, ..place(&tenant, handshake, "") };
    app.vault.ready(&place).await?;
    Ok(())
}

fn place<'a>(tenant: &'a Tenant, handshake: &'a Handshake, field: &'a str) -> Place<'a> {
    Place {
        org: tenant.org(),
        owner: tenant.owner(),
        purpose: Purpose::Handshake,
        record: handshake.id.as_str(),
        provider: &handshake.provider,
        field,
        grant: 0,
    }
}
