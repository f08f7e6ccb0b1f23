//! Which rights were exercised, so that a test can find the ones that nobody needs.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use super::wire::Service;
use crate::template::Template;

/// One right that was exercised.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Use {
    /// Who.
    pub role: String,
    /// What (`dynamodb:GetItem`).
    pub action: String,
    /// On which ARN.
    pub resource: String,
}

/// One action of one statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The role, or the key, whose policy it stands in.
    pub owner: String,
    /// The statement's place in that policy, from 0.
    pub statement: usize,
    /// Its name, if it has one.
    pub sid: Option<String>,
    /// The action as it is written there.
    pub action: String,
}

/// Exercised rights; clones write into the same notes.
#[derive(Clone, Default)]
pub struct Usage(Arc<Mutex<Notes>>);

#[derive(Default)]
struct Notes {
    uses: BTreeSet<Use>,
    grants: BTreeSet<(String, usize, String)>,
}

impl Usage {
    /// Every right exercised so far.
    pub fn used(&self) -> BTreeSet<Use> {
        self.with(|notes| notes.uses.clone())
    }

    /// What the template's policies grant on the services answered here without anybody having used it.
    pub fn unused(&self, template: &Template) -> Vec<Grant> {
        let of_functions =
            template.functions.iter().map(|function| (&function.name, function.policies.iter().collect::<Vec<_>>()));
        let of_keys =
            template.keys.iter().map(|key| (&key.id, key.policy.iter().map(|policy| &policy.statement).collect()));
        let mut unused = Vec::new();
        self.with(|notes| {
            for (owner, statements) in of_functions.chain(of_keys) {
                for (place, statement) in statements.into_iter().enumerate() {
                    for action in statement.actions.iter().filter(|action| played_here(action)) {
                        if !notes.grants.contains(&(owner.clone(), place, action.clone())) {
                            let (owner, sid, action) = (owner.clone(), statement.sid.clone(), action.clone());
                            unused.push(Grant { owner, statement: place, sid, action });
                        }
                    }
                }
            }
        });
        unused
    }

    pub(super) fn note_use(&self, role: &str, action: &str, resource: &str) {
        let noted = Use { role: role.to_owned(), action: action.to_owned(), resource: resource.to_owned() };
        self.with(|notes| notes.uses.insert(noted));
    }

    pub(super) fn note_grant(&self, owner: &str, statement: usize, action: &str) {
        self.with(|notes| notes.grants.insert((owner.to_owned(), statement, action.to_owned())));
    }

    fn with<T>(&self, look: impl FnOnce(&mut Notes) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether the action is one of a service that is answered here.
fn played_here(action: &str) -> bool {
    let services = [Service::DynamoDb, Service::Kms, Service::Sqs, Service::SecretsManager, Service::Ssm];
    services.iter().any(|service| action.split(':').next() == Some(service.prefix()))
}
