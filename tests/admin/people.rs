//! Whose connections become whose.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shared::{
    auth::{Owner, Tenant},
    clock::Clock,
    id::{OrgId, UserId},
    store::{
        audit::Entry,
        errands::{Errand, Task},
        users::{Home, Registration, User},
    },
};

use crate::{
    house::{House, shown, text},
    old,
};

/// Somebody who has registered here.
async fn registered(house: &House, email: &str, verified: bool) -> User {
    let app = house.app(Clock::system());
    let user: UserId = app.ids.make();
    let letter = Errand::new(Task::Verify { user: user.clone() }, app.clock.epoch());
    let (home, password) = (Home::Own(app.ids.make(), &letter), "no hash".into());
    let new = Registration { user, home, email, full_name: "Somebody", password: &password };
    let own = new.user.as_str();
    let entry = Entry { org: new.home.org(), actor: own, action: "user.register", subject: own, request: None };
    let id = app.store.register(&new, &entry.about([])).await.unwrap().unwrap().id;
    if verified {
        let update = house.client().update_item().table_name("postern-users");
        let update = update.key("pk", s(&format!("USER#{id}"))).key("sk", s("self"));
        let yes = aws_sdk_dynamodb::types::AttributeValue::Bool(true);
        update
            .update_expression("SET is_verified = :yes")
            .expression_attribute_values(":yes", yes)
            .send()
            .await
            .unwrap();
    }
    app.store.user(&id, true).await.unwrap().unwrap()
}

fn s(text: &str) -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned())
}

/// What a command answers that reads this.
pub(crate) async fn with_input(mut command: std::process::Command, input: &'static str) -> serde_json::Value {
    let run = tokio::task::spawn_blocking(move || {
        use std::{io::Write as _, process::Stdio};
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = piped.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    });
    serde_json::from_slice(&run.await.unwrap().stdout).unwrap()
}

async fn github_of(house: &House, org: &OrgId, user: &UserId) -> bool {
    let tenant = Tenant::for_job(org.clone(), Owner::User(user.clone()));
    let found = house.app(Clock::system()).store.integrations().get(&tenant, "github", "default").await;
    found.unwrap().is_some()
}

#[tokio::test]
async fn somebody_who_has_proven_the_address_gets_their_connections() {
    let house = House::start().await;
    let ada = registered(&house, "d2-1@example.org", true).await;
    let file = house.file("users.jsonl", old::d2_record(1).to_string());
    house.run(&["migrate", "d2", shown(&file)]).await.expect(0);
    assert!(github_of(&house, &ada.org, &ada.id).await, "where Ada is, not where the older system had her");
    assert_eq!(house.rows("users").await.iter().filter(|row| text(row, "pk").starts_with("USER#")).count(), 1);
}

/// Whoever knows of the migration could register the address of somebody who has not come yet.
#[tokio::test]
async fn somebody_who_has_only_registered_the_address_gets_nothing() {
    let house = House::start().await;
    let eve = registered(&house, "d2-1@example.org", false).await;
    let file = house.file("users.jsonl", old::d2_record(1).to_string());
    let run = house.run(&["migrate", "d2", shown(&file)]).await.expect(3);
    assert!(run.out.contains("has registered this e-mail address and never proven it"), "{}", run.out);
    assert!(!github_of(&house, &eve.org, &eve.id).await);

    let map = json!({ "users": { old::object_id(0xd2, 1): eve.id.as_str() } }).to_string();
    let map = house.file("map.json", map);
    house.run(&["migrate", "d2", shown(&file), "--map", shown(&map)]).await.expect(0);
    assert!(github_of(&house, &eve.org, &eve.id).await, "the operator knows her");
}

