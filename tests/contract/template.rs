//! What the template promises beside the rights that the stand-in for AWS sees used: settings, encryption, time-outs, and
//! the rights that only AWS itself uses.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use local::template::{Event, Function, Statement};
use shared::config::{Config, Env};

use crate::deployed;

/// The variables that a function's settings ask for, in an environment that they accept.
fn asked_for(function: &Function) -> BTreeSet<String> {
    let look_up = |name: &str| function.environment.get(name).cloned();
    let mut env = Env::new(&look_up);
    if let Err(problems) = Config::read(&mut env) {
        panic!("{} would not start: {problems}", function.name);
    }
    // Read before the settings, by the log.
    env.names().iter().copied().chain(["LOG_LEVEL"]).map(str::to_owned).collect()
}

fn statement<'a>(function: &'a Function, sid: &str) -> Option<&'a Statement> {
    function.policies.iter().find(|statement| statement.sid.as_deref() == Some(sid))
}

/// A statement's conditions, which are all equalities here.
fn conditions(statement: &Statement) -> BTreeMap<&str, Vec<&str>> {
    let lines = statement.conditions.iter();
    lines.map(|line| (line.key.as_str(), line.values.iter().map(String::as_str).collect())).collect()
}

#[test]
fn every_function_starts_on_what_is_set_for_it() {
    for function in deployed().functions {
        let asked = asked_for(&function);
        for set in function.environment.keys() {
            assert!(asked.contains(set), "{} is set {set} and never reads it", function.name);
        }
    }
}

#[test]
fn every_variable_that_is_read_is_set_somewhere() {
    let template = deployed();
    let set: BTreeSet<&String> = template.functions.iter().flat_map(|function| function.environment.keys()).collect();
    // The local server's; AWS has the parameter, and a layer's folder only where there is a layer.
    let elsewhere = ["PUBLIC_URL", "PROVIDERS_DIR"];
    for asked in asked_for(&template.functions[0]) {
        assert!(set.contains(&asked) || elsewhere.contains(&asked.as_str()), "{asked} is read and never set");
    }
}

#[test]
fn a_layer_brings_its_folder() {
    let parameters = [("ProvidersLayer".to_owned(), "arn:aws:lambda:us-east-1:1:layer:mine:1".to_owned())];
    let deployment = local::template::Deployment { parameters: parameters.into(), ..Default::default() };
    let template = local::template::Template::parse(include_str!("../../template.yaml"), &deployment).unwrap();
    let with: Vec<_> = template.functions.iter().filter(|f| f.environment.contains_key("PROVIDERS_DIR")).collect();
    assert_eq!(
        with.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(),
        ["auth", "credentials", "integrations", "oauth", "token-refresh", "console"]
    );
}

#[test]
fn an_environment_fits() {
    for function in deployed().functions {
        let size: usize = function.environment.iter().map(|(name, value)| name.len() + value.len()).sum();
        // Lambda's limit is 4 KB; real ARNs and names are longer than the local ones.
        assert!(size < 2048, "{}: {size} bytes", function.name);
    }
}

#[test]
fn nothing_is_granted_on_everything_but_tracing() {
    for function in deployed().functions {
        for statement in &function.policies {
            let everything = statement.resources.iter().any(|resource| resource == "*");
            assert_eq!(everything, statement.sid.as_deref() == Some("Tracing"), "{}: {statement:?}", function.name);
            assert!(statement.actions.iter().all(|action| !action.contains('*')), "{}: {statement:?}", function.name);
        }
    }
}

#[test]
fn every_function_may_log_and_trace_and_no_more() {
    for function in deployed().functions {
        let logs = statement(&function, "Logs").expect("a Logs statement");
        assert_eq!(logs.actions, ["logs:CreateLogStream", "logs:PutLogEvents"], "{}", function.name);
        assert_eq!(logs.resources.len(), 1);
        assert!(logs.resources[0].ends_with(&format!("/aws/lambda/postern-{}:*", function.name)), "{logs:?}");
        let tracing = statement(&function, "Tracing").expect("a Tracing statement");
        assert_eq!(tracing.actions, ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "{}", function.name);
    }
}

#[test]
fn the_poller_may_empty_the_queue() {
    for function in deployed().functions {
        let takes = function.events.iter().any(|event| matches!(event, Event::Queue(_)));
        assert_eq!(takes, function.name == "token-refresh");
        let queue = statement(&function, "Queue").map(|statement| statement.actions.clone()).unwrap_or_default();
        for needed in ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"] {
            assert_eq!(queue.iter().any(|action| action == needed), takes, "{}: {needed}", function.name);
        }
    }
}

