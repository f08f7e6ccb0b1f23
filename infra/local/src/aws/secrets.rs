//! Secrets Manager and the parameter store: what a function reads once at its start.
//!
//! Generated secrets are kept in one private file; the rest is laid together from the template, an optional file that
//! the developer writes, and what the server was started with. Nothing but reading is played.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use shared::id::random;

use super::{
    Service, StartError,
    iam::{Ask, Context, Iam},
    private_file,
    wire::Refusal,
};
use crate::template::{ACCOUNT, Parameter, REGION, Secret, Template};

/// The stand-in for both.
pub(super) struct Secrets {
    path: Option<PathBuf>,
    declared: Vec<Secret>,
    parameters: Vec<Parameter>,
    kept: Mutex<BTreeMap<String, Kept>>,
}

/// A secret's values.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    current: Version,
    previous: Option<Version>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Version {
    id: String,
    value: String,
}

impl Secrets {
    pub(super) fn open(
        folder: Option<&Path>,
        template: &Template,
        given: &BTreeMap<String, Value>,
        parameters: BTreeMap<String, String>,
    ) -> Result<Self, StartError> {
        let path = folder.map(|folder| folder.join("secrets.json"));
        let kept = path.as_deref().map(read_json::<BTreeMap<String, Kept>>).transpose()?.flatten();
        let secrets = Self {
            path,
            declared: template.secrets.clone(),
            parameters: declared_parameters(template, parameters),
            kept: Mutex::new(kept.unwrap_or_default()),
        };
        for secret in &template.secrets {
            secrets.prepare(folder, &template.stack, secret, given.get(&secret.name))?;
        }
        secrets.save(&secrets.kept())?;
        Ok(secrets)
    }

