//! AWS's access keys against moto's STS, which checks signatures once it is told to: the signer's and the checker's code
//! are two people's.

use std::{path::Path, process::Command};

use serde_json::json;
use support::{Child, TestApp};

/// Users may be made unsigned until then: making one, and a key.
const UNSIGNED: &str = "2";

struct Sts {
    at: String,
    _process: Child,
}

impl Sts {
    fn start() -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/.venv/bin/moto_server");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", r#"exec "$0" -H 127.0.0.1 -p 0 2>&1"#])
            .arg(program)
            .env("INITIAL_NO_AUTH_ACTION_COUNT", UNSIGNED);
        let ready = |line: &str| Some(line.split_once("Running on ")?.1.trim().to_owned());
        let (process, at) = Child::ready(&shell, "is moto installed? tests/run does that", ready);
        Self { at, _process: process }
    }

    fn port(&self) -> u16 {
        self.at.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// A user's access key: id and secret.
    async fn key(&self) -> (String, String) {
        self.iam("CreateUser").await;
        let made = self.iam("CreateAccessKey").await;
        let text = |name: &str| {
            let rest = made.split_once(&format!("<{name}>")).unwrap().1;
            rest.split_once('<').unwrap().0.to_owned()
        };
        (text("AccessKeyId"), text("SecretAccessKey"))
    }

    async fn iam(&self, action: &str) -> String {
        let form = [("Action", action), ("UserName", "ada"), ("Version", "2010-05-08")];
        let scope =
            "AWS4-HMAC-SHA256 Credential=none/20261120/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=none";
        let client = reqwest::Client::builder().build().unwrap();
        let answer = client.post(&self.at).header("authorization", scope).form(&form).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{action}: {text}");
        text
    }

    /// AWS's own provider file, pointed here. moto answers in JSON where a parameter says so, AWS where a header does.
    fn file(&self) -> String {
        let file = include_str!("../../shared/providers/aws.toml")
            .replace("https://sts.{region}.amazonaws.com", &self.at)
            .replace("\"sts.*.amazonaws.com\"", &format!("\"127.0.0.1:{}\"", self.port()))
            .replace("Version = \"2011-06-15\"", "Version = \"2011-06-15\", ContentType = \"JSON\"");
        format!("override = true\nlocal_only = true\n{file}")
    }
}

#[tokio::test]
async fn a_key_proves_itself_by_its_signature() {
    let sts = Sts::start();
    let (id, secret) = sts.key().await;
    // The clocks of both are held against each other.
    let setup = TestApp::setup().system_clock().provider_file("aws", &sts.file()).allow(sts.port());
    let app = setup.start().await;
    let ada = app.register("ada@example.org").await;
    let save = async |id: &str, secret: &str| {
        let typed = json!({ "accessKeyId": id, "secretAccessKey": secret, "region": "eu-central-1" });
        app.post("/api/integrations/aws/credentials").bearer(&ada.access_token).json(typed).send().await
    };
    let saved = save(&id, &secret).await.expect(200);
    assert_eq!(saved.at("/testData/id"), "arn:aws:iam::123456789012:user/ada");
    assert_eq!(saved.at("/testData/workspace"), "123456789012");
    assert!(!saved.text().contains(&secret));

    let stored =
        app.post("/api/integrations/aws/test").bearer(&ada.access_token).json(json!({})).send().await.expect(200);
    assert_eq!(stored.at("success"), true, "{}", stored.text());

    // moto says why in XML only; that it says no is what counts here.
    let other = secret.chars().rev().collect::<String>();
    for (id, secret) in [(id.as_str(), other.as_str()), ("AKIAAAAAAAAAAAAAAAAA", secret.as_str())] {
        let refused = save(id, secret).await.expect(400);
        assert_eq!(refused.code(), "provider.credential_refused");
        assert!(refused.at("error").as_str().unwrap().contains("403"), "{}", refused.text());
    }
}
