//! What the owner does: connect, disconnect, connect anew, switch it off and on.

use shared::store::{
    expression::{Change, Condition, Look, Write},
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

    pub(super) fn switching(&self, rules: &Rules) -> Write {
        Write::new(Condition::Present(at::PK), (rules.switch)(self.off))
    }

    pub(super) fn switch(&mut self, rules: &Rules) {
        let write = self.switching(rules);
        assert!(self.apply(&write).is_ok(), "an owner can always switch it");
        self.off = !self.off;
    }

    pub(super) fn connect(&mut self, rules: &Rules) {
        let write = self.connecting(rules, self.provider.next());
        let token = self.provider.consent();
        self.excused.push(false);
        assert!(self.apply(&write).is_ok(), "an owner who has just looked can connect");
        (self.owner, self.off) = (Some(token.family), false);
    }

    pub(super) fn disconnect(&mut self, rules: &Rules) {
        let write = self.disconnecting(rules);
        assert!(self.apply(&write).is_ok(), "an owner who has just looked can disconnect");
        (self.owner, self.off) = (None, false);
    }
}
