//! The way out against servers on loopback, opened by the settings as an operator would.

mod bounds;
mod gate;
mod reach;

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Bounds, Egress, HostPattern, Lookup, Settings};

const PLENTY: Bounds = Bounds { timeout: Duration::from_secs(20), max_bytes: 1000 };

/// A server and the heads of the requests that it got.
struct Server {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Reads a request's head, then lets `answer` do as it likes with the connection.
    async fn start<F>(answer: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let heads = seen.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let head = head(&mut stream).await;
                heads.lock().unwrap().push(head);
                tokio::spawn(answer(stream));
            }
        });
        Self { port, seen }
    }

    async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |mut stream| {
            let answer = answer.clone();
            async move { stream.write_all(&answer).await.unwrap() }
        })
        .await
    }

    fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// A way out that opens this server under `127.0.0.1` and `app.test`.
    fn egress(&self, lookup: Lookup) -> Egress {
        let allow = ["127.0.0.1", "app.test"].map(|host| (host.to_owned(), self.port)).to_vec();
        Egress::with_lookup(Settings { allow }, lookup)
    }

    fn get(&self, host: &str, path: &str) -> Request<Bytes> {
        get(&format!("http://{host}:{}{path}", self.port))
    }

    fn pattern(&self) -> [HostPattern; 1] {
        [format!("127.0.0.1:{}", self.port).parse().unwrap()]
    }
}

/// Up to the blank line; of a TLS greeting, whatever came first.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.first() != Some(&0x16) {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

fn get(url: &str) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).unwrap()
}

/// A name server with one answer after the other, the last one repeated; and how often it was asked.
fn names(answers: &[&[&str]]) -> (Lookup, Arc<AtomicUsize>) {
    let answers: Vec<Vec<IpAddr>> =
        answers.iter().map(|answer| answer.iter().map(|address| address.parse().unwrap()).collect()).collect();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let lookup: Lookup = Arc::new(move |_| {
        let turn = count.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        let answer = answers[turn].clone();
        Box::pin(async move { Ok(answer) })
    });
    (lookup, asked)
}

/// For tests whose hosts are literals.
fn no_names() -> Lookup {
    Arc::new(|host| panic!("looked up {host}"))
}
