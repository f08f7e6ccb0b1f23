//! The forms by which a person connects a provider, on a connect link's page and in the console: one for each way in which
//! it can be connected, and what was wrong with the last one that came.
//!
//! A secret that was typed is never shown again.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Map, Value};
use shared::{
    app::App,
    http::{Code, Error, FieldError, Result},
    providers::{
        Provider,
        schema::{Field, KeyField},
    },
    store::links::Link,
};

/// Something that may be connected.
pub(crate) struct Offer {
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) description: String,
    /// None where the operator has not set it up and nothing can be typed.
    pub(crate) forms: Vec<Form>,
}

/// One way to connect it.
pub(crate) struct Form {
    /// Tells it from the others on the page.
    pub(crate) id: String,
    pub(crate) way: Way,
    pub(crate) help: Option<String>,
    /// What the app has told already, which the person is to see: a label and a value each.
    pub(crate) settled: Vec<(String, String)>,
    pub(crate) inputs: Vec<Input>,
}

/// How.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By the provider's own page.
    Consent,
    /// By what a person types.
    Key,
}

impl Way {
    /// As the form says it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Key => "key",
        }
    }

    /// The way that a form took. Where it does not say, there is only one.
    pub(crate) fn of(form: &Map<String, Value>, provider: &Provider) -> Self {
        match form.get("way").and_then(Value::as_str) {
            Some("key") if provider.api_key().is_some() => Self::Key,
            _ if provider.oauth2().is_some() => Self::Consent,
            _ => Self::Key,
        }
    }
}

/// Something that the person types.
pub(crate) struct Input {
    pub(crate) id: String,
    /// Its name in the form.
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) help: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    /// What was typed before.
    pub(crate) value: String,
    /// What is wrong with it.
    pub(crate) problem: Option<String>,
}

impl Input {
    /// What describes it, beside its label.
    pub(crate) fn described_by(&self) -> Option<String> {
        let help = self.help.as_ref().map(|_| format!("{}-help", self.id));
        let problem = self.problem.as_ref().map(|_| format!("{}-problem", self.id));
        let both: Vec<String> = problem.into_iter().chain(help).collect();
        (!both.is_empty()).then(|| both.join(" "))
    }
}

/// What the person types it into.
pub(crate) enum Kind {
    /// One line.
    Text,
    /// One line that nobody may read over a shoulder.
    Password,
    /// Several lines.
    Area,
    /// One of these.
    Choice(Vec<String>),
}

/// What was wrong with the form that came last.
pub(crate) struct Wrong<'a> {
    pub(crate) provider: &'a str,
    pub(crate) way: Way,
    pub(crate) form: &'a Map<String, Value>,
    pub(crate) error: &'a Error,
}

/// A line of the summary over the forms.
pub(crate) struct Line {
    pub(crate) text: String,
    /// The input that it is about.
    pub(crate) input: Option<String>,
}

/// What a link offers. A provider whose file is gone meanwhile is not among it.
pub(crate) async fn offers(app: &App, link: &Link, wrong: Option<&Wrong<'_>>) -> Result<Vec<Offer>> {
    let mut all = Vec::new();
    for (slug, wanted) in &link.providers {
        let Ok(provider) = app.provider(slug) else { continue };
        all.push(offer(app, &provider, &wanted.fields, wrong.filter(|wrong| wrong.provider == slug)).await?);
    }
    Ok(all)
}

/// What a provider offers to somebody; what is settled already is not asked for.
pub(crate) async fn offer(
    app: &App,
    provider: &Provider,
    settled: &BTreeMap<String, String>,
    wrong: Option<&Wrong<'_>>,
) -> Result<Offer> {
    let maker = Maker { app, provider, settled, wrong };
    let mut forms = Vec::new();
    if provider.oauth2().is_some() && app.clients.get(provider).await?.is_some() {
        forms.push(maker.form(Way::Consent));
    }
    if provider.api_key().is_some() {
        forms.push(maker.form(Way::Key));
    }
    let (name, description) = (provider.name().to_owned(), provider.file().description.clone());
    Ok(Offer { slug: provider.slug().to_owned(), name, description, forms })
}

