//! Every right that the template grants, written down: none comes or goes unseen, not even one whose refusal a function
//! gets over.

use std::collections::BTreeMap;

use local::template::{Deployment, Effect, Statement, Template};

use crate::deployed;

/// A line for each statement: whose policy it stands in, its name, and its actions.
fn grants(template: &Template) -> Vec<String> {
    let functions = template.functions.iter().map(|function| (&function.name, function.policies.iter().collect()));
    let keys = template.keys.iter().map(|key| (&key.id, key.policy.iter().map(|line| &line.statement).collect()));
    let line = |owner: &str, statement: &Statement| {
        assert_eq!(statement.effect, Effect::Allow, "{owner}: {statement:?}");
        format!("{owner} {}: {}", statement.sid.as_deref().unwrap_or("-"), statement.actions.join(" "))
    };
    functions
        .chain(keys)
        .flat_map(|(owner, statements): (_, Vec<_>)| statements.into_iter().map(move |one| line(owner, one)))
        .collect()
}

#[test]
fn what_is_granted_is_written_down() {
    insta::assert_snapshot!(grants(&deployed()).join("\n"), @r"
    auth Users: dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem dynamodb:Query
    auth Integrations: dynamodb:Query
    auth Timers: dynamodb:PutItem
    auth Queue: sqs:SendMessage
    auth Guards: dynamodb:GetItem dynamodb:UpdateItem
    auth Audit: dynamodb:PutItem
    auth Seeds: secretsmanager:GetSecretValue
    auth PublicUrl: ssm:GetParameter
    auth Logs: logs:CreateLogStream logs:PutLogEvents
    auth Tracing: xray:PutTraceSegments xray:PutTelemetryRecords
    credentials Users: dynamodb:GetItem
    credentials Integrations: dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem
    credentials Organisation: dynamodb:Query
    credentials Keys: dynamodb:GetItem dynamodb:PutItem
    credentials Guards: dynamodb:UpdateItem
    credentials Audit: dynamodb:PutItem
    credentials Usage: dynamodb:Query dynamodb:UpdateItem
    credentials Vault: kms:Decrypt kms:GenerateDataKey
    credentials Seeds: secretsmanager:GetSecretValue
    credentials PublicUrl: ssm:GetParameter
    credentials Logs: logs:CreateLogStream logs:PutLogEvents
    credentials Tracing: xray:PutTraceSegments xray:PutTelemetryRecords
    integrations Users: dynamodb:GetItem
    integrations Integrations: dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem
    integrations Organisation: dynamodb:Query
    integrations Timers: dynamodb:PutItem
    integrations Keys: dynamodb:GetItem dynamodb:PutItem
    integrations Guards: dynamodb:GetItem dynamodb:UpdateItem
    integrations Audit: dynamodb:PutItem
    integrations Vault: kms:Decrypt kms:GenerateDataKey
    integrations Seeds: secretsmanager:GetSecretValue
    integrations OauthClients: secretsmanager:GetSecretValue
    integrations Smtp: secretsmanager:GetSecretValue
    integrations PublicUrl: ssm:GetParameter
    integrations Logs: logs:CreateLogStream logs:PutLogEvents
    integrations Tracing: xray:PutTraceSegments xray:PutTelemetryRecords
    oauth Users: dynamodb:GetItem
    oauth Handshakes: dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem
    oauth Integrations: dynamodb:GetItem dynamodb:UpdateItem
    oauth Organisation: dynamodb:Query
    oauth Timers: dynamodb:PutItem dynamodb:DeleteItem
    oauth Keys: dynamodb:GetItem dynamodb:PutItem
    oauth Guards: dynamodb:UpdateItem
    oauth Audit: dynamodb:PutItem
    oauth Vault: kms:Decrypt kms:GenerateDataKey
    oauth Seeds: secretsmanager:GetSecretValue
    oauth OauthClients: secretsmanager:GetSecretValue
    oauth PublicUrl: ssm:GetParameter
    oauth Logs: logs:CreateLogStream logs:PutLogEvents
    oauth Tracing: xray:PutTraceSegments xray:PutTelemetryRecords
    token-refresh Users: dynamodb:GetItem dynamodb:PutItem
    token-refresh Due: dynamodb:Query
    token-refresh Accounts: dynamodb:Query
    token-refresh Integrations: dynamodb:GetItem dynamodb:UpdateItem dynamodb:Query
    token-refresh Timers: dynamodb:Query dynamodb:PutItem dynamodb:DeleteItem
    token-refresh Handshakes: dynamodb:UpdateItem
    token-refresh Keys: dynamodb:GetItem
    token-refresh Guards: dynamodb:GetItem dynamodb:UpdateItem
    token-refresh Audit: dynamodb:PutItem
    token-refresh Vault: kms:Decrypt
    token-refresh OauthClients: secretsmanager:GetSecretValue
    token-refresh Smtp: secretsmanager:GetSecretValue
    token-refresh PublicUrl: ssm:GetParameter
    token-refresh Queue: sqs:SendMessage sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes
    token-refresh Logs: logs:CreateLogStream logs:PutLogEvents
    token-refresh Tracing: xray:PutTraceSegments xray:PutTelemetryRecords
    audit-sealer Entries: dynamodb:Query
    audit-sealer Days: dynamodb:Query
    audit-sealer Seals: dynamodb:GetItem dynamodb:PutItem dynamodb:Query
    audit-sealer Sign: kms:GenerateMac
    audit-sealer Logs: logs:CreateLogStream logs:PutLogEvents
    audit-sealer Tracing: xray:PutTraceSegments xray:PutTelemetryRecords
    console Users: dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem dynamodb:Query
    console Integrations: dynamodb:Query
    console Timers: dynamodb:PutItem
    console Queue: sqs:SendMessage
    console Handshakes: dynamodb:GetItem
    console Guards: dynamodb:GetItem dynamodb:UpdateItem
    console Audit: dynamodb:PutItem
    console Seeds: secretsmanager:GetSecretValue
    console OauthClients: secretsmanager:GetSecretValue
    console PublicUrl: ssm:GetParameter
    console Logs: logs:CreateLogStream logs:PutLogEvents
    console Tracing: xray:PutTraceSegments xray:PutTelemetryRecords
    VaultKey Administer: kms:CancelKeyDeletion kms:CreateAlias kms:DeleteAlias kms:Describe* kms:DisableKey kms:EnableKey kms:EnableKeyRotation kms:Get* kms:List* kms:PutKeyPolicy kms:RotateKeyOnDemand kms:ScheduleKeyDeletion kms:TagResource kms:UntagResource kms:UpdateAlias kms:UpdateKeyDescription
    VaultKey MakeDataKeys: kms:GenerateDataKey
    VaultKey OpenDataKeys: kms:Decrypt
    StorageKey Administer: kms:*
    StorageKey UseThroughServices: kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey* kms:ReEncrypt*
    AuditKey Administer: kms:CancelKeyDeletion kms:CreateAlias kms:DeleteAlias kms:Describe* kms:DisableKey kms:EnableKey kms:Get* kms:List* kms:PutKeyPolicy kms:ScheduleKeyDeletion kms:TagResource kms:UntagResource kms:UpdateAlias kms:UpdateKeyDescription
    AuditKey Seal: kms:GenerateMac
    ");
}

#[test]
fn an_operator_is_granted_this_beside() {
    let parameters =
        BTreeMap::from([("VaultOperator".to_owned(), "arn:aws:iam::000000000000:role/operator".to_owned())]);
    let deployment = Deployment { parameters, ..Deployment::default() };
    let usual = grants(&deployed());
    let beside = grants(&Template::built_in(&deployment).unwrap());
    assert!(usual.iter().all(|line| beside.contains(line)), "an operator takes no right from anybody");
    let beside: Vec<_> = beside.into_iter().filter(|line| !usual.contains(line)).collect();
    insta::assert_snapshot!(beside.join("\n"), @r"
    VaultKey Operate: kms:Decrypt kms:GenerateDataKey kms:ReEncryptFrom kms:ReEncryptTo
    AuditKey Verify: kms:VerifyMac
    ");
}
