//! The program as a person runs it: what it says, how it stops, what outlives it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod run;

use std::io::{Read as _, Write as _};

use run::{Folder, Run};
use serde_json::{Value, json};
use url::Url;

const LENT: &str = "GET /api/integrations/sandbox/token";

#[test]
fn it_says_where_it_is_and_ends_well() {
    let folder = Folder::new();
    let run = Run::start(&folder, &[("MONGO_URL", "mongodb://old")]);
    assert_eq!(run.get("/sandbox/me").0, 401);
    run.signal("TERM");
    let (code, said) = run.ended();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("note: MONGO_URL is not used: data is kept in DynamoDB"), "{said}");
}

#[test]
fn what_was_acknowledged_outlives_a_kill() {
    let folder = Folder::new();
    let run = Run::start(&folder, &[]);
    let ada = json!({ "email": "ada@example.org", "password": "correct horse battery", "full_name": "Ada" });
    let token = run.ask("POST /api/auth/register", "", &ada);
    let token = token["access_token"].as_str().unwrap();
    let key = json!({ "name": "back end", "scopes": ["tokens:read"] });
    let key = run.ask("POST /api/auth/keys", token, &key);
    let key = key["key"].as_str().unwrap();
    connect(&run, token);
    let first = run.ask(LENT, key, &Value::Null);
    // The provider has made the tokens before it good for nothing: only what this answer stands for can be renewed.
    let renewed = run.ask(&format!("{LENT}?refused_grant={}", first["grant"]), key, &Value::Null);
    assert_ne!(renewed["access_token"], first["access_token"]);
    let port = run.port().to_string();
    run.kill();

    // The provider is a part of it, and known by its port.
    let again = Run::start(&folder, &[("PORT", &port)]);
    let token = again.ask("POST /api/auth/login", "", &ada);
    let status = again.ask("GET /api/integrations/status", token["access_token"].as_str().unwrap(), &Value::Null);
    assert_eq!(status["sandbox"]["connected"], true, "{status}");
    let kept = again.ask(LENT, key, &Value::Null);
    assert_eq!(kept["access_token"], renewed["access_token"]);
    let anew = again.ask(&format!("{LENT}?refused_grant={}", kept["grant"]), key, &Value::Null);
    assert_ne!(anew["access_token"], kept["access_token"]);
    let me = again.ask("GET /sandbox/me", anew["access_token"].as_str().unwrap(), &Value::Null);
    assert!(me.to_string().contains("ada"), "{me}");
}

#[test]
fn a_request_under_way_is_finished_before_it_stops() {
    let folder = Folder::new();
    let mut run = Run::start(&folder, &[]);
    let mut stream = run.connect();
    let head = "host: localhost\r\nexpect: 100-continue\r\ncontent-length: 9";
    write!(stream, "POST /sandbox/token HTTP/1.1\r\n{head}\r\n\r\n").unwrap();
    // It asks for the body: the request is under way.
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    run.signal("TERM");
    run.hears("Stopping");
    write!(stream, "client_id").unwrap();
    let (status, body) = run::read_answer(stream);
    assert_eq!((status, body.contains("invalid_client")), (401, true), "{body}");
    assert_eq!(run.ended().0, Some(0));
}

#[test]
fn two_servers_do_not_share_a_folder_or_a_port() {
    let folder = Folder::new();
    let run = Run::start(&folder, &[]);
    let (code, said) = Run::fails(&folder, &[("PORT", "0")]);
    assert!(code == Some(1) && said.contains("another Postern runs on the folder"), "{said}");
    let (code, said) = Run::fails(&Folder::new(), &[("PORT", &run.port().to_string())]);
    assert!(code == Some(1) && said.contains(&format!("port {} is taken", run.port())), "{said}");
}

#[test]
fn a_wrong_setting_is_named() {
    let (code, said) = Run::fails(&Folder::new(), &[("PORT", "0"), ("LOGIN_MAX", "many")]);
    assert!(code == Some(1) && said.contains("LOGIN_MAX"), "{said}");
    let (code, said) = Run::fails(&Folder::new(), &[("PORT", "high")]);
    assert!(code == Some(1) && said.contains("PORT: `high`"), "{said}");
}

/// Consents as Ada at the sandbox, and hands in what the browser brings back.
fn connect(run: &Run, token: &str) {
    let back = json!({ "redirectUri": format!("http://localhost:{}/callback", run.port()) });
    let started = run.ask("POST /api/integrations/oauth/start/sandbox", token, &back);
    let question = Url::parse(started["authUrl"].as_str().unwrap()).unwrap();
    let path = &question[url::Position::BeforePath..];
    let (status, answer) = run.post(path, &[("person", "ada"), ("decision", "approve")]);
    assert_eq!(status, 303, "{answer}");
    let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    let brought = Url::parse(location).unwrap().query().unwrap().to_owned();
    run.ask(&format!("POST /api/integrations/oauth/callback?{brought}"), token, &Value::Null);
}
