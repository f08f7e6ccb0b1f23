//! How long, how large; and what is known of a request whose answer never came.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{PLENTY, Server, get, head, no_names};
use crate::egress::{Bounds, Egress, Error, Lookup, Settings};

const ENDLESS: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

#[tokio::test]
async fn an_endless_body_is_cut_off_at_its_limit() {
    let (hung_up, told) = oneshot::channel();
    let hung_up = Arc::new(std::sync::Mutex::new(Some(hung_up)));
    let server = Server::start(move |mut stream| {
        let hung_up = hung_up.clone();
        async move {
            stream.write_all(ENDLESS).await.unwrap();
            let chunk = [b"1000\r\n".as_slice(), &[b'x'; 4096], b"\r\n"].concat();
            while stream.write_all(&chunk).await.is_ok() {}
            let _ = hung_up.lock().unwrap().take().unwrap().send(());
        }
    })
    .await;
    let error = server.egress(no_names()).public(server.get("127.0.0.1", "/"), PLENTY).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: 1000 }));
    assert!(error.reached());
    // The connection is given up, or the server would write for ever.
    told.await.unwrap();
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_taken_and_one_more_byte_is_not() {
    for (length, taken) in [(1000, true), (1001, false)] {
        let body = "x".repeat(length);
        for head in [format!("content-length: {length}"), "connection: close".to_owned()] {
            let server = Server::answering(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}")).await;
            let answer = server.egress(no_names()).public(server.get("127.0.0.1", "/"), PLENTY).await;
            assert_eq!(answer.is_ok(), taken, "{length} {head}");
        }
    }
}

#[tokio::test]
async fn a_body_announced_as_too_large_is_not_waited_for() {
    let server = Server::start(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n").await.unwrap();
        head(&mut stream).await;
    })
    .await;
    let error = server.egress(no_names()).public(server.get("127.0.0.1", "/"), PLENTY).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
}

/// 10,000 zeros.
const BOMB: [u8; 45] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 1, 13, 0, 0, 0, 194, 160, 247, 79, 109, 14, 55, 160, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 224, 223, 0, 46, 202, 59, 77, 16, 39, 0, 0,
];

#[tokio::test]
async fn a_gzip_bomb_is_not_unpacked() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 45\r\n\r\n";
    let server = Server::answering([head.as_slice(), &BOMB].concat()).await;
    let answer = server.egress(no_names()).public(server.get("127.0.0.1", "/"), PLENTY).await.unwrap();
    assert_eq!(answer.body().as_ref(), BOMB);
    assert_eq!(answer.headers()["content-encoding"], "gzip");
}

#[tokio::test]
async fn a_slow_drip_ends_at_the_deadline() {
    let server = Server::start(|mut stream| async move {
        stream.write_all(ENDLESS).await.unwrap();
        let mut drip = tokio::time::interval(Duration::from_millis(20));
        while stream.write_all(b"1\r\nx\r\n").await.is_ok() {
            drip.tick().await;
        }
    })
    .await;
    let bounds = Bounds { timeout: Duration::from_millis(300), ..PLENTY };
    let error = server.egress(no_names()).public(server.get("127.0.0.1", "/"), bounds).await.unwrap_err();
    assert!(matches!(error, Error::Timeout(_)), "{error:?}");
    assert!(error.reached());
}

#[tokio::test]
async fn what_was_never_sent_is_known_as_such() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let settings = Settings { allow: vec![("127.0.0.1".to_owned(), free)] };
    let url = format!("http://127.0.0.1:{free}/bot123:SECRET?token=SECRET");
    let refused = Egress::new(settings).public(get(&url), PLENTY).await.unwrap_err();
    assert!(matches!(refused, Error::Connect(_)), "{refused:?}");
    assert!(!refused.reached());
    assert!(!format!("{refused:?} {refused}").contains("SECRET"));

    let server = Server::answering("HTTP/1.1 400 no TLS here\r\n\r\n").await;
    let tls = get(&format!("https://127.0.0.1:{}/", server.port));
    let no_tls = server.egress(no_names()).public(tls, PLENTY).await.unwrap_err();
    assert!(matches!(no_tls, Error::Connect(_)), "{no_tls:?}");
    assert!(!no_tls.reached());

    let lost: Lookup = Arc::new(|_| Box::pin(async { Err(io::Error::other("no such name")) }));
    let lost = Egress::with_lookup(Settings::default(), lost).public(get("https://gone.example/"), PLENTY).await;
    assert!(matches!(&lost, Err(error @ Error::Lookup) if !error.reached()), "{lost:?}");
}

#[tokio::test]
async fn a_name_server_that_never_answers_means_never_sent() {
    let silent: Lookup = Arc::new(|_| Box::pin(std::future::pending()));
    let egress = Egress::build(Settings::default(), silent, Duration::from_millis(50));
    let called = egress.public(get("https://silent.example/"), PLENTY).await;
    assert!(matches!(&called, Err(error @ Error::Connect(_)) if !error.reached()), "{called:?}");
    assert!(matches!(egress.resolve_public("silent.example", 465).await, Err(Error::Lookup)));
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_doubt() {
    let hangs_up = Server::start(|stream| async { drop(stream) }).await;
    let breaks_off = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal").await;
    for server in [hangs_up, breaks_off] {
        let request = server.get("127.0.0.1", "/bot123:SECRET");
        let error = server.egress(no_names()).provider(&server.pattern(), request, PLENTY).await.unwrap_err();
        assert!(matches!(error, Error::Broken(_)), "{error:?}");
        assert!(error.reached());
        assert!(!format!("{error:?} {error}").contains("SECRET"));
        assert_eq!(server.requests(), 1, "never sent twice");
    }
}
