//! `integrations.list`: the caller's integrations, as D3's records.

use serde_json::{Value, json};
use support::{Provider, TestApp};

use crate::house::{Begun, House, names};

#[tokio::test]
async fn each_record_has_the_names_that_d3_knows() {
    let house = House::start().await;
    let id = house.connect("default").await.at("integration_id");
    let all = house.get("/api/integrations").await.expect(200).json();
    assert_eq!(all.as_array().unwrap().len(), 1);
    let mut record = all[0].clone();
    let expected = json!({
        "id": id,
        "integration_type": "acme",
        "name": "acme",
        "status": "active",
        "settings": {},
        "metadata": {},
        "scopes": ["read", "write"],
        "external_user_id": "account-1",
        "last_sync": null,
        "sync_enabled": true,
        "created_at": "2026-11-20T09:00:00Z",
    });
    assert_eq!(record.as_object_mut().unwrap().remove("label"), Some(json!("default")));
    assert_eq!(record, expected);
}

#[tokio::test]
async fn nobody_else_sees_them_and_no_secret_is_in_them() {
    let house = House::start().await;
    house.connect("default").await;
    for other in [house.app.register("eve@example.org").await, house.colleague("bob@example.org").await] {
        let answer = house.app.get("/api/integrations").bearer(&other.access_token).send().await.expect(200);
        assert_eq!(answer.json(), json!([]));
    }
    let text = house.get("/api/integrations").await.text();
    assert!(!text.contains("access-1") && !text.contains("refresh-1"), "{text}");
}

#[tokio::test]
async fn many_come_in_pages() {
    let house = House::start().await;
    for n in 0..55 {
        house.connect(&format!("l{n:02}")).await;
        house.pass(2);
    }
    let (mut path, mut labels, mut pages) = ("/api/integrations".to_owned(), Vec::new(), 0);
    loop {
        let page = house.get(&path).await.expect(200);
        let Value::Array(records) = page.json() else { panic!("an array") };
        labels.extend(records.iter().map(|record| record["label"].as_str().unwrap().to_owned()));
        pages += 1;
        let Some(next) = page.header("link").strip_suffix(">; rel=\"next\"") else { break };
        path = next.trim_start_matches('<').to_owned();
    }
    assert_eq!(pages, 2);
    // Each of them once.
    labels.sort();
    assert_eq!(labels, (0..55).map(|n| format!("l{n:02}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_next_page_is_one_of_the_same_list() {
    let house = House::start().await;
    let bob = house.colleague("bob@example.org").await;
    let scopes = ["integrations:read", "integrations:write", "users:act"];
    let key = house.key(json!({ "name": "k", "scopes": scopes, "users": "*" })).await;
    for n in 0..55 {
        let body = json!({ "username": bob.id, "credentialType": "mine", "projectId": format!("p{n:02}"),
            "credentials": { "k": "v" } });
        house.app.post("/api/credentials").bearer(&key).json(body).send().await.expect(201);
    }
    let ask = async |path: &str| house.app.get(path).bearer(&key).send().await.expect(200);
    let first = ask("/api/integrations?cursor=cCM&username=bob%40example.org&x=a+b").await;
    let next = first.header("link").strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
    assert!(next.starts_with("/api/integrations?username=bob%40example.org&x=a+b&cursor="), "{next}");
    let second = ask(next).await;
    let records = [first.json(), second.json()].map(|page| page.as_array().unwrap().clone()).concat();
    let mut labels: Vec<&str> = records.iter().map(|record| record["label"].as_str().unwrap()).collect();
    labels.sort_unstable();
    assert_eq!(labels, (0..55).map(|n| format!("p{n:02}")).collect::<Vec<_>>());
    assert_eq!(second.header("link"), "");
}

/// D3 has no word of its own for it.
#[tokio::test]
async fn one_that_was_revoked_is_inactive() {
    let house = House::start().await;
    house.connect("default").await;
    house.edit_integration("SET #status = :new", "revoked").await;
    assert_eq!(house.get("/api/integrations").await.expect(200).at("/0/status"), "inactive");
    assert!(!house.connected().await);
}

#[tokio::test]
async fn a_cursor_that_is_none_is_refused() {
    let house = House::start().await;
    // No base64; the text `zzz`; no text at all; a key of another kind of row.
    for cursor in ["~", "enp6", "_w", "eCNhY21l", ""] {
        let answer = house.get(&format!("/api/integrations?cursor={cursor}")).await.expect(400);
        assert_eq!(answer.code(), "request.malformed", "{cursor}");
    }
    house.get("/api/integrations?cursor=a&cursor=b").await.expect(400);
}

#[tokio::test]
async fn a_key_sees_its_own_providers_only() {
    let other = Provider::start("other").await;
    let house = House::of(TestApp::setup().provider(&other)).await;
    house.connect("default").await;
    let begun = house.as_ada(house.app.post("/api/integrations/oauth/start/other")).send().await.expect(200);
    house.finish(&Begun::of(&begun), "c").await.expect(200);
    let key = house.key(json!({ "name": "k", "scopes": ["integrations:read"], "providers": ["other"] })).await;
    let all = house.app.get("/api/integrations").bearer(&key).send().await.expect(200).json();
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert_eq!(all[0]["integration_type"], "other");
    let map = house.app.get("/api/integrations/status").bearer(&key).send().await.expect(200).json();
    assert_eq!(names(&map), ["other"]);
}

/// What a newer version wrote, or a hand at the database, is not the end of the whole list.
#[tokio::test]
async fn a_row_that_is_not_understood_hides_no_other() {
    let house = House::start().await;
    house.connect("default").await;
    house.connect("work").await;
    let statuses = async || {
        let listed = house.get("/api/integrations").await.expect(200).json();
        let mut statuses: Vec<String> =
            listed.as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap().to_owned()).collect();
        statuses.sort_unstable();
        statuses
    };
    house.edit_integration("SET #status = :new", "hibernating").await;
    assert_eq!(statuses().await, ["active", "inactive"]);
    house.edit_integration("SET kind = :new", "unheard of").await;
    assert_eq!(statuses().await, ["active"]);
}
