//! Who may be called.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::{Request, StatusCode};
use tokio::io::AsyncWriteExt;

use super::{PLENTY, Server, get, head, names, no_names};
use crate::egress::{Blocked, Egress, Error, HostPattern, Settings};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

fn hosts(patterns: &[&str]) -> Vec<HostPattern> {
    patterns.iter().map(|pattern| pattern.parse().unwrap()).collect()
}

fn blocked<T: std::fmt::Debug>(result: Result<T, Error>) -> Blocked {
    match result {
        Err(error @ Error::Blocked(why)) => {
            assert!(error.refused() && !error.reached());
            why
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_credential_goes_to_no_host_but_its_providers() {
    let server = Server::answering(OK).await;
    let egress = server.egress(no_names());
    let elsewhere = egress.provider(&hosts(&["api.github.com"]), server.get("127.0.0.1", "/"), PLENTY).await;
    assert!(matches!(elsewhere, Err(Error::NotAProviderHost { .. })));
    assert_eq!(server.requests(), 0);
    let at_home = egress.provider(&server.pattern(), server.get("127.0.0.1", "/"), PLENTY).await.unwrap();
    assert_eq!(at_home.body(), "hi");
}

#[tokio::test]
async fn a_provider_is_called_over_tls_only() {
    let (lookup, asked) = names(&[&["127.0.0.1"]]);
    let egress = Egress::with_lookup(Settings::default(), lookup);
    let plain = egress.provider(&hosts(&["api.github.com:80"]), get("http://api.github.com/"), PLENTY).await;
    assert_eq!(blocked(plain), Blocked::Scheme);
    let userinfo = get("https://token@api.github.com/");
    assert_eq!(blocked(egress.provider(&hosts(&["api.github.com"]), userinfo, PLENTY).await), Blocked::Userinfo);
    let dots = get("https://api.github.com/user/../admin");
    assert_eq!(blocked(egress.provider(&hosts(&["api.github.com"]), dots, PLENTY).await), Blocked::Path);
    let literal = egress.provider(&hosts(&["169.254.169.254"]), get("https://169.254.169.254/"), PLENTY).await;
    assert!(matches!(blocked(literal), Blocked::Address(_)));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn one_bad_address_refuses_the_whole_name() {
    for address in ["10.0.0.1", "127.0.0.1", "169.254.170.2", "::1", "fd00:ec2::254", "::ffff:8.8.8.8"] {
        for answer in [&[address, "8.8.8.8"], &["8.8.8.8", address]] {
            let (lookup, _) = names(&[answer]);
            let egress = Egress::with_lookup(Settings::default(), lookup);
            let called = egress.public(get("http://rebind.example/"), PLENTY).await;
            assert!(matches!(blocked(called), Blocked::Address(_)), "{answer:?}");
            let resolved = egress.resolve_public("rebind.example", 465).await;
            assert!(matches!(blocked(resolved), Blocked::Address(_)), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_name_that_changes_its_answer_is_asked_once_and_that_answer_dialled() {
    let server = Server::answering(OK).await;
    let (lookup, asked) = names(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let answer = server.egress(lookup).public(server.get("app.test", "/"), PLENTY).await.unwrap();
    assert_eq!(answer.body(), "hi");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_next_call_checks_the_name_again() {
    let server = Server::start(|mut stream| async move {
        while stream.write_all(OK.as_bytes()).await.is_ok() && !head(&mut stream).await.is_empty() {}
    })
    .await;
    let (lookup, _) = names(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let egress = server.egress(lookup);
    egress.public(server.get("app.test", "/"), PLENTY).await.unwrap();
    assert_eq!(blocked(egress.public(server.get("app.test", "/"), PLENTY).await), Blocked::NotLoopback);
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn what_is_opened_reaches_loopback_and_nothing_else() {
    let server = Server::answering(OK).await;
    let (lookup, _) = names(&[&["127.0.0.1", "10.0.0.1"]]);
    let egress = server.egress(lookup);
    assert_eq!(blocked(egress.public(server.get("app.test", "/"), PLENTY).await), Blocked::NotLoopback);
    assert_eq!(blocked(egress.resolve_public("app.test", server.port).await), Blocked::NotLoopback);
    let closed = Egress::with_lookup(Settings::default(), no_names());
    assert_eq!(blocked(closed.public(server.get("127.0.0.1", "/"), PLENTY).await), Blocked::Port(server.port));
    assert!(closed.gate(&format!("http://127.0.0.1:{}/", server.port)).is_err());
    assert!(egress.gate(&format!("http://127.0.0.1:{}/", server.port)).is_ok());
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn private_literals_are_refused_before_a_connect() {
    let egress = Egress::with_lookup(Settings::default(), no_names());
    for url in ["http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::ffff:a9fe:a9fe]/"] {
        assert!(matches!(blocked(egress.public(get(url), PLENTY).await), Blocked::Address(_)), "{url}");
    }
    for url in ["http://2130706433/", "http://0x7f.1/", "http://127.0.0.1./"] {
        assert_eq!(blocked(egress.public(get(url), PLENTY).await), Blocked::Host, "{url}");
    }
}

#[tokio::test]
async fn a_redirect_to_the_metadata_address_is_an_answer_and_not_followed() {
    let metadata = "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n";
    let server = Server::answering(metadata).await;
    let egress = server.egress(no_names());
    let public = egress.public(server.get("127.0.0.1", "/"), PLENTY).await.unwrap();
    let provider = egress.provider(&server.pattern(), server.get("127.0.0.1", "/"), PLENTY).await.unwrap();
    for answer in [public, provider] {
        assert_eq!(answer.status(), StatusCode::FOUND);
        assert_eq!(answer.headers()["location"], "http://169.254.169.254/");
    }
}

/// The environment belongs to the whole process, so another one runs a call under it.
#[test]
fn a_proxy_in_the_environment_is_not_used() {
    let mut call = std::process::Command::new(std::env::current_exe().unwrap());
    call.args(["--exact", "egress::tests::reach::a_credential_goes_to_no_host_but_its_providers"]);
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY"] {
        call.env(name, "http://127.0.0.1:1");
    }
    let output = call.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[tokio::test]
async fn headers_that_speak_for_the_connection_are_ours() {
    let server = Server::answering(OK).await;
    let request = Request::post(format!("http://127.0.0.1:{}/hook", server.port))
        .header("host", "internal.example")
        .header("transfer-encoding", "chunked")
        .header("content-length", "7")
        .header("connection", "upgrade")
        .header("proxy-authorization", "Basic abc")
        .header("authorization", "Bearer abc")
        .body(Bytes::new())
        .unwrap();
    server.egress(no_names()).public(request, PLENTY).await.unwrap();
    let head = server.seen.lock().unwrap()[0].to_ascii_lowercase().replace(&server.port.to_string(), "PORT");
    let mut lines: Vec<_> = head.trim_end().split("\r\n").skip(1).collect();
    lines.sort_unstable();
    insta::assert_snapshot!(lines.join("\n"), @r"
    accept-encoding: identity
    accept: */*
    authorization: bearer abc
    content-length: 0
    host: 127.0.0.1:PORT
    user-agent: postern/0.1.0
    ");
    assert!(Request::get("/").header("x", "a\r\nhost: evil").body(()).is_err());
}

#[tokio::test]
async fn a_host_for_mail_is_checked_like_one_for_http() {
    let (lookup, _) = names(&[&["8.8.8.8", "2606:4700::1111"]]);
    let egress = Egress::with_lookup(Settings::default(), lookup);
    let found = egress.resolve_public("SMTP.example.com", 465).await.unwrap();
    assert_eq!(found, ["8.8.8.8:465".parse().unwrap(), "[2606:4700::1111]:465".parse().unwrap()]);
    for host in
        ["127.1", "2130706433", "localhost", "a.com/x", "a.com:80", "u@a.com", "a.com.", "a.com#", "[::1", "a b.c", ""]
    {
        assert!(egress.resolve_public(host, 465).await.is_err(), "{host}");
    }
    for host in ["127.0.0.1", "::1", "::ffff:8.8.8.8", "10.1.2.3"] {
        assert!(matches!(blocked(egress.resolve_public(host, 465).await), Blocked::Address(_)), "{host}");
    }
    let silent = Egress::with_lookup(Settings::default(), Arc::new(|_| Box::pin(async { Ok(Vec::new()) })));
    assert!(matches!(silent.resolve_public("gone.example", 465).await, Err(Error::Lookup)));
}