/// The status of the page that shows the form once more; none where the error is no doing of the person's, the provider's
/// or the operator's.
pub(crate) fn status_again(error: &Error) -> Option<StatusCode> {
    match error.code() {
        Code::OauthUnsupported | Code::ProviderFailed => Some(StatusCode::BAD_REQUEST),
        code => Some(code.status()).filter(StatusCode::is_client_error),
    }
}

/// The members whose names begin so and go on as the provider's file has it, by the rest of their names. What was left
/// empty was not told.
fn part_of(form: &Map<String, Value>, prefix: &str, known: impl Fn(&str) -> bool) -> Map<String, Value> {
    let told = form.iter().filter(|(_, value)| value.as_str() != Some(""));
    let named = told.filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, value)));
    named.filter(|(name, _)| known(name)).map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

/// What a person typed into the form of this way.
pub(crate) fn typed(form: &Map<String, Value>, provider: &Provider, way: Way) -> Map<String, Value> {
    let mut typed = part_of(form, "field.", |name| provider.file().fields.contains_key(name));
    if way == Way::Key {
        let parts = provider.api_key().map(|key| &key.fields);
        typed.extend(part_of(form, "key.", |name| parts.is_some_and(|parts| parts.contains_key(name))));
    }
    typed
}

/// The summary of what was wrong: each line leads to its input, where that is on the page.
pub(crate) fn summary(app: &App, wrong: &Wrong<'_>, offers: &[Offer]) -> Vec<Line> {
    let told = wrong.error.errors();
    let mine = offers.iter().filter(|offer| offer.slug == wrong.provider).flat_map(|offer| &offer.forms);
    let inputs: Vec<&Input> = mine.filter(|form| form.way == wrong.way).flat_map(|form| &form.inputs).collect();
    let Some(provider) = app.provider(wrong.provider).ok().filter(|_| !told.is_empty()) else {
        let marked = inputs.iter().find(|input| input.problem.is_some()).map(|input| input.id.clone());
        return vec![Line { text: wrong.error.message().to_owned(), input: marked }];
    };
    let line = |told: &FieldError| {
        let name = part(told);
        let on_page = inputs.iter().find(|input| input.name.split_once('.').is_some_and(|(_, named)| named == name));
        Line { text: in_words(&provider, told), input: on_page.map(|input| input.id.clone()) }
    };
    told.iter().map(line).collect()
}

/// The part that an error is about.
fn part(told: &FieldError) -> &str {
    told.pointer.rsplit('/').next().unwrap_or_default()
}

/// The sentence, with the label that the person sees in place of the part's name.
fn in_words(provider: &Provider, told: &FieldError) -> String {
    let name = part(told);
    let field = provider.file().fields.get(name).map(|field| &field.label);
    let key = provider.api_key().and_then(|key| key.fields.get(name)).map(|part| &part.label);
    let Some(label) = field.or(key) else { return told.detail.clone() };
    match told.detail.strip_prefix(name) {
        Some(rest) if rest.starts_with(' ') => format!("{label}{rest}"),
        _ => told.detail.replace(&format!("`{name}`"), label),
    }
}

/// Makes the forms of one provider.
struct Maker<'a> {
    app: &'a App,
    provider: &'a Provider,
    settled: &'a BTreeMap<String, String>,
    wrong: Option<&'a Wrong<'a>>,
}

