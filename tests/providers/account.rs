//! The product, with Ada signed in and a back end's key that works for her.

use std::sync::Mutex;

use serde_json::{Value, json};
use support::{Answer, Setup, TestApp, User};

pub(crate) struct Account {
    pub(crate) app: TestApp,
    pub(crate) ada: User,
    /// Her access token, and when she got it.
    signed_in: Mutex<(String, i64)>,
    key: String,
}

impl Account {
    pub(crate) async fn of(setup: Setup) -> Self {
        let app = setup.start().await;
        let ada = app.register("ada@example.org").await;
        let body = json!({ "name": "back end", "scopes": ["tokens:read"] });
        let made = app.post("/api/auth/keys").bearer(&ada.access_token).json(body).send().await.expect(200);
        let key = made.at("key").as_str().unwrap().to_owned();
        let signed_in = Mutex::new((ada.access_token.clone(), app.clock().epoch()));
        Self { app, ada, signed_in, key }
    }

    /// Ada's access token; she signs in again when it has ended.
    pub(crate) async fn bearer(&self) -> String {
        let (token, since) = self.signed_in.lock().unwrap().clone();
        let now = self.app.clock().epoch();
        if now - since < 1500 {
            return token;
        }
        let body = json!({ "email": self.ada.email, "password": "correct horse battery" });
        let answer = self.app.post("/api/auth/login").json(body).send().await.expect(200);
        let token = answer.at("access_token").as_str().unwrap().to_owned();
        *self.signed_in.lock().unwrap() = (token.clone(), now);
        token
    }

    /// Ends a connection.
    pub(crate) async fn disconnect(&self, slug: &str) {
        let delete = self.app.delete(format!("/api/integrations/{slug}/credentials"));
        delete.bearer(&self.bearer().await).send().await.expect(200);
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.app.get(path).bearer(&self.bearer().await).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.app.post(path).bearer(&self.bearer().await).json(body).send().await
    }

    /// `POST …/credentials`.
    pub(crate) async fn save(&self, slug: &str, credential: Value) -> Answer {
        self.post(&format!("/api/integrations/{slug}/credentials"), credential).await
    }

    /// Tests the stored credential.
    pub(crate) async fn test(&self, slug: &str) -> Answer {
        self.post(&format!("/api/integrations/{slug}/test"), json!({})).await.expect(200)
    }

    /// `GET …/token` by the back end.
    pub(crate) async fn token(&self, slug: &str) -> Answer {
        self.app.get(format!("/api/integrations/{slug}/token")).bearer(&self.key).send().await
    }

    /// The same where the provider has refused the token of this grant.
    pub(crate) async fn token_after(&self, slug: &str, refused: u64) -> Answer {
        let path = format!("/api/integrations/{slug}/token?refused_grant={refused}");
        self.app.get(path).bearer(&self.key).send().await
    }

    /// Whether D4's map calls it connected.
    pub(crate) async fn connected(&self, slug: &str) -> bool {
        self.get("/api/integrations/status").await.expect(200).json()[slug]["connected"] == true
    }

    /// Time goes by, in seconds.
    pub(crate) fn pass(&self, seconds: u64) {
        self.app.clock().advance(std::time::Duration::from_secs(seconds));
    }
}
