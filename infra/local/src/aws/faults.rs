//! What is to go wrong, on purpose: the emulator neither throttles nor loses an answer by itself.
//!
//! Requests are counted as the wire sees them, so a retry of the SDK counts again.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::wire::Service;

/// A request that was made: service, operation, role.
pub type Call = (Service, String, String);

/// Something that goes wrong with certain requests.
#[derive(Clone, Debug)]
pub struct Fault {
    effect: Effect,
    service: Option<Service>,
    operation: Option<String>,
    role: Option<String>,
    writes: bool,
    skip: u64,
    times: u64,
}

/// What happens to the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Throttle,
    Deny,
    Conflict,
    LoseRequest,
    LoseAnswer,
}

impl Fault {
    /// Too many requests: nothing is done, and the SDK tries again.
    pub fn throttle() -> Self {
        Self::new(Effect::Throttle)
    }

    /// Access denied, as after a changed policy.
    pub fn deny() -> Self {
        Self::new(Effect::Deny)
    }

    /// Another transaction holds the item (DynamoDB).
    pub fn conflict() -> Self {
        Self::new(Effect::Conflict)
    }

    /// The connection breaks before the request arrives: nothing is done.
    pub fn lose_request() -> Self {
        Self::new(Effect::LoseRequest)
    }

    /// The connection breaks after the request was carried out: the caller never hears of it.
    pub fn lose_answer() -> Self {
        Self::new(Effect::LoseAnswer)
    }

    fn new(effect: Effect) -> Self {
        Self { effect, service: None, operation: None, role: None, writes: false, skip: 0, times: 1 }
    }

    /// Only requests to this service.
    #[must_use]
    pub fn service(self, service: Service) -> Self {
        Self { service: Some(service), ..self }
    }

    /// Only this operation (`PutItem`).
    #[must_use]
    pub fn operation(self, operation: &str) -> Self {
        Self { operation: Some(operation.to_owned()), ..self }
    }

    /// Only requests of this role.
    #[must_use]
    pub fn role(self, role: &str) -> Self {
        Self { role: Some(role.to_owned()), ..self }
    }

    /// Only requests that change something.
    #[must_use]
    pub fn writes(self) -> Self {
        Self { writes: true, ..self }
    }

    /// The `n`th such request from now on, counted from 1; without this, the next one.
    #[must_use]
    pub fn nth(self, n: u64) -> Self {
        Self { skip: n.saturating_sub(1), ..self }
    }

    /// So many of them in a row; without this, one.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times, ..self }
    }

    /// All of them, until [`Faults::clear`].
    #[must_use]
    pub fn always(self) -> Self {
        Self { times: u64::MAX, ..self }
    }

    fn concerns(&self, service: Service, operation: &str, role: &str) -> bool {
        self.service.is_none_or(|wanted| wanted == service)
            && self.operation.as_deref().is_none_or(|wanted| wanted == operation)
            && self.role.as_deref().is_none_or(|wanted| wanted == role)
            && (!self.writes || is_write(service, operation))
    }
}

/// Whether the operation changes something that the caller could meet again.
fn is_write(service: Service, operation: &str) -> bool {
    match service {
        Service::DynamoDb => {
            matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" | "BatchWriteItem")
        }
        Service::Sqs => !matches!(operation, "GetQueueAttributes" | "GetQueueUrl" | "ListQueues" | "ReceiveMessage"),
        Service::Kms | Service::SecretsManager | Service::Ssm => false,
    }
}

/// The faults in wait, and the count of all requests.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    waiting: Vec<Fault>,
    struck: u64,
    counts: BTreeMap<Service, BTreeMap<String, BTreeMap<String, u64>>>,
}

impl Faults {
    /// Lays a fault in wait.
    pub fn add(&self, fault: Fault) {
        self.state().waiting.push(fault);
    }

    /// Takes every fault back.
    pub fn clear(&self) {
        self.state().waiting.clear();
    }

    /// How often a fault has struck.
    pub fn struck(&self) -> u64 {
        self.state().struck
    }

    /// Every kind of request made since the last [`Faults::reset_counts`], with its number.
    pub fn counts(&self) -> BTreeMap<Call, u64> {
        let mut all = BTreeMap::new();
        for (service, operations) in &self.state().counts {
            for (operation, roles) in operations {
                for (role, count) in roles {
                    all.insert((*service, operation.clone(), role.clone()), *count);
                }
            }
        }
        all
    }

    /// How often the service was asked for the operation, by whomever.
    pub fn count(&self, service: Service, operation: &str) -> u64 {
        let state = self.state();
        let roles = state.counts.get(&service).and_then(|operations| operations.get(operation));
        roles.map_or(0, |roles| roles.values().sum())
    }

    /// How often anything was changed, by whomever.
    pub fn writes(&self) -> u64 {
        self.counts().iter().filter(|((service, operation, _), _)| is_write(*service, operation)).map(|(_, n)| n).sum()
    }

    /// Counts from nought again.
    pub fn reset_counts(&self) {
        self.state().counts.clear();
    }

    /// Counts a request and says what is to become of it.
    pub(super) fn strike(&self, service: Service, operation: &str, role: &str) -> Option<Effect> {
        let mut state = self.state();
        let state = &mut *state;
        state.count(service, operation, role);
        let mut effect = None;
        for fault in state.waiting.iter_mut().filter(|fault| fault.concerns(service, operation, role)) {
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if effect.is_none() && fault.times > 0 {
                fault.times -= 1;
                effect = Some(fault.effect);
                state.struck += 1;
            }
        }
        state.waiting.retain(|fault| fault.times > 0);
        effect
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Adds one without making text where the request is of a known kind: this runs for each request.
    fn count(&mut self, service: Service, operation: &str, role: &str) {
        let operations = self.counts.entry(service).or_default();
        if let Some(count) = operations.get_mut(operation).and_then(|roles| roles.get_mut(role)) {
            *count += 1;
        } else {
            operations.entry(operation.to_owned()).or_default().insert(role.to_owned(), 1);
        }
    }
}
