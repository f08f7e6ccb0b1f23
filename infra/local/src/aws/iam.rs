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

/// A statement's place in its policy, and the action pattern that matched.
type Grant<'a> = (usize, &'a str);

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
        let Some(role) = self.bound(ask)? else { return Ok(()) };
        match role.grants(ask, &about(role, context))? {
            Some(grant) => {
                self.note(ask, [(ask.role, grant)]);
                Ok(())
            }
            None => Err(denied(ask, "no identity-based policy allows it")),
        }
    }

    /// Refuses unless the key's policy allows it, by itself or together with the role's.
    pub(super) fn check_key(&self, ask: Ask<'_>, context: &Context) -> Result<(), Refusal> {
        let Some(role) = self.bound(ask)? else { return Ok(()) };
        let Some(key) = self.keys.get(ask.resource).filter(|key| !key.policy.is_empty()) else {
            return self.check(ask, context);
        };
        let context = about(role, context);
        let by_role = role.grants(ask, &context)?;
        let mut used = Vec::new();
        for (place, line) in key.policy.iter().enumerate() {
            let Some(pattern) = line.statement.matching(ask.action, ask.resource, &context) else { continue };
            if line.statement.effect == Effect::Deny {
                return Err(denied(ask, "the key's policy refuses it"));
            }
            let alone = match &line.principal {
                Principal::Account => false,
                Principal::Anybody => true,
                Principal::Roles(arns) => arns.contains(&role.arn),
            };
            match by_role {
                _ if !used.is_empty() => {}
                _ if alone => used.push((key.id.as_str(), (place, pattern))),
                Some(grant) if line.principal == Principal::Account => {
                    used.extend([(key.id.as_str(), (place, pattern)), (ask.role, grant)]);
                }
                _ => {}
            }
        }
        if used.is_empty() {
            return Err(denied(ask, "the key's policy and the role's do not allow it together"));
        }
        self.note(ask, used);
        Ok(())
    }

    /// The right to a customer key that a service needs in order to serve this role (`service` as in `kms:ViaService`).
    pub(super) fn check_key_through(&self, ask: Ask<'_>, service: super::Service) -> Result<(), Refusal> {
        let through = format!("{}.{REGION}.amazonaws.com", service.prefix());
        self.check_key(ask, &vec![("kms:ViaService".to_owned(), through)])
    }

    /// The role that policies bind; `None` for one that is trusted with everything.
    fn bound(&self, ask: Ask<'_>) -> Result<Option<&Role>, Refusal> {
        if self.trusted.contains(ask.role) {
            return Ok(None);
        }
        self.roles.get(ask.role).map(Some).ok_or_else(|| {
            let message =
                format!("The security token included in the request is invalid: no role is called {:?}", ask.role);
            Refusal::new("UnrecognizedClientException", message)
        })
    }

    fn note<'a>(&self, ask: Ask<'_>, grants: impl IntoIterator<Item = (&'a str, Grant<'a>)>) {
        self.usage.note_use(ask.role, ask.action, ask.resource);
        for (owner, (place, pattern)) in grants {
            self.usage.note_grant(owner, place, pattern);
        }
    }
}

impl Role {
    /// The statement that allows it, if one does; an explicit refusal is an error at once.
    fn grants(&self, ask: Ask<'_>, context: &Context) -> Result<Option<Grant<'_>>, Refusal> {
        let mut allowing = None;
        for (place, statement) in self.statements.iter().enumerate() {
            match (statement.matching(ask.action, ask.resource, context), statement.effect) {
                (Some(_), Effect::Deny) => return Err(denied(ask, "an identity-based policy refuses it")),
                (Some(pattern), Effect::Allow) => allowing = allowing.or(Some((place, pattern))),
                (None, _) => {}
            }
        }
        Ok(allowing)
    }
}

/// What is true of every request of this role.
fn about(role: &Role, context: &Context) -> Context {
    let fixed = [
        ("aws:PrincipalArn", role.arn.as_str()),
        ("aws:PrincipalAccount", ACCOUNT),
        ("aws:SecureTransport", "true"),
        ("kms:CallerAccount", ACCOUNT),
    ];
    let fixed = fixed.map(|(key, value)| (key.to_owned(), value.to_owned()));
    context.iter().cloned().chain(fixed).collect()
}

fn denied(ask: Ask<'_>, because: &str) -> Refusal {
    let Ask { role, action, resource } = ask;
    let message = format!(
        "User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/local is not authorized to perform: {action} \
         on resource: {resource} because {because}"
    );
    Refusal::new("AccessDeniedException", message)
}
