//! CloudFormation's intrinsic functions, as far as a template of ours uses them.
//!
//! What it does not know is an error: a resource ARN resolved wrongly would be a right granted wrongly.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{ACCOUNT, Deployment, REGION, Resource, Result, as_text, identity, unknown};

/// Stands for `AWS::NoValue` until the property that holds it is dropped.
const NO_VALUE: &str = "\u{0}AWS::NoValue";

/// All that a reference may lead to.
pub(super) struct Scope<'a> {
    stack: &'a str,
    parameters: BTreeMap<&'a str, Value>,
    conditions: Option<&'a Map<String, Value>>,
    mappings: Option<&'a Value>,
    resources: &'a Map<String, Value>,
    globals: Option<&'a Value>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(document: &'a Value, deployment: &'a Deployment) -> Result<Self> {
        let Some(resources) = document.get("Resources").and_then(Value::as_object) else {
            return unknown("Resources", "missing");
        };
        let mut parameters = BTreeMap::new();
        for (name, declared) in document.get("Parameters").and_then(Value::as_object).into_iter().flatten() {
            let given = deployment.parameters.get(name).map(|text| Value::String(text.clone()));
            let value =
                given.or_else(|| declared.get("Default").cloned()).unwrap_or_else(|| Value::String(String::new()));
            let list = declared["Type"].as_str().is_some_and(|kind| kind.contains("List"));
            parameters.insert(name.as_str(), if list { split(",", &value) } else { value });
        }
        Ok(Self {
            stack: &deployment.stack,
            parameters,
            conditions: document.get("Conditions").and_then(Value::as_object),
            mappings: document.get("Mappings"),
            resources,
            globals: document.get("Globals"),
        })
    }

    /// The stack's name.
    pub(super) fn stack(&self) -> &str {
        self.stack
    }

    /// The `Globals` of one kind (`Function`), resolved.
    pub(super) fn globals(&self, kind: &str) -> Result<Map<String, Value>> {
        let raw = self.globals.and_then(|globals| globals.get(kind));
        Ok(raw.map(|raw| self.resolve(raw)).transpose()?.and_then(object).unwrap_or_default())
    }

    /// Every resource of a type whose condition holds.
    pub(super) fn of_type(&self, kind: &str) -> Result<Vec<Resource>> {
        let mut found = Vec::new();
        for (id, raw) in self.resources {
            if raw["Type"] == kind && self.exists(raw)? {
                let properties = raw.get("Properties").map(|raw| self.resolve(raw)).transpose()?;
                found.push(Resource { id: id.clone(), properties: properties.and_then(object).unwrap_or_default() });
            }
        }
        Ok(found)
    }

    /// A resource as it is written.
    pub(super) fn raw(&self, id: &str) -> Option<&'a Value> {
        self.resources.get(id)
    }

    fn exists(&self, raw: &Value) -> Result<bool> {
        raw.get("Condition").and_then(Value::as_str).map_or(Ok(true), |name| self.condition(name))
    }

    fn condition(&self, name: &str) -> Result<bool> {
        match self.conditions.and_then(|conditions| conditions.get(name)) {
            Some(raw) => self.truth(raw),
            None => unknown(name, "no such condition"),
        }
    }

    fn truth(&self, raw: &Value) -> Result<bool> {
        match self.resolve(raw)? {
            Value::Bool(truth) => Ok(truth),
            other => unknown("Conditions", format!("{other} is neither true nor false")),
        }
    }

    /// The value with every intrinsic carried out and `AWS::NoValue` gone.
    pub(super) fn resolve(&self, raw: &Value) -> Result<Value> {
        match raw {
            Value::Array(items) => {
                let items = items.iter().map(|item| self.resolve(item)).collect::<Result<Vec<_>>>()?;
                Ok(items.into_iter().filter(|item| *item != NO_VALUE).collect())
            }
            Value::Object(map) => {
                if let Some((name, argument)) = intrinsic(map) {
                    return self.call(name, argument);
                }
                let mut resolved = Map::new();
                for (key, value) in map {
                    let value = self.resolve(value)?;
                    if value != NO_VALUE {
                        resolved.insert(key.clone(), value);
                    }
                }
                Ok(Value::Object(resolved))
            }
            plain => Ok(plain.clone()),
        }
    }

    fn call(&self, name: &str, argument: &Value) -> Result<Value> {
        match name {
            "Ref" => self.reference(argument.as_str().unwrap_or_default()),
            "Condition" => self.condition(argument.as_str().unwrap_or_default()).map(Value::Bool),
            "Fn::GetAtt" => self.attribute(argument),
            "Fn::Sub" => self.sub(argument),
            "Fn::If" => match list(argument)? {
                [condition, yes, no] => {
                    let holds = self.condition(condition.as_str().unwrap_or_default())?;
                    self.resolve(if holds { yes } else { no })
                }
                _ => unknown("Fn::If", "takes a condition and two values"),
            },
            "Fn::Equals" => match list(argument)? {
                [left, right] => Ok(Value::Bool(as_text(&self.resolve(left)?) == as_text(&self.resolve(right)?))),
                _ => unknown("Fn::Equals", "takes two values"),
            },
            "Fn::Not" => Ok(Value::Bool(!self.truth(&list(argument)?[0])?)),
            "Fn::And" => self.every(argument, true).map(Value::Bool),
            "Fn::Or" => self.every(argument, false).map(|none| Value::Bool(!none)),
            "Fn::Join" => match list(&self.resolve(argument)?)? {
                [Value::String(by), Value::Array(parts)] => {
                    Ok(parts.iter().filter_map(as_text).collect::<Vec<_>>().join(by).into())
                }
                _ => unknown("Fn::Join", "takes a separator and a list"),
            },
            "Fn::Split" => match list(&self.resolve(argument)?)? {
                [Value::String(by), text] => Ok(split(by, text)),
                _ => unknown("Fn::Split", "takes a separator and text"),
            },
            "Fn::Select" => match list(&self.resolve(argument)?)? {
                [index, Value::Array(items)] => {
                    let index = super::as_number(index).and_then(|index| usize::try_from(index).ok());
                    Ok(index.and_then(|index| items.get(index)).cloned().unwrap_or(Value::Null))
                }
                _ => unknown("Fn::Select", "takes an index and a list"),
            },
            "Fn::FindInMap" => match list(&self.resolve(argument)?)? {
                [map, first, second] => {
                    let path = [map, first, second].map(|part| as_text(part).unwrap_or_default());
                    let found = path.iter().try_fold(self.mappings.unwrap_or(&Value::Null), |at, key| at.get(key));
                    found.cloned().map_or_else(|| unknown("Fn::FindInMap", path.join(".")), Ok)
                }
                _ => unknown("Fn::FindInMap", "takes three keys"),
            },
            other => unknown(other, "this function is not known here"),
        }
    }

    /// Whether all parts are `wanted`.
    fn every(&self, parts: &Value, wanted: bool) -> Result<bool> {
        for part in list(parts)? {
            if self.truth(part)? != wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn reference(&self, name: &str) -> Result<Value> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.clone());
        }
        Ok(match name {
            "AWS::StackName" => self.stack.into(),
            "AWS::Region" => REGION.into(),
            "AWS::AccountId" => ACCOUNT.into(),
            "AWS::Partition" => "aws".into(),
            "AWS::URLSuffix" => "amazonaws.com".into(),
            "AWS::StackId" => format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{}/local", self.stack).into(),
            "AWS::NoValue" => NO_VALUE.into(),
            id => identity::reference(self, id)?.into(),
        })
    }

    fn attribute(&self, argument: &Value) -> Result<Value> {
        let path = match argument {
            Value::String(path) => path.clone(),
            parts => list(parts)?.iter().filter_map(as_text).collect::<Vec<_>>().join("."),
        };
        match path.split_once('.') {
            Some((id, attribute)) => identity::attribute(self, id, attribute).map(Value::String),
            None => unknown(&path, "an attribute needs a name"),
        }
    }

    fn sub(&self, argument: &Value) -> Result<Value> {
        let (text, own) = match argument {
            Value::Array(parts) => (parts.first().and_then(Value::as_str), parts.get(1)),
            other => (other.as_str(), None),
        };
        let mut rest = text.unwrap_or_default();
        let mut out = String::new();
        while let Some(start) = rest.find("${") {
            let Some(end) = rest[start..].find('}').map(|length| start + length) else { break };
            out.push_str(&rest[..start]);
            let name = &rest[start + 2..end];
            rest = &rest[end + 1..];
            if let Some(literal) = name.strip_prefix('!') {
                out.extend(["${", literal, "}"]);
                continue;
            }
            let value = match own.and_then(|own| own.get(name)) {
                Some(raw) => self.resolve(raw)?,
                None if name.contains('.') => self.attribute(&Value::String(name.to_owned()))?,
                None => self.reference(name)?,
            };
            out.push_str(&as_text(&value).unwrap_or_default());
        }
        out.push_str(rest);
        Ok(Value::String(out))
    }
}

/// The function and its argument, where a map is a call rather than data.
fn intrinsic(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = map.iter().next().filter(|_| map.len() == 1)?;
    let call = name.starts_with("Fn::") || name == "Ref" || (name == "Condition" && argument.is_string());
    call.then_some((name.as_str(), argument))
}

fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

fn list(value: &Value) -> Result<&[Value]> {
    match value.as_array() {
        Some(items) if !items.is_empty() => Ok(items),
        _ => unknown("intrinsic", format!("{value} should be a list")),
    }
}

fn split(by: &str, value: &Value) -> Value {
    as_text(value).unwrap_or_default().split(by).map(|part| Value::String(part.trim().to_owned())).collect()
}
