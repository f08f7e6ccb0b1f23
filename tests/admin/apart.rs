//! What organisations keep apart, whatever is taken over into both.

use serde_json::json;
use shared::{
    auth::{Owner, Tenant},
    clock::Clock,
};

use crate::{
    house::{House, open, shown},
    old,
};

/// The same name at two portals is two people.
#[tokio::test]
async fn one_name_in_two_organisations_stays_apart() {
    let house = House::start().await;
    let (one, other) = (house.organisation().await, house.organisation().await);
    for (org, key) in [(&one, "sk-one"), (&other, "sk-other")] {
        let row =
            json!([{ "id": 1, "username": "admin", "credentialType": "openai", "credentials": { "api_key": key } }]);
        let file = house.file("rows.json", row.to_string());
        for mode in [&["--dry-run"][..], &[]] {
            let arguments = [&["--json", "migrate", "d1", shown(&file), "--org", org.as_str()], mode].concat();
            assert_eq!(house.run(&arguments).await.expect(0).json()["written"], 1, "{key} {mode:?}");
        }
    }
    let app = house.app(Clock::system());
    for (org, key) in [(&one, "sk-one"), (&other, "sk-other")] {
        let admin = app.store.user_by_external_id(org, "admin").await.unwrap().unwrap();
        let tenant = Tenant::for_job(org.clone(), Owner::User(admin.id));
        let found = app.store.integrations().get(&tenant, "openai", "default").await.unwrap().unwrap();
        assert_eq!(open(&app, &found).await, format!("{{\"api_key\":\"{key}\"}}"));
    }
    // Which also sees whether two connections have one id.
    assert_eq!(house.opened().await.len(), 2);
}

/// Each installation counts its organisations from one.
#[tokio::test]
async fn organisation_1_of_two_installations_is_two() {
    let house = House::start().await;
    for (number, source) in [(1, &[][..]), (4, &["--source", "second"])] {
        let file = house.file("users.jsonl", old::d2_record(number).to_string());
        house.run(&[&["migrate", "d2", shown(&file)], source].concat()).await.expect(0);
    }
    let app = house.app(Clock::system());
    let of = async |address: &str| app.store.user_by_email(address).await.unwrap().unwrap().org;
    assert_ne!(of("d2-1@example.org").await, of("d2-4@example.org").await);
}

/// Nobody can vouch for the address of somebody who has none.
#[tokio::test]
async fn a_managed_user_of_another_organisation_is_not_given_to_this_one() {
    let house = House::start().await;
    let (trial, real) = (house.organisation().await, house.organisation().await);
    let document = json!({
        "_id": { "$oid": old::object_id(0xee, 7) }, "userId": { "$oid": old::object_id(0xaa, 7) },
        "integrationType": "github", "accessToken": "gho_document",
    });
    let file = house.file("integrations.jsonl", document.to_string());
    house.run(&["migrate", "d2", shown(&file), "--org", trial.as_str()]).await.expect(0);
    let run = house.run(&["migrate", "d2", shown(&file), "--org", real.as_str(), "--trust-emails"]).await.expect(3);
    assert!(run.out.contains("in another organisation"), "{}", run.out);
}

/// An id of the older system is one person's, wherever they were taken to first.
#[tokio::test]
async fn somebody_who_is_in_another_organisation_is_not_given_to_this_one() {
    let house = House::start().await;
    let (trial, real) = (house.organisation().await, house.organisation().await);
    let file = house.file("keys.json", old::d0(1));
    house.run(&["migrate", "d0", shown(&file), "--org", trial.as_str()]).await.expect(0);
    let run = house.run(&["migrate", "d0", shown(&file), "--org", real.as_str()]).await.expect(3);
    assert!(run.out.contains("in another organisation"), "{}", run.out);
}

/// What third parties send to an address goes on to its owner, and to nobody who asks for the id afterwards.
#[tokio::test]
async fn a_webhooks_address_stays_its_owners() {
    let house = House::start().await;
    let org = house.organisation().await;
    let file = house.file("credentials.json", old::d4(2));
    house.run(&["migrate", "d4", shown(&file), "--org", org.as_str(), "--owner", "organisation"]).await.expect(0);
    let later = Clock::fake("2126-11-20T09:00:00Z".parse().unwrap());
    let store = &house.app(later).store;
    assert_eq!(store.webhook("hook-1").await.unwrap().unwrap().org, org);
    let eve = Tenant::for_job(house.organisation().await, Owner::Organisation);
    assert!(!store.claim_webhook(&eve, "default", "hook-1").await.unwrap());
}