#[test]
fn the_audit_trail_can_only_grow() {
    for function in deployed().functions {
        for statement in &function.policies {
            if statement.resources.iter().any(|resource| resource.ends_with("-audit")) {
                // Whoever seals only reads, and whoever writes does nothing else.
                let right = if function.name == "audit-sealer" { "dynamodb:Query" } else { "dynamodb:PutItem" };
                assert_eq!(statement.actions, [right], "{}", function.name);
                assert_eq!(statement.resources.len(), 1, "{}", function.name);
            }
        }
    }
}

#[test]
fn only_the_sealer_seals() {
    let template = deployed();
    let key = template.keys.iter().find(|key| key.id == "AuditKey").expect("the audit key");
    assert!(key.signs, "the seals' key is for signing");
    for function in &template.functions {
        let touches = |what: &str| {
            function
                .policies
                .iter()
                .any(|statement| statement.resources.iter().any(|resource| resource.ends_with(what)))
        };
        let sealer = function.name == "audit-sealer";
        assert_eq!(touches("-seals"), sealer, "{}", function.name);
        assert_eq!(touches("/AuditKey"), sealer, "{}", function.name);
    }
    for line in &key.policy {
        let signs = line.statement.actions.iter().any(|action| action == "kms:GenerateMac");
        let named = conditions(&line.statement).remove("aws:PrincipalArn");
        let sealer = "arn:aws:iam::000000000000:role/postern-us-east-1-audit-sealer";
        assert_eq!(signs, named == Some(vec![sealer]), "{:?}", line.statement.sid);
    }
}

#[test]
fn the_vault_opens_for_a_purpose() {
    let mut users = BTreeMap::new();
    for function in deployed().functions {
        for statement in &function.policies {
            if !statement.resources.iter().any(|resource| resource.ends_with("/VaultKey")) {
                continue;
            }
            let mut conditions = conditions(statement);
            assert_eq!(conditions.remove("kms:EncryptionContext:app"), Some(vec!["postern"]), "{}", function.name);
            let purpose = conditions.remove("kms:EncryptionContext:purpose").expect("a purpose").join(" ");
            users.insert(function.name.clone(), format!("{}: {purpose}", statement.actions.join(" ")));
        }
    }
    let expected = [
        ("credentials", "kms:Decrypt kms:GenerateDataKey: integration"),
        ("integrations", "kms:Decrypt kms:GenerateDataKey: integration setting"),
        ("oauth", "kms:Decrypt kms:GenerateDataKey: handshake integration"),
        ("token-refresh", "kms:Decrypt: integration"),
    ];
    assert_eq!(users, expected.map(|(name, rights)| (name.to_owned(), rights.to_owned())).into());
}

#[test]
fn the_vault_key_names_its_users_and_hides_from_administrators() {
    let template = deployed();
    let key = template.keys.iter().find(|key| key.id == "VaultKey").expect("the vault key");
    let mut users = BTreeMap::new();
    for line in &key.policy {
        let statement = &line.statement;
        let secret = ["kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt", "kms:CreateGrant", "kms:ReEncryptFrom"];
        let used: Vec<_> = secret.iter().filter(|action| statement.matching(action, "*", &[]).is_some()).collect();
        assert!(used.is_empty(), "{used:?} is allowed unconditionally by {:?}", statement.sid);
        if let Some(named) = conditions(statement).get("aws:PrincipalArn") {
            let names = named.iter().map(|arn| arn.rsplit_once("us-east-1-").expect("a role of this stack").1);
            users.insert(statement.actions.join(" "), names.map(str::to_owned).collect::<Vec<_>>());
        }
    }
    let opening = ["credentials", "integrations", "oauth", "token-refresh"].map(str::to_owned);
    let expected = [("kms:Decrypt", opening.to_vec()), ("kms:GenerateDataKey", opening[..3].to_vec())];
    assert_eq!(users, expected.map(|(action, roles)| (action.to_owned(), roles)).into());
    let administer = &key.policy[0].statement.actions;
    assert_eq!(administer.len(), 16, "AWS alone uses these; change the number with the list: {administer:?}");
    // The names above are the roles' own: the key policy is written without a reference to them.
    for function in &template.functions {
        assert!(function.role.ends_with(&format!("role/postern-us-east-1-{}", function.name)), "{}", function.role);
    }
}

