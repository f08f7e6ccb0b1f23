//! People who come to an organisation as people do: by an invitation in their mail.

use serde_json::json;

use crate::{Answer, TestApp, User};

/// The password that everybody here has.
pub const PASSWORD: &str = "correct horse battery";

impl TestApp {
    /// The token in the last mail to this address whose link leads to this page, once the mails are written.
    ///
    /// # Panics
    /// Where there is no such mail.
    pub async fn token_for(&self, email: &str, page: &str) -> String {
        self.work().await;
        let letters = self.letters();
        let link = format!("{page}?token=");
        let mut to_them = letters.iter().rev().filter(|letter| letter.to == email);
        let (_, rest) = to_them.find_map(|letter| letter.text.split_once(&link)).expect("a mail with such a link");
        rest.split_whitespace().next().expect("a token in the link").to_owned()
    }

    /// Proves the address of somebody who has registered, by the link in the mail; if that was not done.
    pub async fn prove(&self, user: &User) {
        let me = self.get("/api/auth/me").bearer(&user.access_token).send().await.expect(200);
        if me.at("is_verified") == false {
            let body = json!({ "token": self.token_for(&user.email, "/verify").await });
            self.post("/api/auth/verify-email").json(body).send().await.expect(200);
        }
    }

    /// Somebody new in the organisation of this administrator.
    pub async fn join(&self, admin: &User, email: &str, role: &str) -> User {
        self.prove(admin).await;
        let body = json!({ "email": email, "role": role });
        self.post("/api/auth/invitations").bearer(&admin.access_token).json(body).send().await.expect(200);
        let invitation = self.token_for(email, "/invitation").await;
        let body =
            json!({ "email": email, "password": PASSWORD, "full_name": "Grace Hopper", "invitation": invitation });
        let answer = self.post("/api/auth/register").json(body).send().await.expect(200);
        User::signed_in(&answer)
    }

    /// A service key that this user makes.
    pub async fn service_key(&self, maker: &User, body: serde_json::Value) -> String {
        let made = self.post("/api/auth/keys").bearer(&maker.access_token).json(body).send().await.expect(200);
        made.at("key").as_str().expect("a key is shown once").to_owned()
    }
}

impl User {
    /// Who signed in, by the answer.
    ///
    /// # Panics
    /// Where the answer is none to a sign-in.
    pub fn signed_in(answer: &Answer) -> Self {
        let text = |pointer: &str| answer.at(pointer).as_str().expect("a sign-in's answer").to_owned();
        Self {
            id: text("/user/id"),
            email: text("/user/email"),
            access_token: text("/access_token"),
            refresh_token: text("/refresh_token"),
        }
    }
}