    /// Generates what is to be generated once; lays together anew what comes from outside.
    fn prepare(
        &self,
        folder: Option<&Path>,
        stack: &str,
        secret: &Secret,
        given: Option<&Value>,
    ) -> Result<(), StartError> {
        if let (Some(recipe), None) = (&secret.generate, given) {
            let mut kept = self.kept();
            kept.entry(secret.name.clone())
                .or_insert_with(|| Kept { current: version(generate(recipe)), previous: None });
            return Ok(());
        }
        let mut value =
            secret.value.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| json!({}));
        let own = folder.map(|folder| folder.join(file_name(stack, &secret.name)));
        let written = own.as_deref().map(read_json::<Value>).transpose()?.flatten();
        for layer in written.iter().chain(given) {
            lay_over(&mut value, layer);
        }
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut kept = self.kept();
        if kept.get(&secret.name).is_none_or(|kept| kept.current.value != value) {
            let previous = kept.remove(&secret.name).map(|kept| kept.current);
            kept.insert(secret.name.clone(), Kept { current: version(value), previous });
        }
        Ok(())
    }

    pub(super) fn put(&self, name: &str, value: String) -> Result<(), StartError> {
        let mut kept = self.kept();
        let previous = kept.remove(name).map(|kept| kept.current);
        kept.insert(name.to_owned(), Kept { current: version(value), previous });
        self.save(&kept)
    }

    pub(super) fn serve(&self, iam: &Iam, role: &str, operation: &str, input: &Value) -> Result<Value, Refusal> {
        match operation {
            "GetSecretValue" => self.secret_value(iam, role, input),
            "GetParameter" => self.parameter(iam, role, input),
            _ => Err(Refusal::new("InvalidRequestException", format!("{operation} is not played here"))),
        }
    }

    fn secret_value(&self, iam: &Iam, role: &str, input: &Value) -> Result<Value, Refusal> {
        let id = input["SecretId"].as_str().unwrap_or_default();
        // By name, by ARN, or by the ARN without the part that AWS draws.
        let named = |secret: &&Secret| {
            secret.name == id || secret.arn == id || secret.arn.rsplit_once('-').is_some_and(|(short, _)| short == id)
        };
        let found = self.declared.iter().find(named);
        let arn =
            found.map_or_else(|| format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{id}"), |s| s.arn.clone());
        iam.check(Ask { role, action: "secretsmanager:GetSecretValue", resource: &arn }, &Context::new())?;
        let missing =
            |what: &str| Refusal::new("ResourceNotFoundException", format!("Secrets Manager can't find {what}."));
        let Some(secret) = found else { return Err(missing("the specified secret")) };
        if let Some(key) = secret.key.as_deref() {
            iam.check_key_through(Ask { role, action: "kms:Decrypt", resource: key }, Service::SecretsManager)?;
        }
        let (id, stage) = (input["VersionId"].as_str(), input["VersionStage"].as_str());
        // A version that is asked for by its id may stand at any stage.
        let stage = stage.or(id.is_none().then_some("AWSCURRENT"));
        let kept = self.kept();
        let all = kept.get(&secret.name).map(|kept| {
            let previous = kept.previous.as_ref().map(|previous| ("AWSPREVIOUS", previous));
            previous.into_iter().chain([("AWSCURRENT", &kept.current)])
        });
        let found = all
            .into_iter()
            .flatten()
            .find(|(at, version)| stage.is_none_or(|stage| stage == *at) && id.is_none_or(|id| id == version.id));
        let Some((stage, version)) = found else {
            let wanted = stage.map_or_else(|| format!("VersionId: {id:?}"), |stage| format!("staging label: {stage}"));
            return Err(missing(&format!("the specified secret value for {wanted}")));
        };
        Ok(json!({
            "ARN": secret.arn,
            "Name": secret.name,
            "VersionId": version.id,
            "SecretString": version.value,
            "VersionStages": [stage],
        }))
    }

    fn parameter(&self, iam: &Iam, role: &str, input: &Value) -> Result<Value, Refusal> {
        let name = input["Name"].as_str().unwrap_or_default();
        let found = self.parameters.iter().find(|parameter| parameter.name == name || parameter.arn == name);
        let arn = found.map_or_else(|| parameter_arn(name), |parameter| parameter.arn.clone());
        iam.check(Ask { role, action: "ssm:GetParameter", resource: &arn }, &Context::new())?;
        let Some(parameter) = found else { return Err(Refusal::new("ParameterNotFound", "")) };
        Ok(json!({ "Parameter": {
            "Name": parameter.name,
            "ARN": parameter.arn,
            "Type": "String",
            "DataType": "text",
            "Value": parameter.value,
            "Version": 1,
        }}))
    }

    fn save(&self, kept: &BTreeMap<String, Kept>) -> Result<(), StartError> {
        let Some(path) = &self.path else { return Ok(()) };
        private_file::write(path, json!(kept).to_string().as_bytes())
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn declared_parameters(template: &Template, given: BTreeMap<String, String>) -> Vec<Parameter> {
    let mut all = template.parameters.clone();
    for (name, value) in given {
        match all.iter_mut().find(|parameter| parameter.name == name) {
            Some(parameter) => parameter.value = value,
            None => all.push(Parameter { arn: parameter_arn(&name), name, value }),
        }
    }
    all
}

fn parameter_arn(name: &str) -> String {
    format!("arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{}", name.trim_start_matches('/'))
}

/// `<stack>-oauth-clients` is written by hand as `oauth-clients.json`.
fn file_name(stack: &str, secret: &str) -> String {
    let own = secret.strip_prefix(stack).map_or(secret, |rest| rest.trim_start_matches('-'));
    format!("{own}.json")
}

fn version(value: String) -> Version {
    Version { id: hex::encode(random::<16>()), value }
}

/// `GenerateSecretString`: letters and digits under one key of a JSON template, or by themselves.
fn generate(recipe: &Value) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let length = crate::template::as_number(&recipe["PasswordLength"]).unwrap_or(32);
    let drawn = std::iter::repeat_with(random::<32>).flatten().map(|byte| usize::from(byte % 64));
    // What falls outside is thrown away, so that each letter is as likely as any other.
    let letters = drawn.filter_map(|index| LETTERS.get(index)).map(|&letter| char::from(letter));
    let password: String = letters.take(usize::try_from(length).unwrap_or(32)).collect();
    let text = recipe["SecretStringTemplate"].as_str().and_then(|text| serde_json::from_str::<Map<_, _>>(text).ok());
    match (text, recipe["GenerateStringKey"].as_str()) {
        (Some(mut members), Some(key)) => {
            members.insert(key.to_owned(), Value::String(password));
            Value::Object(members).to_string()
        }
        _ => password,
    }
}

/// Objects are merged, member by member; anything else is replaced.
fn lay_over(base: &mut Value, layer: &Value) {
    match (base, layer) {
        (Value::Object(base), Value::Object(layer)) => {
            for (name, value) in layer {
                lay_over(base.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (base, layer) => *base = layer.clone(),
    }
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, StartError> {
    let parse = |content: Vec<u8>| {
        serde_json::from_slice(&content)
            .map_err(|error| StartError::Damaged { path: path.to_owned(), problem: error.to_string() })
    };
    private_file::read(path)?.map(parse).transpose()
}