#[tokio::test]
async fn what_somebody_has_connected_here_since_stays() {
    let house = House::start().await;
    let file = house.file("users.jsonl", old::d2_record(1).to_string());
    house.run(&["migrate", "d2", shown(&file)]).await.expect(0);
    let mut again = old::d2_record(1);
    again["githubAccessToken"] = json!("gho_older");
    let file = house.file("again.jsonl", again.to_string());
    let report = house.run(&["--json", "migrate", "d2", shown(&file)]).await.expect(0).json();
    assert_eq!(report["alreadyThere"], 1, "{report}");
    assert_eq!(house.opened().await.into_values().collect::<Vec<_>>(), ["gho_d2_1"]);
}

#[tokio::test]
async fn older_ids_go_on_working() {
    let house = House::start().await;
    let document = json!({
        "_id": { "$oid": old::object_id(0xee, 7) }, "userId": { "$oid": old::object_id(0xaa, 7) }, "integrationType": "github",
        "organizationId": 4, "isConnected": true, "accessToken": "gho_document", "scope": ["repo"], "externalUsername": "ada",
        "status": "error", "errorCount": 6, "lastError": "Bad credentials", "connectedAt": { "$date": "2025-03-04T05:06:07Z" },
    });
    let file = house.file("integrations.jsonl", document.to_string());
    house.run(&["migrate", "d2", shown(&file)]).await.expect(0);
    let rows = house.rows("integrations").await;
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((text(row, "id"), text(row, "owner")), (&*old::object_id(0xee, 7), &*old::object_id(0xaa, 7)));
    assert_eq!((text(row, "status"), text(row, "last_error")), ("error", "Bad credentials"));
    assert_eq!(row["connected_at"].as_n().unwrap(), "1741064767");

    let run = house.run(&["--json", "integrations", "problematic"]).await.expect(3);
    let found = run.json();
    assert_eq!((found["errorCount"].as_i64(), found["problem"].as_str()), (Some(6), Some("the status is `error`")));
}

/// That system told how long a token lives, and when it got it.
#[tokio::test]
async fn a_token_ends_so_many_seconds_after_it_was_got() {
    let house = House::start().await;
    let org = house.organisation().await;
    let content = json!({ "facebook_oauth": {
        "credentials": { "accessToken": "EAAB", "userId": "1", "userName": "Ada", "email": "ada@example.org", "expiresIn": 3600 },
        "connectedAt": "2099-01-01T00:00:00Z",
    } });
    let file = house.file("credentials.json", content.to_string());
    house.run(&["migrate", "d4", shown(&file), "--org", org.as_str(), "--owner", "organisation"]).await.expect(0);
    let row = house.rows("integrations").await.remove(0);
    let ends: i64 = row["expires_at"].as_n().unwrap().parse().unwrap();
    // It is stored as what is left, and the clock goes on meanwhile.
    assert!((4_070_912_400..4_070_912_460).contains(&ends), "{ends}");
}

/// It stands in the integrations' table, and is none.
#[tokio::test]
async fn a_webhooks_claimed_id_stops_no_command() {
    let house = House::start().await;
    let client = aws_sdk_dynamodb::Client::new(&house.aws.sdk_config("admin"));
    let row = |value: &str| aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned());
    let put = client.put_item().table_name("postern-integrations");
    put.item("pk", row("WEBHOOK#mine")).item("sk", row("claim")).send().await.unwrap();
    house.run(&["integrations", "problematic"]).await.expect(0);
}

#[tokio::test]
async fn a_record_without_an_organisation_needs_one() {
    let house = House::start().await;
    let file = house.file("keys.json", old::d0(2));
    let run = house.run(&["migrate", "d0", shown(&file)]).await.expect(3);
    assert!(run.out.contains("say where it goes with --org"), "{}", run.out);
    let nowhere = "org_0000000000000000000000";
    let run = house.run(&["migrate", "d0", shown(&file), "--org", nowhere]).await.expect(2);
    assert!(run.err.contains("there is no organisation"), "{}", run.err);
}

