use super::*;

const SMALL: &str = r#"
Parameters:
  Concurrency: { Type: Number, Default: 4 }
  Layer: { Type: String, Default: "" }
Conditions:
  HasLayer: !Not [!Equals [!Ref Layer, ""]]
  Always: !Or [!Condition HasLayer, !Equals [a, a]]
Globals:
  Function:
    Timeout: 30
    Environment: { Variables: { STACK: !Ref AWS::StackName } }
Resources:
  Things:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub ${AWS::StackName}-things
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      TimeToLiveSpecification: { AttributeName: expires, Enabled: true }
      SSESpecification: { KMSMasterKeyId: !Ref Lock }
  Lock: { Type: AWS::KMS::Key }
  LockAlias:
    Type: AWS::KMS::Alias
    Properties: { AliasName: alias/lock, TargetKeyId: !Ref Lock }
  Work:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Join ["-", [!Ref AWS::StackName, work.fifo]]
      FifoQueue: true
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3 }
  Dead:
    Type: AWS::SQS::Queue
    Properties: { QueueName: dead.fifo, FifoQueue: true }
  Unwanted:
    Type: AWS::SQS::Queue
    Condition: HasLayer
  WorkerRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker-role
      Policies:
        - PolicyDocument:
            Statement:
              - Effect: Allow
                Action: dynamodb:Query
                Resource: !Sub "${Things.Arn}/index/due"
              - !If [HasLayer, { Effect: Allow, Action: "*", Resource: "*" }, !Ref AWS::NoValue]
  WorkerFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildProperties: { Binary: the-worker } }
    Properties:
      Role: !GetAtt WorkerRole.Arn
      Environment:
        Variables:
          TABLE: !Ref Things
          QUEUE: { Ref: Work }
          LAYER: !If [HasLayer, /opt, !Ref AWS::NoValue]
      Events:
        Minute: { Type: Schedule, Properties: { Schedule: rate(2 minutes) } }
        Work:
          Type: SQS
          Properties: { Queue: !GetAtt Work.Arn, BatchSize: 1, ScalingConfig: { MaximumConcurrency: !Ref Concurrency } }
"#;

fn small() -> Template {
    Template::parse(SMALL, &Deployment { stack: "try".into(), ..Deployment::default() }).unwrap()
}

#[test]
fn references_lead_to_names_addresses_and_arns() {
    let worker = small().function("the-worker").unwrap().clone();
    assert_eq!(worker.environment["STACK"], "try");
    assert_eq!(worker.environment["TABLE"], "try-things");
    assert_eq!(worker.environment["QUEUE"], "https://sqs.us-east-1.amazonaws.com/000000000000/try-work.fifo");
    assert_eq!(worker.policies[0].resources, ["arn:aws:dynamodb:us-east-1:000000000000:table/try-things/index/due"]);
    assert_eq!(worker.role, "arn:aws:iam::000000000000:role/worker-role");
}

#[test]
fn what_its_condition_switches_off_is_not_there() {
    let template = small();
    let worker = template.function("the-worker").unwrap();
    assert_eq!(worker.policies.len(), 1, "the statement behind HasLayer is gone");
    assert!(!worker.environment.contains_key("LAYER"));
    assert!(template.queues.iter().all(|queue| !queue.name.contains("Unwanted")));
}

#[test]
fn a_parameter_switches_it_on() {
    let parameters = BTreeMap::from([("Layer".to_owned(), "arn:layer".to_owned())]);
    let template = Template::parse(SMALL, &Deployment { stack: "try".into(), parameters }).unwrap();
    assert_eq!(template.function("the-worker").unwrap().policies.len(), 2);
    assert_eq!(template.queues.len(), 3);
}

#[test]
fn storage_keeps_its_details() {
    let template = small();
    let table = &template.tables[0];
    assert_eq!(table.ttl.as_deref(), Some("expires"));
    assert_eq!(table.key.as_deref(), Some("arn:aws:kms:us-east-1:000000000000:key/Lock"));
    assert_eq!(template.keys[0].aliases, ["alias/lock"]);
    let redrive = template.queues[0].redrive.as_ref().unwrap();
    assert_eq!((redrive.target.as_str(), redrive.max_receives), ("arn:aws:sqs:us-east-1:000000000000:dead.fifo", 3));
}

#[test]
fn events_say_how_the_function_is_started() {
    let worker = small().function("the-worker").unwrap().clone();
    let [Event::Schedule(minute), Event::Queue(work)] = worker.events.as_slice() else { panic!("{:?}", worker.events) };
    assert_eq!(minute.every.as_secs(), 120);
    assert_eq!((work.batch_size, work.concurrency, work.reports_failures), (1, 4, false));
}

#[test]
fn a_policy_that_names_a_missing_resource_is_an_error() {
    let broken = SMALL.replace("${Things.Arn}", "${Thing.Arn}");
    let error = Template::parse(&broken, &Deployment::default()).unwrap_err();
    assert_eq!(error.to_string(), "Thing: is referred to and does not exist");
}

#[test]
fn a_sam_policy_template_is_an_error() {
    let broken = SMALL.replace("Role: !GetAtt WorkerRole.Arn", "Policies: [{ DynamoDBCrudPolicy: { TableName: x } }]");
    assert!(Template::parse(&broken, &Deployment::default()).is_err());
}

#[test]
fn the_built_in_template_is_followed_to_its_end() {
    let template = Template::built_in(&Deployment::default()).unwrap();
    assert!(template.functions.iter().all(|function| !function.policies.is_empty()), "each has its own rights");
    let reads = template.functions.iter().flat_map(|function| &function.events);
    assert!(reads.clone().any(|event| matches!(event, Event::Queue(_))), "something takes the queue's messages");
    assert!(reads.clone().any(|event| matches!(event, Event::Schedule(_))), "something is called by the clock");
    let integrations = template.tables.iter().find(|table| table.name == "postern-integrations").unwrap();
    assert_eq!(
        integrations.indexes.iter().map(|index| index.name.as_str()).collect::<Vec<_>>(),
        ["due", "account", "org"]
    );
}
