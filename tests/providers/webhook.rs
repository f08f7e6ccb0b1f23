//! Webhooks of one's own: whose an id is, and when it may be chosen.

use serde_json::{Value, json};
use support::{Answer, TestApp, User};

use crate::account::Account;

const SECRET: &str = "hush-hush-hush";

async fn save(app: &TestApp, user: &User, body: Value) -> Answer {
    app.post("/api/integrations/webhook/credentials").bearer(&user.access_token).json(body).send().await
}

#[tokio::test]
async fn the_last_part_of_the_address_is_the_id() {
    let account = Account::of(TestApp::setup()).await;
    for body in [
        json!({ "url": "https://postern.example/api/webhooks/orders", "secret": SECRET, "verifySecret": "v" }),
        json!({ "webhookUrl": "https://postern.example/api/webhooks/orders/", "webhookSecret": SECRET, "verifyToken": "v" }),
        json!({ "webhookId": "orders", "secret": SECRET }),
    ] {
        let saved = account.save("webhook", body).await.expect(200);
        assert_eq!(saved.at("/testData/webhookId"), "orders");
        assert_eq!(saved.at("/testData/url"), "https://postern.example/api/webhooks/orders");
        assert!(!saved.text().contains(SECRET));
    }
    assert_eq!(account.test("webhook").await.at("success"), true);
}

#[tokio::test]
async fn a_chosen_id_needs_a_secret_and_a_made_one_cannot_be_guessed() {
    let account = Account::of(TestApp::setup()).await;
    for body in [json!({ "webhookId": "orders" }), json!({ "url": "https://postern.example/api/webhooks/orders" })] {
        let answer = account.save("webhook", body).await.expect(400);
        assert_eq!(answer.at("/errors/0/pointer"), "/credentials/secret");
    }
    let made = async |body: Value| account.save("webhook", body).await.expect(200).at("/testData/webhookId");
    let one = made(json!({ "verifySecret": "v" })).await;
    let two = made(json!({ "url": "https://postern.example/", "secret": SECRET })).await;
    assert_ne!(one, two);
    assert!(one.as_str().unwrap().len() >= 22, "{one}");
}

#[tokio::test]
async fn reserved_words_and_odd_ids_are_refused() {
    let account = Account::of(TestApp::setup()).await;
    for (body, field) in [
        (json!({ "webhookId": "n8n", "secret": SECRET }), "webhookId"),
        (json!({ "webhookId": "Integration", "secret": SECRET }), "webhookId"),
        (json!({ "url": "https://postern.example/api/webhooks/integration", "secret": SECRET }), "url"),
        (json!({ "url": "https://postern.example/api/webhooks/a%2Fb", "secret": SECRET }), "url"),
        (json!({ "url": "javascript:orders", "secret": SECRET }), "url"),
        (json!({ "webhookId": "a/b", "secret": SECRET }), "webhookId"),
        (json!({ "webhookId": "orders", "secret": "short" }), "secret"),
        (json!({ "webhookId": "orders", "secret": "hush\r\nhush-hush" }), "secret"),
    ] {
        let answer = account.save("webhook", body.clone()).await.expect(400);
        assert_eq!(answer.at("/errors/0/pointer"), format!("/credentials/{field}"), "{body}");
    }
}

#[tokio::test]
async fn an_id_is_one_persons_until_it_is_let_go() {
    let account = Account::of(TestApp::setup()).await;
    let (app, ada) = (&account.app, &account.ada);
    let eve = app.register("eve@example.org").await;
    let body = json!({ "webhookId": "orders", "secret": SECRET });
    save(app, ada, body.clone()).await.expect(200);
    account.pass(120);
    let taken = save(app, &eve, body.clone()).await.expect(409);
    assert_eq!(taken.code(), "resource.conflict");
    let tested = app.post("/api/integrations/webhook/test").bearer(&eve.access_token).json(body.clone()).send().await;
    assert_eq!(tested.expect(200).at("success"), false);
    // Her other one cannot have it either; her own slot keeps it.
    let other = app.post("/api/integrations/webhook/credentials?label=other").bearer(&ada.access_token);
    other.json(body.clone()).send().await.expect(409);
    save(app, ada, body.clone()).await.expect(200);
    account.pass(120);
    app.delete("/api/integrations/webhook/credentials").bearer(&ada.access_token).send().await.expect(200);
    save(app, &eve, body.clone()).await.expect(200);
    account.pass(120);
    save(app, ada, body).await.expect(409);
}

#[tokio::test]
async fn whoever_changes_to_another_id_lets_the_former_go() {
    let account = Account::of(TestApp::setup()).await;
    let (app, ada) = (&account.app, &account.ada);
    let eve = app.register("eve@example.org").await;
    save(app, ada, json!({ "webhookId": "orders", "secret": SECRET })).await.expect(200);
    save(app, ada, json!({ "webhookId": "bills", "secret": SECRET })).await.expect(200);
    account.pass(120);
    save(app, &eve, json!({ "webhookId": "orders", "secret": SECRET })).await.expect(200);
}

#[tokio::test]
async fn two_at_once_do_not_both_get_it() {
    let account = Account::of(TestApp::setup()).await;
    let app = &account.app;
    let eve = app.register("eve@example.org").await;
    let body = json!({ "webhookId": "orders", "secret": SECRET });
    let (one, two) = tokio::join!(save(app, &account.ada, body.clone()), save(app, &eve, body.clone()));
    let mut statuses = [one.status(), two.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}
