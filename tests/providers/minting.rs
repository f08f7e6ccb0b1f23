//! The journey of a credential that mints tokens: tried before it is kept, and good for as long as its provider takes it.

use serde_json::{Value, json};

use crate::{account::Account, standin::Standin};

/// A credential, and how its vendor goes about it.
pub(crate) struct Minter {
    pub(crate) slug: &'static str,
    pub(crate) standin: Standin,
    pub(crate) account: Account,
    /// What is typed.
    pub(crate) credential: Value,
    /// What of it must be seen nowhere.
    pub(crate) secret: String,
    /// Where tokens are minted.
    pub(crate) mint: &'static str,
}

impl Minter {
    /// From saving to the day when the provider takes it no more.
    pub(crate) async fn journey(&self) {
        self.saved().await;
        self.minted_anew().await;
        self.taken_back().await;
    }

    async fn lent(&self) -> String {
        let lent = self.account.token(self.slug).await.expect(200);
        lent.at("access_token").as_str().unwrap().to_owned()
    }

    fn minted(&self) -> usize {
        self.standin.asked(self.mint).len()
    }

    /// Saving tries it, and nothing of it comes back.
    async fn saved(&self) {
        let saved = self.account.save(self.slug, self.credential.clone()).await.expect(200);
        assert_eq!(self.minted(), 1);
        assert!(self.account.connected(self.slug).await);
        let mut told = saved.text();
        for path in ["/api/integrations", "/api/integrations/status"] {
            told += &self.account.get(path).await.expect(200).text();
        }
        told += &self.account.get(&format!("/api/integrations/{}/credentials", self.slug)).await.expect(200).text();
        told += &self.account.token(self.slug).await.expect(200).text();
        assert!(!told.contains(&self.secret), "{told}");
        assert_eq!(self.minted(), 1, "the token that proved it is the one that is lent");
    }

    /// A token near its end is replaced, by the schedule or whoever asks; a test proves the credential, not the token.
    async fn minted_anew(&self) {
        let first = self.lent().await;
        self.account.pass(3600);
        let second = self.lent().await;
        assert_ne!(first, second);
        assert_eq!(self.minted(), 2);
        let tested = self.account.test(self.slug).await;
        assert_eq!(tested.at("success"), true, "{}", tested.text());
        assert_eq!(self.minted(), 3);
        self.account.pass(3000);
        self.account.app.tick().await;
        assert_eq!(self.minted(), 4, "nobody has to wait for a token that is in use");
    }

    /// What the provider takes no more must be saved anew. No operator can mend it.
    async fn taken_back(&self) {
        self.standin.knows_client(false);
        let refused = self.account.save(self.slug, self.credential.clone()).await.expect(400);
        assert_eq!(refused.code(), "provider.credential_refused", "{}", refused.text());
        assert!(!refused.text().contains(&self.secret));
        assert!(self.account.connected(self.slug).await, "one that was refused replaces none");
        self.account.pass(3600);
        let ended = self.account.token(self.slug).await.expect(409);
        assert_eq!(ended.at("reauth_required"), true);
        assert_eq!(ended.at("reconnect"), json!(format!("/api/integrations/{}/credentials", self.slug)));
        self.standin.knows_client(true);
        self.account.save(self.slug, self.credential.clone()).await.expect(200);
        self.lent().await;
    }
}
