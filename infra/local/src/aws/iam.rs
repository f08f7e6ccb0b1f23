//! Whether a role may do what it asks for, by the template's policies.
//!
//! Identity policies and key policies are followed; permission boundaries, session policies and resource policies of
//! queues and secrets are not, since the template has none. Whatever no statement allows is refused.

use std::collections::{BTreeSet, HashMap};

use super::{usage::Usage, wire::Refusal};
use crate::template::{ACCOUNT, Effect, KeyStatement, Principal, REGION, Statement, Template};

/// What a request tells about itself, for conditions; a key may stand there several times.
pub(super) type Context = Vec<(String, String)>;

/// The judge.
pub(super) struct Iam {
    roles: HashMap<String, Role>,
    keys: HashMap<String, Key>,
    trusted: BTreeSet<String>,
    usage: Usage,
}

struct Role {
    arn: String,
    statements: Vec<Statement>,
}

struct Key {
    id: String,
    policy: Vec<KeyStatement>,
}

/// One thing a role wants to do.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) role: &'a str,
    pub(super) action: &'a str,
    pub(super) resource: &'a str,
}

impl Iam {
    pub(super) fn new(template: &Template, trusted: BTreeSet<String>, usage: Usage) -> Self {
        let roles = template.functions.iter().map(|function| {
            let role = Role { arn: function.role.clone(), statements: function.policies.clone() };
            (function.name.clone(), role)
        });
        let keys = template.keys.iter().map(|key| {
            let judged = Key { id: key.id.clone(), policy: key.policy.clone() };
            (key.arn.clone(), judged)
        });
        Self { roles: roles.collect(), keys: keys.collect(), trusted, usage }
    }

    pub(super) fn usage(&self) -> &Usage {
        &self.usage
    }

    /// Refuses unless the role's own policy allows it.
    pub(super) fn check(&self, ask: Ask<'_>, context: &Context) -> Result<(), Refusal> {
        if self.trusted.contains(ask.role) {
            return Ok(());
        }
        let role = self.role(ask.role)?;
        let context = Self::about(role, context);
        if self.by_identity(role, ask, &context)? {
            self.usage.note_use(ask.role, ask.action, ask.resource);
            return Ok(());
        }
        Err(denied(ask, "no identity-based policy allows it"))
    }

    /// Refuses unless the key's policy allows it, by itself or together with the role's.
    pub(super) fn check_key(&self, ask: Ask<'_>, context: &Context) -> Result<(), Refusal> {
        if self.trusted.contains(ask.role) {
            return Ok(());
        }
        let role = self.role(ask.role)?;
        let context = Self::about(role, context);
        let by_identity = self.by_identity(role, ask, &context)?;
        let Some(key) = self.keys.get(ask.resource).filter(|key| !key.policy.is_empty()) else {
            return self.settle(by_identity, ask, "no identity-based policy allows it");
        };
        let mut allowed = false;
        for (place, line) in key.policy.iter().enumerate() {
            let Some(pattern) = line.statement.matching(ask.action, ask.resource, &context) else { continue };
            let concerned = match &line.principal {
                Principal::Account => by_identity,
                Principal::Anybody => true,
                Principal::Roles(arns) => arns.contains(&role.arn),
            };
            if line.statement.effect == Effect::Deny {
                return Err(denied(ask, "the key's policy refuses it"));
            }
            if concerned && !allowed {
                allowed = true;
                self.usage.note_grant(&key.id, place, pattern);
            }
        }
        self.settle(allowed, ask, "the key's policy does not allow it")
    }

    /// The right to a customer key that a service needs in order to serve this role (`service` as in `kms:ViaService`).
    pub(super) fn check_key_through(&self, ask: Ask<'_>, service: super::Service) -> Result<(), Refusal> {
        let through = format!("{}.{REGION}.amazonaws.com", service.prefix());
        self.check_key(ask, &vec![("kms:ViaService".to_owned(), through)])
    }

    fn settle(&self, allowed: bool, ask: Ask<'_>, because: &str) -> Result<(), Refusal> {
        if !allowed {
            return Err(denied(ask, because));
        }
        self.usage.note_use(ask.role, ask.action, ask.resource);
        Ok(())
    }

    fn role(&self, name: &str) -> Result<&Role, Refusal> {
        self.roles.get(name).ok_or_else(|| {
            let message = format!("The security token included in the request is invalid: no role is called {name:?}");
            Refusal::new("UnrecognizedClientException", message)
        })
    }

    fn about(role: &Role, context: &Context) -> Context {
        let mut all = context.clone();
        all.push(("aws:PrincipalArn".to_owned(), role.arn.clone()));
        all.push(("aws:PrincipalAccount".to_owned(), ACCOUNT.to_owned()));
        all.push(("aws:SecureTransport".to_owned(), "true".to_owned()));
        all.push(("kms:CallerAccount".to_owned(), ACCOUNT.to_owned()));
        all
    }

    /// Whether the role's own statements allow it; an explicit refusal is an error at once.
    fn by_identity(&self, role: &Role, ask: Ask<'_>, context: &Context) -> Result<bool, Refusal> {
        let mut allowing = None;
        for (place, statement) in role.statements.iter().enumerate() {
            match (statement.matching(ask.action, ask.resource, context), statement.effect) {
                (Some(_), Effect::Deny) => return Err(denied(ask, "an identity-based policy refuses it")),
                (Some(pattern), Effect::Allow) => allowing = allowing.or(Some((place, pattern))),
                (None, _) => {}
            }
        }
        if let Some((place, pattern)) = allowing {
            self.usage.note_grant(ask.role, place, pattern);
        }
        Ok(allowing.is_some())
    }
}

fn denied(ask: Ask<'_>, because: &str) -> Refusal {
    let Ask { role, action, resource } = ask;
    let message = format!(
        "User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/local is not authorized to perform: {action} \
         on resource: {resource} because {because}"
    );
    Refusal::new("AccessDeniedException", message)
}
