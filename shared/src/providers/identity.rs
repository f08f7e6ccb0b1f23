//! Who is behind a credential: asked step by step, as the provider's file says. Sends nothing itself.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Provider,
    errors::{self, Meaning, Verdict},
    json,
    pointer::Pointer,
    render::{self, Call, RenderError},
    said::Sent,
    schema::{Choose, IdentityStep},
    values::Values,
};

/// No fact about a person is longer.
const LONGEST: usize = 1024;

/// The account at the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct External {
    /// The account's id; numbers as text.
    pub id: Option<String>,
    /// Its login name.
    pub username: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// A picture's address; https only.
    pub avatar: Option<String>,
    /// The workspace, team or site.
    pub workspace: Option<String>,
}

/// Finds out who it is. `ask` gives the next request, `hear` takes its answer, until `ask` gives none.
pub struct Identify<'p> {
    provider: &'p Provider,
    next: usize,
    found: External,
    kept: BTreeMap<String, String>,
    /// What the person told of the choice that the present step asks for.
    chosen: Option<String>,
}

/// Why an answer tells nobody's identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    /// The provider said no.
    #[error("{0}")]
    Said(#[from] Verdict),
    /// There is nothing to choose, or several and nobody chose.
    #[error("{0}")]
    Unchosen(String),
}

impl<'p> Identify<'p> {
    /// Starts with what the token answer told.
    pub fn start(provider: &'p Provider, told: External) -> Self {
        Self { provider, next: 0, found: told, kept: BTreeMap::new(), chosen: None }
    }

    /// The next request, or none when all is known that can be.
    pub fn ask(&mut self, credential: &Values) -> Result<Option<Call>, RenderError> {
        while let Some(step) = self.provider.file().identity.get(self.next) {
            let known = step.when_missing.as_deref().is_some_and(|fact| self.found.get(fact).is_some());
            let lacks = step.needs.as_deref().is_some_and(|part| !credential.has(part));
            match step.request.as_ref().filter(|_| !known && !lacks) {
                Some(request) => {
                    let told = step.choose.as_ref().and_then(|choose| credential.get_plain(&choose.by)?.as_str());
                    self.chosen = told.filter(|told| !told.is_empty()).map(str::to_owned);
                    return render::request(self.provider, request, &self.facts(credential)).map(Some);
                }
                None => self.next += 1,
            }
        }
        Ok(None)
    }

    /// Takes the answer to the request that `ask` gave. An optional step that is refused is passed over.
    pub fn hear(&mut self, response: &Response<Bytes>, sent: &Sent) -> Result<(), Unheard> {
        let Some(step) = self.provider.file().identity.get(self.next) else { return Ok(()) };
        let verdict = errors::api(self.provider, response, sent);
        match verdict.meaning {
            Meaning::Fine => {
                let body = json::strict(response.body()).unwrap_or(Value::Null);
                let body = match &step.choose {
                    Some(choose) => chosen(choose, self.chosen.as_deref(), &body, sent)?,
                    None => &body,
                };
                self.found.fill(step, body);
                self.kept.extend(kept(&step.keep, body));
            }
            _ if step.optional => {}
            _ => return Err(verdict.into()),
        }
        self.next += 1;
        Ok(())
    }

    /// Who it is, and the facts to keep with the grant.
    pub fn done(self) -> (External, BTreeMap<String, String>) {
        (self.found, self.kept)
    }

    fn facts(&self, credential: &Values) -> Values {
        credential.clone().facts(&self.kept).and(&self.found.values())
    }
}

/// The facts, and the placeholders that hold them in later steps.
pub(super) const FACTS: &[(&str, &str)] = &[
    ("id", "external_id"),
    ("username", "external_username"),
    ("email", "external_email"),
    ("name", "external_name"),
    ("avatar", "external_avatar"),
    ("workspace", "external_workspace"),
];

/// What the token answer itself tells: the steps without a request.
pub fn from_token_answer(provider: &Provider, answer: &Value) -> External {
    let mut found = External::default();
    for step in provider.file().identity.iter().filter(|step| step.request.is_none()) {
        found.fill(step, answer);
    }
    found
}