/// The roles of those who can sign in, by their address.
async fn roles(house: &House) -> BTreeMap<String, String> {
    let rows = house.rows("users").await;
    let people = rows.iter().filter(|row| text(row, "pk").starts_with("USER#"));
    people.map(|row| (text(row, "email").to_owned(), text(row, "role").to_owned())).collect()
}

/// Who looked after an organisation in the older system does so here; otherwise the operator says who does.
#[tokio::test]
async fn an_older_organisation_has_the_administrator_that_it_had() {
    let house = House::start().await;
    let mut users: Vec<Value> = (0..4).map(old::d2_record).collect();
    users[3]["role"] = json!("Admin");
    let file = house.file("users.json", json!(users).to_string());
    for more in [&["--dry-run"][..], &[], &[]] {
        let report = house.run(&[&["--json", "migrate", "d2", shown(&file)], more].concat()).await.expect(0).json();
        let without = report["withoutAdministrator"].as_array().unwrap();
        let named: Vec<_> = without.iter().map(|one| one.as_str().unwrap().split_once(' ').unwrap().1).collect();
        assert_eq!(BTreeSet::from_iter(named), BTreeSet::from(["(organisation 1)", "(organisation 2)"]), "{report}");
    }
    let expected = [("d2-0", "member"), ("d2-1", "member"), ("d2-2", "member"), ("d2-3", "admin")];
    let expected = expected.map(|(who, role)| (format!("{who}@example.org"), role.to_owned()));
    assert_eq!(roles(&house).await, expected.clone().into());

    let user = house.app(Clock::system()).store.user_by_email("d2-1@example.org").await.unwrap().unwrap();
    let seed = ["--json", "seed", "--admin", "d2-1@example.org", "--org", user.org.as_str()];
    let admin = house.run(&seed).await.expect(0).json()["admin"].clone();
    assert_eq!((&admin["appointed"], &admin["password"]), (&json!(true), &json!(false)), "{admin}");
    assert_eq!(roles(&house).await["d2-1@example.org"], "admin");
    let report = house.run(&["--json", "migrate", "d2", shown(&file)]).await.expect(0).json();
    assert_eq!(report["withoutAdministrator"].as_array().unwrap().len(), 1, "{report}");
}

/// A role over there is none in an organisation that is somebody's here.
#[tokio::test]
async fn nobody_becomes_administrator_of_an_organisation_that_was_here() {
    let house = House::start().await;
    let org = house.organisation().await;
    let mut user = old::d2_record(1);
    user["role"] = json!("owner");
    let file = house.file("users.jsonl", user.to_string());
    house.run(&["migrate", "d2", shown(&file), "--org", org.as_str()]).await.expect(0);
    assert_eq!(roles(&house).await["d2-1@example.org"], "member");
}

#[tokio::test]
async fn the_operators_own_data_go_to_the_account_that_the_operator_made() {
    let house = House::start().await;
    let seed = house.command(&["--json", "seed", "--admin", "D2-1@example.org", "--password-stdin"]);
    let made = with_input(seed, "correct horse battery\n").await;
    assert_eq!(made["admin"]["proven"], true, "{made}");
    let file = house.file("users.jsonl", old::d2_record(1).to_string());
    house.run(&["migrate", "d2", shown(&file)]).await.expect(0);
    let (org, user) = (&made["admin"]["organisation"], &made["admin"]["user"]);
    let (org, user) = (org.as_str().unwrap().parse().unwrap(), user.as_str().unwrap().parse().unwrap());
    assert!(github_of(&house, &org, &user).await);
}

