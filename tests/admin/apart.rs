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
