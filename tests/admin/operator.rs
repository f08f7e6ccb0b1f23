//! What the template lets its operator do with the keys, and nothing less: the command by a role that policies bind.

use local::template::{ACCOUNT, Deployment, Effect, Key, Statement, Template};
use shared::{audit::seal, clock::Clock};

use crate::{
    house::{House, Ran, shown},
    old,
};

const ROLE: &str = "operator";
const NEXT: &str = "NextKey";

/// The template, deployed with this operator. Whoever runs the command brings its role along; all that the keys' own
/// policies do not say is granted there.
fn with_an_operator() -> Template {
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/{ROLE}");
    let parameters = [("VaultOperator".to_owned(), arn.clone())].into();
    let mut template = Template::built_in(&Deployment { parameters, ..Deployment::default() }).unwrap();
    let mut role = template.functions[0].clone();
    let actions = ["dynamodb:*", "kms:*", "secretsmanager:GetSecretValue"].map(str::to_owned);
    let everywhere = vec!["*".to_owned()];
    let own = Statement {
        sid: None,
        effect: Effect::Allow,
        actions: actions.into(),
        resources: everywhere,
        conditions: vec![],
    };
    (role.name, role.role, role.policies, role.events) = (ROLE.to_owned(), arn, vec![own], Vec::new());
    template.functions.push(role);
    // One to move to, as a second installation of the same policy.
    let vault = template.keys.iter().find(|key| key.id == "VaultKey").unwrap();
    let next =
        Key { id: NEXT.to_owned(), arn: vault.arn.replace("VaultKey", NEXT), aliases: Vec::new(), ..vault.clone() };
    template.keys.push(next);
    template
}

async fn run(house: &House, arguments: &[&str]) -> Ran {
    let mut command = house.command(arguments);
    command.env("AWS_ACCESS_KEY_ID", ROLE);
    house.run_command(command).await
}

#[tokio::test]
async fn the_keys_admit_the_operator_to_all_that_the_command_does() {
    let house = House::deployed(with_an_operator()).await;
    let org = house.organisation().await;
    let file = house.file("users.jsonl", old::d2(3));
    run(&house, &["migrate", "d2", shown(&file), "--org", org.as_str()]).await.expect(0);
    run(&house, &["keys", "rotate", "--all"]).await.expect(0);
    let arn = |id: &str| house.aws.template().keys.iter().find(|key| key.id == id).unwrap().arn.clone();
    for (to, from) in [(NEXT, "VaultKey"), ("VaultKey", NEXT)] {
        let mut command = house.command(&["keys", "rewrap", "--all"]);
        command.env("AWS_ACCESS_KEY_ID", ROLE).env("VAULT_KEY_ID", format!("{},{}", arn(to), arn(from)));
        house.run_command(command).await.expect(0);
    }
    run(&house, &["cleanup", "d2", shown(&file), "--org", org.as_str()]).await.expect(0);
    let tomorrow = shared::clock::Clock::system().now() + jiff::SignedDuration::from_hours(26);
    assert!(seal::run(&house.app(Clock::fake(tomorrow)), || true).await.unwrap().seals > 0);
    run(&house, &["audit", "verify"]).await.expect(0);
    let unused = house.aws.unused_grants().into_iter().filter(|grant| grant.owner != NEXT);
    let unused = unused.filter_map(|grant| Some((grant.sid?, grant.action)));
    let unused: Vec<_> = unused.filter(|(sid, _)| matches!(sid.as_str(), "Operate" | "Verify")).collect();
    assert_eq!(unused, []);
}

#[tokio::test]
async fn nobody_else_is_admitted() {
    let mut template = with_an_operator();
    let usual = Template::built_in(&Deployment::default()).unwrap();
    template.keys = usual.keys;
    let house = House::deployed(template).await;
    let org = house.organisation().await;
    let file = house.file("users.jsonl", old::d2(3));
    let refused = run(&house, &["migrate", "d2", shown(&file), "--org", org.as_str()]).await.expect(3);
    assert!(refused.out.contains("not authorized to perform: kms:GenerateDataKey"), "{}", refused.out);
    assert!(house.rows("integrations").await.is_empty());
}