/// Facts by name, as a file's `keep` wants them.
pub(crate) fn kept(keep: &BTreeMap<String, Pointer>, body: &Value) -> BTreeMap<String, String> {
    let fact = |pointer: &Pointer| match pointer.find(body)? {
        Value::Bool(truth) => Some(truth.to_string()),
        _ => clean(&pointer.text(body)?),
    };
    keep.iter().filter_map(|(name, pointer)| Some((name.clone(), fact(pointer)?))).collect()
}

/// The element that the person told of, or the only one.
fn chosen<'j>(choose: &Choose, told: Option<&str>, body: &'j Value, sent: &Sent) -> Result<&'j Value, Unheard> {
    let what = &choose.what;
    let all = choose.from.find(body).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    // Atlassian lists a site once for each of its products.
    let mut seen = std::collections::BTreeSet::new();
    let first = |element: &Value| choose.at.first().and_then(|pointer| pointer.text(element));
    let list: Vec<&Value> = all.iter().filter(|element| seen.insert(first(element))).collect();
    let named = |element: &Value| choose.at.iter().rev().find_map(|pointer| pointer.text(element)).unwrap_or_default();
    let fits = |element: &Value, told: &str| {
        choose.at.iter().filter_map(|pointer| pointer.text(element)).any(|text| same(&text, told))
    };
    let sentence = match (told, list.as_slice()) {
        (_, []) => format!("This consent gives access to no {what}"),
        (None, [only]) => return Ok(only),
        (Some(told), _) => match list.iter().find(|element| fits(element, told)) {
            Some(found) => return Ok(found),
            None => format!("`{}` names none of these: {}", choose.by, names(&list, named, sent)),
        },
        (None, _) => format!("Say in `{}` which {what} it is to be: {}", choose.by, names(&list, named, sent)),
    };
    Err(Unheard::Unchosen(sentence))
}

fn names(list: &[&Value], named: impl Fn(&Value) -> String, sent: &Sent) -> String {
    sent.clean(&list.iter().map(|element| named(element)).collect::<Vec<_>>().join(", "))
}

/// `acme.atlassian.net` means `https://acme.atlassian.net/` as well; case does not matter.
fn same(text: &str, told: &str) -> bool {
    let bare = |text: &str| {
        let text = text.trim().trim_end_matches('/').to_lowercase();
        text.split_once("://").map_or(text.clone(), |(_, rest)| rest.to_owned())
    };
    bare(text) == bare(told)
}

impl External {
    /// What a person would call this account.
    pub fn display(&self) -> Option<String> {
        self.email.clone().or_else(|| self.username.clone()).or_else(|| self.name.clone()).or_else(|| self.id.clone())
    }

    /// With what `other` knows beyond it.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            id: self.id.or(other.id),
            username: self.username.or(other.username),
            email: self.email.or(other.email),
            name: self.name.or(other.name),
            avatar: self.avatar.or(other.avatar),
            workspace: self.workspace.or(other.workspace),
        }
    }

    /// Its facts under the names that they have as placeholders.
    pub fn values(&self) -> Values {
        FACTS.iter().fold(Values::new(), |values, (fact, placeholder)| match self.get(fact) {
            Some(text) => values.plain(placeholder, text),
            None => values,
        })
    }

    fn get(&self, fact: &str) -> Option<&str> {
        let found = match fact {
            "id" => &self.id,
            "username" => &self.username,
            "email" => &self.email,
            "name" => &self.name,
            "avatar" => &self.avatar,
            "workspace" => &self.workspace,
            _ => &None,
        };
        found.as_deref()
    }

    /// Fills in what is still missing.
    fn fill(&mut self, step: &IdentityStep, body: &Value) {
        let find = |pointers: &[Pointer]| pointers.iter().find_map(|pointer| clean(&pointer.text(body)?));
        let fill = |known: &mut Option<String>, pointers: &[Pointer]| {
            if known.is_none() {
                *known = find(pointers);
            }
        };
        fill(&mut self.id, &step.id);
        fill(&mut self.username, &step.username);
        fill(&mut self.email, &step.email);
        fill(&mut self.name, &step.name);
        fill(&mut self.avatar, &step.avatar);
        fill(&mut self.workspace, &step.workspace);
        // It ends up in somebody's `<img src>`.
        self.avatar = self.avatar.take().filter(|address| address.starts_with("https://"));
    }
}

/// A fact without controls and of a sane length; anything else is no fact.
fn clean(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)).then(|| text.to_owned())
}
