//! What must hold at every moment of every order of events.

use shared::oauth::refresh::decide::{self, Next, Want, give_back};
use shared::store::{
    expression::Look,
    integrations::{Status, attribute as at, protocol::View},
};
use stateright::Property;

use super::{Refreshing, World};

/// The promises, by name.
pub(crate) fn all() -> Vec<Property<Refreshing>> {
    vec![
        Property::always("one call at a time", |_, world: &World| !world.seen.overlap),
        Property::always("disconnected stays disconnected", |_, world: &World| {
            world.owner.is_some() || (give_back(Some(&View::of(&world.row))) && world.token().is_none())
        }),
        Property::always("switched off stays switched off", |_, world: &World| {
            let view = View::of(&world.row);
            !world.off || decide::on_read(&view, Want::Fresh, world.now) == Next::NotConnected
        }),
        Property::always("switched on stays switched on", |_, world: &World| {
            world.owner.is_none() || world.off || !View::of(&world.row).switched_off
        }),
        Property::always("the newest consent stays", |_, world: &World| {
            world.owner.is_none_or(|family| world.token().is_some_and(|token| token.family == family))
        }),
        Property::always("no token is lost unknowingly", |_, world: &World| {
            let told = world.row.look(at::INTENT).is_some() || revoked(world);
            world.owner.is_none() || told || world.token().is_some_and(|token| world.provider.takes(token))
        }),
        Property::always("no token is lost without a fault", |_, world: &World| match (world.owner, world.token()) {
            (Some(family), Some(token)) if !revoked(world) && !world.provider.takes(token) => excused(world, family),
            _ => true,
        }),
        Property::always("revoked only when the grant is dead", |_, world: &World| {
            world.owner.is_none_or(|family| !revoked(world) || world.provider.ended(family))
        }),
        Property::always("nobody reconnects without a fault", |_, world: &World| {
            world.owner.is_none_or(|family| !revoked(world) || excused(world, family))
        }),
        Property::always("a token that works is not risked", |_, world: &World| !world.seen.risked),
        Property::always("nobody waits for itself", |_, world: &World| !world.seen.own_lease),
        Property::always("a back-off is waited for", |_, world: &World| !world.seen.hasty),
        Property::always("somebody can always finish", |model, world: &World| {
            model.recoveries.finishes(&model.rules, world)
        }),
        Property::sometimes("a refresh succeeds", |_, world: &World| world.token().is_some_and(|token| token.turn > 0)),
        Property::sometimes("two refreshes succeed", |_, world: &World| {
            world.token().is_some_and(|token| token.turn > 1)
        }),
    ]
}

fn revoked(world: &World) -> bool {
    View::of(&world.row).status == Some(Status::Revoked)
}

/// A fault has lost this family's newest token, or somebody still holds it.
fn excused(world: &World, family: usize) -> bool {
    world.excused[family] || world.refreshers.iter().any(|refresher| refresher.in_progress(family))
}
