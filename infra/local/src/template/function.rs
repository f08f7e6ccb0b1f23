//! Functions: their environment, what starts them, and what their role may do.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value};

use super::{
    REGION, Resource, Result, Statement, as_bool, as_number, as_text, identity, policy, resolve::Scope,
    storage::plain_duration, unknown,
};

/// One Lambda function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its logical id in the template.
    pub logical_id: String,
    /// The name of its binary and crate (`token-refresh`), which is also its role's name locally.
    pub name: String,
    /// Its environment, `Globals` included.
    pub environment: BTreeMap<String, String>,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// The ARN of its role.
    pub role: String,
    /// What its role may do.
    pub policies: Vec<Statement>,
    /// What starts it.
    pub events: Vec<Event>,
}

/// Something that starts a function.
#[derive(Clone, Debug)]
pub enum Event {
    /// A route of the HTTP API.
    Http {
        /// `GET`, or `ANY`.
        method: String,
        /// With `{braces}` for its parameters; `$default` takes what no other route does.
        path: String,
    },
    /// Messages of a queue.
    Queue(QueueEvent),
    /// The clock.
    Schedule(ScheduleEvent),
}

/// A queue whose messages a function takes.
#[derive(Clone, Debug)]
pub struct QueueEvent {
    /// The queue's ARN.
    pub queue: String,
    /// Messages an invocation, at most.
    pub batch_size: usize,
    /// Whether the function says which messages of a batch failed.
    pub reports_failures: bool,
    /// Invocations at a time, at most.
    pub concurrency: usize,
}

/// A tick that starts a function.
#[derive(Clone, Debug)]
pub struct ScheduleEvent {
    /// Its name in the template.
    pub name: String,
    /// The time between two ticks.
    pub every: Duration,
    /// `aws.events` or `aws.scheduler`.
    pub source: &'static str,
    /// What the function is given in place of the usual event.
    pub input: Option<Value>,
}

pub(super) fn read_all(scope: &Scope<'_>) -> Result<Vec<Function>> {
    let globals = scope.globals("Function")?;
    let roles = role_policies(scope)?;
    let mut functions = Vec::new();
    for resource in scope.of_type("AWS::Serverless::Function")? {
        let mut function = read(scope, &resource, &globals, &roles)?;
        separate_events(scope, &resource.id, &mut function)?;
        functions.push(function);
    }
    Ok(functions)
}

fn read(
    scope: &Scope<'_>,
    resource: &Resource,
    globals: &Map<String, Value>,
    roles: &BTreeMap<String, Vec<Statement>>,
) -> Result<Function> {
    let mut environment = BTreeMap::new();
    for source in [globals, &resource.properties] {
        let variables = source.get("Environment").and_then(|block| block["Variables"].as_object());
        for (key, value) in variables.into_iter().flatten() {
            environment.insert(key.clone(), as_text(value).unwrap_or_default());
        }
    }
    let mut events = Vec::new();
    for (name, raw) in resource.properties.get("Events").and_then(Value::as_object).into_iter().flatten() {
        events.extend(event(&format!("{}{name}", resource.id), raw)?);
    }
    let timeout = resource.number("Timeout").or_else(|| globals.get("Timeout").and_then(as_number)).unwrap_or(3);
    Ok(Function {
        logical_id: resource.id.clone(),
        name: identity::function_name(scope, &resource.id),
        environment,
        timeout: plain_duration(timeout),
        role: match resource.text("Role") {
            Some(role) => role,
            None => identity::arn(scope, &format!("{}Role", resource.id))?,
        },
        policies: policies(resource, roles, &events)?,
        events,
    })
}

/// The statements of a role of its own, or of SAM's `Policies` and what SAM adds to them.
fn policies(resource: &Resource, roles: &BTreeMap<String, Vec<Statement>>, events: &[Event]) -> Result<Vec<Statement>> {
    if let Some(role) = resource.text("Role") {
        return match roles.get(&role) {
            Some(statements) => Ok(statements.clone()),
            None => unknown(&resource.id, format!("its role {role} is not in the template")),
        };
    }
    let mut statements = Vec::new();
    for item in resource.list("Policies") {
        if item.get("Statement").is_some() {
            statements.extend(policy::statements(&resource.id, item)?);
        } else if let Some(name) = item.as_str() {
            statements.extend(managed(name));
        } else {
            return unknown(&resource.id, "policies are written out as statements here");
        }
    }
    if events.iter().any(|event| matches!(event, Event::Queue(_))) {
        statements.extend(managed("AWSLambdaSQSQueueExecutionRole"));
    }
    Ok(statements)
}

/// Each role's ARN and statements: its own, and those of policies attached to it.
fn role_policies(scope: &Scope<'_>) -> Result<BTreeMap<String, Vec<Statement>>> {
    let mut roles = BTreeMap::new();
    let mut named = BTreeMap::new();
    for role in scope.of_type("AWS::IAM::Role")? {
        let mut statements = Vec::new();
        for inline in role.list("Policies") {
            statements.extend(policy::statements(&role.id, &inline["PolicyDocument"])?);
        }
        statements.extend(role.list("ManagedPolicyArns").iter().filter_map(Value::as_str).flat_map(managed));
        let arn = identity::arn(scope, &role.id)?;
        named.insert(identity::name(scope, &role.id)?, arn.clone());
        roles.insert(arn, statements);
    }
    for kind in ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"] {
        for attached in scope.of_type(kind)? {
            let document = attached.properties.get("PolicyDocument").unwrap_or(&Value::Null);
            let statements = policy::statements(&attached.id, document)?;
            for role in attached.list("Roles").iter().filter_map(Value::as_str) {
                match named.get(role).and_then(|arn| roles.get_mut(arn)) {
                    Some(own) => own.extend(statements.clone()),
                    None => return unknown(&attached.id, format!("is attached to an unknown role {role}")),
                }
            }
        }
    }
    Ok(roles)
}

