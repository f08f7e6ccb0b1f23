//! What the owner does: connect, disconnect, connect anew.

use shared::store::{
    expression::{Change, Look, Write},
    integrations::{attribute as at, protocol::View},
};

use super::{World, provider::Token, rules::Rules, world::LIFE};

impl World {
    pub(super) fn connecting(&self, rules: &Rules, token: Token) -> Write {
        let seen = self.row.look(at::GRANT).and_then(|value| value.number());
        let record = Change::new().set(at::REFRESH_TOKEN, token.number()).set(at::EXPIRES_AT, self.now + LIFE);
        (rules.connect)(seen, "owner", record, self.now)
    }

    pub(super) fn disconnecting(&self, rules: &Rules) -> Write {
        (rules.disconnect)(View::of(&self.row).grant, "owner", self.now, self.now + 1_000)
    }

    pub(super) fn connect(&mut self, rules: &Rules) {
        let write = self.connecting(rules, self.provider.next());
        let token = self.provider.consent();
        self.excused.push(false);
        assert!(self.apply(&write).is_ok(), "an owner who has just looked can connect");
        self.owner = Some(token.family);
    }

    pub(super) fn disconnect(&mut self, rules: &Rules) {
        let write = self.disconnecting(rules);
        assert!(self.apply(&write).is_ok(), "an owner who has just looked can disconnect");
        self.owner = None;
    }
}
