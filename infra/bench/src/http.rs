//! HTTP/1.1 on a connection that stays open, with as little work as can be: the load must not be what is measured.

use std::{io, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::Failure;

/// Nobody waits longer for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection to a server on this machine.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

/// A request as it goes over the wire.
pub(crate) fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text.extend(["\r\n", body]);
    text.into_bytes()
}

impl Connection {
    pub(crate) async fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(8 * 1024) })
    }

    /// Sends a request and says with which status it was answered.
    pub(crate) async fn status(&mut self, request: &[u8]) -> Result<u16, Failure> {
        let (status, ..) = self.exchange(request).await?;
        self.buffer.clear();
        Ok(status)
    }

    /// Sends a request and takes the whole answer in.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<Answer, Failure> {
        let (status, head, end) = tokio::time::timeout(PATIENCE, self.exchange(request)).await??;
        let text = String::from_utf8_lossy(&self.buffer[..head]).into_owned();
        let body = self.buffer[head..end].to_vec();
        self.buffer.clear();
        Ok(Answer { status, head: text, body })
    }

    /// Sends JSON under a bearer, and takes JSON; anything but a success is a failure.
    pub(crate) async fn ask(&mut self, method: &str, path: &str, bearer: &str, body: &Value) -> Result<Value, Failure> {
        let authorization = format!("Bearer {bearer}");
        let mut headers = vec![("content-type", "application/json")];
        if !bearer.is_empty() {
            headers.push(("authorization", &authorization));
        }
        let answer = self.send(&request(method, path, &headers, &body.to_string())).await?;
        if !(200..300).contains(&answer.status) {
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            return Err(format!("{method} {path}: {} {said}", answer.status).into());
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// The status, where the head ends and where the body does.
    async fn exchange(&mut self, request: &[u8]) -> Result<(u16, usize, usize), Failure> {
        self.stream.write_all(request).await?;
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server hung up".into());
            }
            let Some(head) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) else {
                continue;
            };
            let text = std::str::from_utf8(&self.buffer[..head])?;
            let status = text.get(9..12).and_then(|status| status.parse().ok()).ok_or("no status")?;
            let length = header(text, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            if self.buffer.len() >= head + length {
                return Ok((status, head, head + length));
            }
        }
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

/// Servers here write header names in lower case.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}