impl Maker<'_> {
    fn form(&self, way: Way) -> Form {
        let open = |name: &&String| !self.settled.contains_key(*name);
        let key = self.provider.api_key().filter(|_| way == Way::Key);
        // A part of the same name asks for it in this way's own words.
        let part = |name: &String| key.is_some_and(|key| key.fields.contains_key(name));
        let fields = self.provider.file().fields.iter().filter(|(name, _)| open(name) && !part(name));
        let mut inputs: Vec<Input> = fields.map(|(name, field)| self.field(way, name, field)).collect();
        let parts = key.into_iter().flat_map(|key| &key.fields).filter(|(name, _)| open(name));
        inputs.extend(parts.map(|(name, part)| self.part(way, name, part)));
        // What must be told comes first, and secrets after what they belong to: so do people expect it, and browsers.
        inputs.sort_by_key(|input| (!input.required, matches!(input.kind, Kind::Password)));
        let help = key.and_then(|key| key.help.clone());
        let settled = self.settled.iter().filter_map(|(name, value)| Some((self.label(way, name)?, value.clone())));
        Form { id: format!("{}-{}", self.provider.slug(), way.as_str()), way, help, settled: settled.collect(), inputs }
    }

    /// What a form of this way calls a field.
    fn label(&self, way: Way, name: &str) -> Option<String> {
        let field = self.provider.file().fields.get(name).map(|field| field.label.clone());
        let key = self.provider.api_key().filter(|_| way == Way::Key);
        field.or_else(|| Some(key?.fields.get(name)?.label.clone()))
    }

    /// What the provider's file asks for, whichever way it goes.
    fn field(&self, way: Way, name: &str, field: &Field) -> Input {
        let set = field.setting.as_deref().is_some_and(|set| self.app.config.outward.base_urls.contains_key(set));
        let kind = match (field.choices.is_empty(), field.secret) {
            (false, _) => Kind::Choice(field.choices.keys().cloned().collect()),
            (true, true) => Kind::Password,
            (true, false) => Kind::Text,
        };
        let mut input = self.input(way, &format!("field.{name}"), &field.label, field.help.as_ref(), kind);
        input.required = field.default.is_none() && !set;
        if input.value.is_empty() && matches!(input.kind, Kind::Choice(_)) {
            input.value = field.default.clone().unwrap_or_default();
        }
        input
    }

    /// A part of a typed credential.
    fn part(&self, way: Way, name: &str, part: &KeyField) -> Input {
        let kind = match (part.object, part.secret) {
            (true, _) => Kind::Area,
            (false, true) => Kind::Password,
            (false, false) => Kind::Text,
        };
        let mut input = self.input(way, &format!("key.{name}"), &part.label, part.help.as_ref(), kind);
        input.required = !part.optional;
        if part.secret {
            input.value.clear();
            // The provider says no more than that, so it is about whatever is secret.
            let refused = self.wrong.filter(|wrong| wrong.way == way).map(|wrong| wrong.error);
            let refused =
                refused.is_some_and(|error| error.code() == Code::CredentialRefused && error.errors().is_empty());
            input.problem = input.problem.or(refused.then(|| format!("{} does not take this", self.provider.name())));
        }
        input
    }

    fn input(&self, way: Way, name: &str, label: &str, help: Option<&String>, kind: Kind) -> Input {
        let wrong = self.wrong.filter(|wrong| wrong.way == way);
        let typed = wrong.filter(|_| matches!(kind, Kind::Text | Kind::Choice(_)));
        let value = typed.and_then(|wrong| wrong.form.get(name)?.as_str()).unwrap_or_default().to_owned();
        let named = name.split_once('.').map_or(name, |(_, named)| named);
        let about = |wrong: &&Wrong<'_>| wrong.error.errors().iter().find(|told| part(told) == named).cloned();
        let problem = wrong.as_ref().and_then(about).map(|told| in_words(self.provider, &told));
        let id = format!("{}-{}-{name}", self.provider.slug(), way.as_str());
        let (label, help) = (label.to_owned(), help.cloned());
        Input { id, name: name.to_owned(), label, help, kind, required: false, value, problem }
    }
}
