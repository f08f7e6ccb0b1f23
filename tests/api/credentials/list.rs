//! `credentials.list`: masked for everybody; in the clear for its user, and for service keys that may.

use local::aws::{Fault, Service};
use serde_json::{Value, json};

use super::{KEY, asked, audited, keep, kept, revealing_key};
use crate::house::House;

#[tokio::test]
async fn with_user_type_and_project_it_is_shown_as_d1s_client_reads_it() {
    let house = House::start().await;
    let id = kept(&house).await;
    let answer = house.get(&asked("ada@example.org", "openai", "al-chat")).await.expect(200);
    assert_eq!(answer.at("/credentials/credentials/api_key"), KEY);
    assert_eq!(answer.at("/credentials/id"), id);
    assert_eq!(answer.at("/credentials/username"), "ada@example.org");
    assert_eq!(answer.at("/credentials/credentialType"), "openai");
    assert_eq!(answer.at("/credentials/projectId"), "al-chat");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_service_key_with_the_scope_gets_it_by_basic_too() {
    let house = House::start().await;
    kept(&house).await;
    let key = revealing_key(&house).await;
    for named in ["ada@example.org", &house.ada.id] {
        let answer = house.app.get(asked(named, "openai", "al-chat")).basic("al-chat", &key).send().await.expect(200);
        assert_eq!(answer.at("/credentials/credentials/api_key"), KEY);
    }
    let own = house.key(json!({ "name": "own", "scopes": ["credentials:reveal"] })).await;
    let answer = house.app.get(asked("ada@example.org", "openai", "al-chat")).bearer(&own).send().await.expect(200);
    assert_eq!(answer.at("/credentials/credentials/api_key"), KEY);
}

#[tokio::test]
async fn where_anything_is_left_out_all_is_masked() {
    let house = House::start().await;
    kept(&house).await;
    let key = revealing_key(&house).await;
    for query in [
        "",
        "?username=ada@example.org",
        "?credentialType=openai",
        "?projectId=al-chat",
        "?username=ada@example.org&credentialType=openai",
        "?username=ada@example.org&projectId=al-chat",
        "?credentialType=openai&projectId=al-chat",
    ] {
        let path = format!("/api/credentials{query}");
        for answer in [house.get(&path).await, house.app.get(&path).bearer(&key).send().await] {
            assert!(!answer.text().contains(KEY), "{query}: {}", answer.text());
            let list = answer.expect(200).at("credentials");
            for one in list.as_array().unwrap() {
                assert_eq!(one["credentials"]["api_key"], "sk-…abcd");
            }
        }
        assert_eq!(house.get(&path).await.at("/credentials/0/credentialType"), "openai", "{query}");
    }
    assert!(audited(&house, "credential.reveal").await.is_empty());
}

#[tokio::test]
async fn filters_choose() {
    let house = House::start().await;
    kept(&house).await;
    for (kind, project) in [("openai", "ai-resume"), ("ai-resume-licence", "al-chat")] {
        let body = json!({ "credentialType": kind, "projectId": project, "credentials": { "api_key": KEY } });
        keep(&house, &house.ada, body).await.expect(201);
    }
    let count = async |query: &str| {
        let answer = house.get(&format!("/api/credentials{query}")).await.expect(200);
        answer.at("credentials").as_array().unwrap().len()
    };
    assert_eq!(count("").await, 3);
    assert_eq!(count("?credentialType=openai").await, 2);
    assert_eq!(count("?projectId=al-chat").await, 2);
    assert_eq!(count("?credentialType=ai-resume-licence").await, 1);
    assert_eq!(count("?credentialType=nothing").await, 0);
}

/// Whatever the caller may not have reads like what is not there.
#[tokio::test]
async fn what_is_not_for_the_caller_reads_as_unknown() {
    let house = House::start().await;
    kept(&house).await;
    let bob = house.colleague("bob@example.org").await;
    let eve = house.app.register("eve@example.org").await;
    let unknown = house.get(&asked("ada@example.org", "openai", "nothing")).await.expect(404);
    let same = |answer: support::Answer, who: &str| {
        let (answer, unknown) = (answer.expect(404).json(), unknown.json());
        for member in ["code", "detail", "title", "status"] {
            assert_eq!(answer[member], unknown[member], "{who}");
        }
    };
    let path = asked("ada@example.org", "openai", "al-chat");
    for (who, token) in [("a colleague", &bob.access_token), ("a stranger", &eve.access_token)] {
        same(house.app.get(&path).bearer(token).send().await, who);
    }
    let scopes = json!(["credentials:reveal", "users:act"]);
    for (who, limits) in [
        ("a key for others", json!({ "users": [bob.id] })),
        ("a key for another provider", json!({ "users": "*", "providers": ["github"] })),
        ("a key for another project", json!({ "users": "*", "project": "ai-resume" })),
    ] {
        let mut body = json!({ "name": "k", "scopes": scopes });
        body.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
        let key = house.key(body).await;
        same(house.app.get(&path).bearer(&key).send().await, who);
    }
    let made = json!({ "name": "k", "scopes": scopes, "users": "*" });
    let made = house.app.post("/api/auth/keys").bearer(&eve.access_token).json(made).send().await.expect(200);
    let foreign = made.at("key");
    same(house.app.get(&path).bearer(foreign.as_str().unwrap()).send().await, "a key of another organisation");
    let all = revealing_key(&house).await;
    same(house.app.get(asked("nobody@example.org", "openai", "al-chat")).bearer(&all).send().await, "no such user");
    assert!(audited(&house, "credential.reveal").await.is_empty());
}

#[tokio::test]
async fn a_key_without_the_scope_is_told_so() {
    let house = House::start().await;
    kept(&house).await;
    let scopes = json!(["integrations:read", "integrations:write", "tokens:read", "users:act"]);
    let key = house.key(json!({ "name": "k", "scopes": scopes, "users": "*" })).await;
    for kind in ["openai", "nothing"] {
        let path = asked("ada@example.org", kind, "al-chat");
        assert_eq!(house.app.get(path).bearer(&key).send().await.expect(403).code(), "auth.scope_missing");
    }
}

#[tokio::test]
async fn each_reveal_is_written_down_first() {
    let house = House::start().await;
    let id = kept(&house).await;
    let path = asked("ada@example.org", "openai", "al-chat");
    house.get(&path).await.expect(200);
    assert_eq!(audited(&house, "credential.reveal").await, [id]);
    let audit = Fault::deny().service(Service::DynamoDb).operation("PutItem").role("credentials").always();
    house.app.faults().add(audit);
    let answer = house.get(&path).await.expect(503);
    assert!(!answer.text().contains(KEY));
}

/// A revoked key is believed for a minute elsewhere; not here.
#[tokio::test]
async fn a_revoked_key_reveals_nothing_from_that_moment_on() {
    let house = House::start().await;
    kept(&house).await;
    let body = json!({ "name": "k", "scopes": ["credentials:reveal"] });
    let made = house.as_ada(house.app.post("/api/auth/keys")).json(body).send().await.expect(200);
    let (key, id) = (made.at("key"), made.at("id"));
    let ask = async || {
        let path = asked("ada@example.org", "openai", "al-chat");
        house.app.get(path).bearer(key.as_str().unwrap()).send().await.status()
    };
    assert_eq!(ask().await, 200);
    let path = format!("/api/auth/keys/{}", id.as_str().unwrap());
    house.as_ada(house.app.delete(path)).send().await.expect(200);
    assert_eq!(ask().await, 401);
}

/// Tokens of OAuth grants are lent, not shown.
#[tokio::test]
async fn an_oauth_connection_is_no_credential() {
    let house = House::start().await;
    house.connect("default").await;
    assert_eq!(house.get("/api/credentials").await.expect(200).at("credentials"), json!([]));
    house.get(&asked("ada@example.org", "acme", "default")).await.expect(404);
}

#[tokio::test]
async fn a_guess_at_a_cursor_or_a_type_is_told() {
    let house = House::start().await;
    assert_eq!(house.get("/api/credentials?cursor=bm9uZQ").await.expect(400).code(), "request.malformed");
    for kind in ["", "..%2Fx", "a%20b", &"x".repeat(65)] {
        let answer = house.get(&asked("ada@example.org", kind, "al-chat")).await.expect(400);
        assert_eq!(answer.at("/errors/0/pointer"), "/credentialType", "{kind}");
    }
    house.get(&asked("ada@example.org", "openai", "a%23b")).await.expect(400);
}

/// An empty parameter says nothing, and all three are to be said.
#[tokio::test]
async fn where_user_type_or_project_is_empty_nothing_is_revealed() {
    let house = House::start().await;
    kept(&house).await;
    for nobody in ["", "%20"] {
        let listed = house.get(&asked(nobody, "openai", "al-chat")).await.expect(200);
        assert_eq!(listed.at("/credentials/0/credentials/api_key"), "sk-…abcd", "{}", listed.text());
        assert!(!listed.text().contains(KEY));
    }
    for path in [asked("me", "", "al-chat"), asked("me", "openai", "")] {
        assert!(!house.get(&path).await.expect(400).text().contains(KEY));
    }
    assert!(audited(&house, "credential.reveal").await.is_empty());
}

#[tokio::test]
async fn the_organisations_own_are_listed_for_administrators() {
    let house = House::start().await;
    let body = json!({ "credentialType": "openai", "credentials": { "api_key": KEY }, "global": true });
    keep(&house, &house.ada, body).await.expect(201);
    let listed = house.get("/api/credentials?global=true").await.expect(200);
    assert_eq!(listed.at("/credentials/0/credentials/api_key"), "sk-…abcd");
    assert_eq!(listed.at("/credentials/0/username"), Value::Null);
    let bob = house.colleague("bob@example.org").await;
    house.app.get("/api/credentials?global=true").bearer(&bob.access_token).send().await.expect(403);
}
