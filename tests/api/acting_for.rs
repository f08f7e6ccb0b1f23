//! For whom a caller acts: a key for a user or its organisation, an administrator for a colleague.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use shared::auth::Owner;
use support::{TestApp, User};

use crate::{
    auth::{colleague, key, set},
    callers::{ME, bearer, caller},
};

/// What a key acts for.
async fn owner(app: &TestApp, key: &str, behalf: Option<&str>) -> Result<Owner, String> {
    let (name, value) = bearer(key);
    let mut headers = vec![(name, value.as_str())];
    headers.extend(behalf.map(|user| ("x-on-behalf-of", user)));
    let caller = caller(app, "integrations", &headers).await.map_err(|error| error.code().as_str().to_owned())?;
    Ok(caller.tenant().owner().clone())
}

fn user(user: &User) -> Owner {
    Owner::User(user.id.parse().unwrap())
}

#[tokio::test]
async fn a_key_ends_on_its_day_also_where_it_is_remembered() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let (text, _) = key(&app, &ada, json!({ "name": "ci", "scopes": ["tokens:read"], "expires_in_days": 1 })).await;
    app.clock().advance(Duration::from_hours(24) - Duration::from_secs(1));
    assert_eq!(owner(&app, &text, None).await, Ok(user(&ada)));
    app.clock().advance(Duration::from_secs(1));
    assert_eq!(owner(&app, &text, None).await, Err("auth.required".to_owned()));
}

#[tokio::test]
async fn a_key_acts_for_its_one_user_or_for_the_organisation() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let (own, _) = key(&app, &ada, json!({ "name": "own", "scopes": ["tokens:read"] })).await;
    assert_eq!(owner(&app, &own, None).await, Ok(user(&ada)));
    let (all, _) = key(&app, &ada, json!({ "name": "all", "scopes": ["tokens:read"], "users": "*" })).await;
    assert_eq!(owner(&app, &all, None).await, Ok(Owner::Organisation));
}

#[tokio::test]
async fn acting_for_somebody_takes_the_scope_and_a_user_of_the_organisation() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let eve = app.register("eve@example.org").await;
    let (plain, _) = key(&app, &ada, json!({ "name": "plain", "scopes": ["tokens:read"], "users": "*" })).await;
    assert_eq!(owner(&app, &plain, Some(&ada.id)).await, Err("auth.scope_missing".to_owned()));
    let body = json!({ "name": "acting", "scopes": ["tokens:read", "users:act"], "users": "*" });
    let (acting, _) = key(&app, &ada, body).await;
    assert_eq!(owner(&app, &acting, Some(&ada.id)).await, Ok(user(&ada)));
    assert_eq!(owner(&app, &acting, Some(" ADA@example.org ")).await, Ok(user(&ada)));
    for stranger in [&eve.id, &eve.email, "usr_0000000000000000000000", "nobody@example.org", "me"] {
        assert_eq!(owner(&app, &acting, Some(stranger)).await, Err("auth.forbidden".to_owned()), "{stranger}");
    }
}

#[tokio::test]
async fn a_key_acts_only_for_users_within_its_limit_who_are_active() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "member").await;
    let joe = colleague(&app, &ada, "joe@example.org", "member").await;
    let body = json!({ "name": "two", "scopes": ["users:act"], "users": [ada.id, bob.id] });
    let (two, _) = key(&app, &ada, body).await;
    assert_eq!(owner(&app, &two, Some(&bob.id)).await, Ok(user(&bob)));
    assert_eq!(owner(&app, &two, Some(&joe.id)).await, Err("auth.forbidden".to_owned()));
    set(&app, &bob, "is_active", AttributeValue::Bool(false)).await;
    app.clock().advance(Duration::from_mins(1));
    assert_eq!(owner(&app, &two, Some(&bob.id)).await, Err("auth.forbidden".to_owned()));
}

#[tokio::test]
async fn a_key_of_one_user_ends_with_the_user() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let (own, _) = key(&app, &ada, json!({ "name": "own", "scopes": ["tokens:read"] })).await;
    set(&app, &ada, "is_active", AttributeValue::Bool(false)).await;
    assert_eq!(owner(&app, &own, None).await, Err("auth.required".to_owned()));
}

#[tokio::test]
async fn an_administrator_may_name_a_colleague_and_a_member_may_not() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "member").await;
    let function = app.stack().app("integrations");
    let by = async |who: &User| {
        let (name, value) = bearer(&who.access_token);
        caller(&app, "integrations", &[(name, &value)]).await.unwrap()
    };
    assert_eq!(by(&ada).await.self_or_admin(&function, &bob.id).await.unwrap().owner(), &user(&bob));
    assert!(by(&bob).await.self_or_admin(&function, &ada.id).await.is_err());
}

#[tokio::test]
async fn a_person_acts_for_nobody_else() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let ask = || app.get(ME).bearer(&ada.access_token);
    ask().header("x-on-behalf-of", &ada.id).send().await.expect(403);
    ask().header("x-on-behalf-of", "a").header("x-on-behalf-of", "b").send().await.expect(400);
    // What a query says is for the operation to read; to remember it opens nothing to the header.
    app.get(format!("{ME}?username=bob")).bearer(&ada.access_token).send().await.expect(200);
    ask().header("x-on-behalf-of", "bob").send().await.expect(403);
}

#[tokio::test]
async fn an_old_path_takes_oneself_and_no_stranger() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let eve = app.register("eve@example.org").await;
    let (name, value) = bearer(&ada.access_token);
    let caller = caller(&app, "integrations", &[(name, &value)]).await.unwrap();
    let function = app.stack().app("integrations");
    for own in ["me", &ada.id] {
        assert_eq!(caller.self_or_admin(&function, own).await.unwrap().owner(), &user(&ada));
    }
    for other in [&eve.id, "usr_0000000000000000000000", "../me", ""] {
        let error = caller.self_or_admin(&function, other).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.message()), ("auth.forbidden", "Forbidden"));
    }
}

/// D1's clients name the user in the query.
#[tokio::test]
async fn a_key_takes_the_users_name_from_the_query() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "member").await;
    let (own, _) = key(&app, &ada, json!({ "name": "own", "scopes": ["integrations:read"] })).await;
    let ask = |key: &str, name: &str| app.get(format!("/api/integrations?username={name}")).bearer(key);
    ask(&own, &ada.email).send().await.expect(200);
    ask(&own, &bob.email).send().await.expect(403);
    ask(&own, &ada.email).header("x-on-behalf-of", &bob.id).send().await.expect(400);
    // A person is who they are.
    app.get(format!("/api/integrations?username={}", bob.email)).bearer(&ada.access_token).send().await.expect(200);
}

#[tokio::test]
async fn a_key_of_several_users_says_for_whom() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "member").await;
    let body = json!({ "name": "two", "scopes": ["users:act"], "users": [ada.id, bob.id] });
    let (two, _) = key(&app, &ada, body).await;
    assert_eq!(owner(&app, &two, None).await, Err("auth.forbidden".to_owned()));
}