/// Whoever was there before the operator is not vouched for by the operator's asking.
#[tokio::test]
async fn an_account_that_somebody_made_before_is_not_the_operators() {
    let house = House::start().await;
    let eve = registered(&house, "d2-1@example.org", false).await;
    let run = house.command(&["seed", "--admin", "d2-1@example.org", "--password-stdin"]);
    let run = house.run_command(run).await.expect(3);
    assert!(run.out.contains("Nothing was changed") && run.out.contains("If that was you"), "{}", run.out);
    let again = house.app(Clock::system()).store.user(&eve.id, true).await.unwrap().unwrap();
    assert!(!again.is_verified && again.password == eve.password);
    let file = house.file("users.jsonl", old::d2_record(1).to_string());
    house.run(&["migrate", "d2", shown(&file)]).await.expect(3);
    assert!(!github_of(&house, &eve.org, &eve.id).await);
}

#[tokio::test]
async fn nobody_is_made_for_a_record_that_is_left_out() {
    let house = House::start().await;
    let org = house.organisation().await;
    let mut d0 = old::d0_record(1);
    d0["value"] = json!("00112233445566778899aabbccddeeff");
    let d1 = json!([
        { "id": 1, "username": "eve", "credentialType": "openai", "projectId": "a/b", "credentials": { "api_key": "sk-a" } },
        { "id": 2, "username": "eve", "credentialType": "openai", "credentials": { "api_key": "no key at all" } },
        { "id": 3, "username": "eve", "credentialType": "a/b", "credentials": { "api_key": "sk-a" } },
    ]);
    let mut d2 = old::d2_record(1);
    d2["githubAccessToken"] = json!(null);
    let document = json!({ "userId": "eve", "organizationId": 9, "integrationType": "nowhere", "accessToken": "t" });
    let d4 = json!([{ "providerId": "telegram", "userId": "eve", "credentials": { "hat": "x" } }]);
    let to = ["--org", org.as_str()];
    let files =
        [("d0", json!([d0]), &to[..]), ("d1", d1, &to), ("d2", d2, &[]), ("d2", document, &[]), ("d4", d4, &to)];
    for (from, content, more) in files {
        let file = house.file("old.json", content.to_string());
        for dry in [&["--dry-run"][..], &[]] {
            let run = house.run(&[&["--json", "migrate", from, shown(&file)], more, dry].concat()).await.expect(3);
            let report = run.json();
            assert_eq!((&report["written"], &report["usersMade"]), (&json!(0), &json!(0)), "{from}: {report}");
        }
        let rows = house.rows("users").await;
        let made: Vec<_> = rows.iter().map(|row| text(row, "pk")).filter(|pk| !pk.contains(org.as_str())).collect();
        assert!(made.is_empty(), "{from}: {made:?}");
    }
}

/// D2's newer collection names people by id alone: their addresses are in the other export.
#[tokio::test]
async fn users_without_connections_come_along_when_they_are_asked_for() {
    let house = House::start().await;
    let user = json!({ "_id": { "$oid": old::object_id(0xaa, 7) }, "email": "Ada@Example.org", "organizationId": 4 });
    let users = house.file("users.jsonl", user.to_string());
    house.run(&["migrate", "d2", shown(&users)]).await.expect(0);
    assert!(roles(&house).await.is_empty());
    for (more, made) in [(&["--dry-run"][..], 1), (&[], 1), (&[], 0)] {
        let arguments = [&["--json", "migrate", "d2", shown(&users), "--all-users"], more].concat();
        assert_eq!(house.run(&arguments).await.expect(0).json()["usersMade"], made);
    }
    let document = json!({
        "_id": { "$oid": old::object_id(0xee, 7) }, "userId": { "$oid": old::object_id(0xaa, 7) }, "integrationType": "github",
        "organizationId": 4, "isConnected": true, "accessToken": "gho_document",
    });
    let file = house.file("integrations.jsonl", document.to_string());
    house.run(&["migrate", "d2", shown(&file)]).await.expect(0);
    assert_eq!(roles(&house).await.into_keys().collect::<Vec<_>>(), ["ada@example.org"]);
    let ada = house.app(Clock::system()).store.user_by_email("ada@example.org").await.unwrap().unwrap();
    assert!(github_of(&house, &ada.org, &ada.id).await);
}
