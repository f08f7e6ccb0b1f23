//! The program as a person runs it: what it says, how it stops, what outlives it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod run;

use std::io::{Read as _, Write as _};

use run::{Folder, Run};
use url::Url;

const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0";
const CHALLENGE: &str = "S6xMLfJrdwhXm9EJRqmQw6nyYWcpLlPsCEOqmhPUIcs";

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
    let (secret, tokens) = connect(&folder, &run);
    run.kill();

    let again = Run::start(&folder, &[]);
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ("client_id", "sandbox"),
        ("client_secret", &secret),
    ];
    let (status, body) = again.post("/sandbox/token", &form);
    assert_eq!(status, 200, "{body}");
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

/// Consents as Ada and exchanges the code.
fn connect(folder: &Folder, run: &Run) -> (String, serde_json::Value) {
    let callback = format!("http://localhost:{}/api/integrations/oauth/callback/sandbox", run.port());
    let question = Url::parse_with_params(
        "http://x/sandbox/authorize",
        [
            ("client_id", "sandbox"),
            ("redirect_uri", &callback),
            ("response_type", "code"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ],
    )
    .unwrap();
    let path = &question[url::Position::BeforePath..];
    let (status, answer) = run.post(path, &[("person", "ada"), ("decision", "approve")]);
    assert_eq!(status, 303, "{answer}");
    let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    let location = Url::parse(location).unwrap();
    let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1;
    let book: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("sandbox.json")).unwrap()).unwrap();
    let secret = book["client_secret"].as_str().unwrap().to_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", &callback),
        ("code_verifier", VERIFIER),
        ("client_id", "sandbox"),
        ("client_secret", &secret),
    ];
    let (status, answer) = run.post("/sandbox/token", &form);
    assert_eq!(status, 200, "{answer}");
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    (secret, serde_json::from_str(body).unwrap())
}