/// AWS's own policies, as far as they speak of services that are answered here.
fn managed(name: &str) -> Vec<Statement> {
    if !name.ends_with("AWSLambdaSQSQueueExecutionRole") {
        return Vec::new();
    }
    let actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"].map(str::to_owned);
    vec![Statement {
        sid: None,
        effect: super::Effect::Allow,
        actions: actions.into(),
        resources: vec!["*".to_owned()],
        conditions: Vec::new(),
    }]
}

fn event(name: &str, raw: &Value) -> Result<Option<Event>> {
    let empty = Map::new();
    let properties = raw["Properties"].as_object().unwrap_or(&empty);
    if properties.get("Enabled").and_then(as_bool) == Some(false)
        || properties.get("State").is_some_and(|s| s == "DISABLED")
    {
        return Ok(None);
    }
    let text = |key: &str| properties.get(key).and_then(as_text);
    Ok(match raw["Type"].as_str().unwrap_or_default() {
        "HttpApi" | "Api" => Some(Event::Http {
            method: text("Method").unwrap_or_else(|| "ANY".to_owned()).to_uppercase(),
            path: text("Path").unwrap_or_else(|| "$default".to_owned()),
        }),
        "SQS" => Some(queue_event(name, properties, "Queue")?),
        "Schedule" => Some(schedule(name, text("Schedule"), "aws.events", text("Input"))?),
        "ScheduleV2" => Some(schedule(name, text("ScheduleExpression"), "aws.scheduler", text("Input"))?),
        other => return unknown(name, format!("events of type {other} are not known here")),
    })
}

/// Mappings, rules and schedules that stand in the template as resources of their own.
fn separate_events(scope: &Scope<'_>, id: &str, function: &mut Function) -> Result<()> {
    let (name, arn) = (identity::name(scope, id)?, identity::arn(scope, id)?);
    let ours = |value: Option<String>| value.is_some_and(|target| target == name || target == arn);
    for mapping in scope.of_type("AWS::Lambda::EventSourceMapping")? {
        if ours(mapping.text("FunctionName")) {
            function.events.push(queue_event(&mapping.id, &mapping.properties, "EventSourceArn")?);
        }
    }
    for rule in scope.of_type("AWS::Events::Rule")? {
        for target in rule.list("Targets").iter().filter(|target| ours(as_text(&target["Arn"]))) {
            let input = as_text(&target["Input"]);
            function.events.push(schedule(&rule.id, rule.text("ScheduleExpression"), "aws.events", input)?);
        }
    }
    for plan in scope.of_type("AWS::Scheduler::Schedule")? {
        let target = plan.properties.get("Target").unwrap_or(&Value::Null);
        if ours(as_text(&target["Arn"])) {
            let input = as_text(&target["Input"]);
            function.events.push(schedule(&plan.id, plan.text("ScheduleExpression"), "aws.scheduler", input)?);
        }
    }
    Ok(())
}

fn queue_event(place: &str, properties: &Map<String, Value>, key: &str) -> Result<Event> {
    let Some(queue) = properties.get(key).and_then(as_text).filter(|arn| arn.starts_with("arn:aws:sqs:")) else {
        return unknown(place, format!("{key} must be the ARN of a queue in {REGION}"));
    };
    let number = |value: Option<&Value>| value.and_then(as_number).and_then(|number| usize::try_from(number).ok());
    let types = properties.get("FunctionResponseTypes").and_then(Value::as_array);
    let most = properties.get("ScalingConfig").and_then(|scaling| scaling.get("MaximumConcurrency"));
    Ok(Event::Queue(QueueEvent {
        queue,
        batch_size: number(properties.get("BatchSize")).unwrap_or(10),
        reports_failures: types.is_some_and(|types| types.iter().any(|kind| kind == "ReportBatchItemFailures")),
        concurrency: number(most).unwrap_or(5),
    }))
}

fn schedule(name: &str, expression: Option<String>, source: &'static str, input: Option<String>) -> Result<Event> {
    let expression = expression.unwrap_or_default();
    let Some(every) = rate(&expression) else {
        return unknown(name, format!("the schedule {expression} is not a rate"));
    };
    let input = input.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text)));
    Ok(Event::Schedule(ScheduleEvent { name: name.to_owned(), every, source, input }))
}

/// `rate(5 minutes)`.
fn rate(expression: &str) -> Option<Duration> {
    let (count, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.trim().split_once(' ')?;
    let seconds = match unit.trim().trim_end_matches('s') {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return None,
    };
    count.parse::<u64>().ok().filter(|&count| count > 0).map(|count| Duration::from_secs(count * seconds))
}