#[test]
fn the_storage_key_works_only_through_a_service() {
    let template = deployed();
    let key = template.keys.iter().find(|key| key.id == "StorageKey").expect("the storage key");
    let through = &key.policy.iter().find(|line| line.statement.sid.as_deref() == Some("UseThroughServices"));
    let statement = &through.expect("the statement").statement;
    // What DynamoDB, SQS and Secrets Manager ask for between them, on behalf of whoever calls them.
    let needed =
        ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];
    assert_eq!(statement.actions, needed);
    let services = ["dynamodb", "secretsmanager", "sqs"].map(|service| format!("{service}.us-east-1.amazonaws.com"));
    let conditions = conditions(statement);
    assert_eq!(conditions["kms:CallerAccount"], ["000000000000"]);
    assert_eq!(conditions["kms:ViaService"], services);
}

#[test]
fn aws_itself_may_do_its_part() {
    // These speak of AWS's own services, which no stand-in plays: the lines are pinned as they are.
    let text = include_str!("../../template.yaml");
    let logs = "Action: [kms:Decrypt, kms:DescribeKey, kms:Encrypt, kms:GenerateDataKey*, kms:ReEncrypt*]\n";
    assert_eq!(text.matches(logs).count(), 1, "CloudWatch Logs cannot use the storage key");
    assert_eq!(text.matches("Action: kms:*\n").count(), 1, "nobody could look after the storage key");
    let functions = deployed().functions.len();
    assert_eq!(text.matches("Action: sts:AssumeRole\n").count(), functions, "Lambda cannot take on a role");
}

#[test]
fn everything_stored_is_encrypted_with_our_key() {
    let template = deployed();
    let storage = template.keys.iter().find(|key| key.id == "StorageKey").map(|key| key.arn.clone());
    for table in &template.tables {
        assert_eq!(table.key, storage, "{}", table.name);
    }
    for queue in &template.queues {
        assert_eq!(queue.key, storage, "{}", queue.name);
    }
    for secret in &template.secrets {
        assert_eq!(secret.key, storage, "{}", secret.name);
    }
}

#[test]
fn only_what_may_vanish_expires() {
    let template = deployed();
    let expiring = template.tables.iter().filter(|table| table.ttl.as_deref() == Some("expires"));
    let mut names: Vec<_> = expiring.map(|table| table.name.trim_start_matches("postern-")).collect();
    names.sort_unstable();
    assert_eq!(names, ["guards", "handshakes", "usage", "users"]);
    assert!(template.tables.iter().all(|table| table.ttl.is_none() || table.ttl.as_deref() == Some("expires")));
}

#[test]
fn no_index_holds_a_credential() {
    for table in deployed().tables {
        for index in &table.indexes {
            assert_eq!(index.projection["ProjectionType"], "KEYS_ONLY", "{} of {}", index.name, table.name);
        }
    }
}

#[test]
fn a_shard_is_not_handed_out_while_its_worker_may_still_run() {
    let template = deployed();
    let worker = template.function("token-refresh").expect("the worker");
    let Some(Event::Queue(event)) = worker.events.iter().find(|event| matches!(event, Event::Queue(_))) else {
        panic!("the worker takes messages");
    };
    let queue = template.queues.iter().find(|queue| queue.arn == event.queue).expect("its queue");
    assert!(queue.fifo, "two workers on one shard would do the same work");
    assert!(queue.visibility >= worker.timeout * 6, "{:?}", queue.visibility);
    assert!(event.reports_failures);
    let redrive = queue.redrive.as_ref().expect("somewhere to put what nobody manages");
    let dead = template.queues.iter().find(|queue| queue.arn == redrive.target).expect("the dead-letter queue");
    let tries = u32::try_from(redrive.max_receives).unwrap();
    assert!(queue.visibility * tries < queue.retention, "a message would expire before it counts as dead");
    assert_eq!((dead.name.as_str(), dead.fifo), ("postern-refresh-dead.fifo", true));
}

#[test]
fn whoever_refreshes_has_time_to_commit() {
    for function in deployed().functions {
        // Nobody asks a provider for a token without our client there.
        let refreshes = statement(&function, "OauthClients").is_some();
        let expected = match function.name.as_str() {
            // It goes through a day's organisations.
            "audit-sealer" => Duration::from_mins(5),
            // It only looks which providers are set up.
            "console" => Duration::from_secs(30),
            _ => Duration::from_secs(if refreshes { 60 } else { 30 }),
        };
        assert_eq!(function.timeout, expected, "{}", function.name);
    }
}
