//! The other end of question 3: a process that holds the `integrations` function and sends it many requests at once.
//!
//! It says when it is ready, takes one line of work from standard input, and answers with one line.

use std::{
    io::{BufRead as _, Write as _},
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use serde_json::{Value, json};
use shared::{
    app::{App, Wiring},
    aws::Aws,
    clock::Clock,
    config::{Config, Env},
    http::{ClientIp, layers},
    id::Ids,
};
use tower::ServiceExt;

use crate::Failure;

/// Runs it; the provider listens on this port of the loopback.
pub(crate) async fn run(provider_port: u16) -> Result<(), Failure> {
    let mut config = Config::read(&mut Env::new(&Env::process))?;
    // As the local server has it: the provider is on this machine.
    config.site.local = true;
    config.outward.allow.push(("127.0.0.1".to_owned(), provider_port));
    let parts = Wiring { config, aws: Aws::from_lambda(), clock: Clock::system(), ids: Ids::system() };
    let app = App::new(parts);
    let router = layers::apply(layers::group(integrations::routes(), &app), &app);
    say("ready")?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let work: Value = serde_json::from_str(&line)?;
    let (key, path) = (work["key"].as_str().unwrap_or_default(), work["path"].as_str().unwrap_or_default());
    let started = (0..work["readers"].as_u64().unwrap_or_default()).map(|_| {
        let request = Request::get(path).header("authorization", format!("Bearer {key}"));
        let request = request.extension(ClientIp(IpAddr::V4(Ipv4Addr::LOCALHOST))).body(Body::empty());
        Ok(tokio::spawn(read(router.clone(), request?)))
    });
    let started: Result<Vec<_>, Failure> = started.collect();
    let (mut served, mut slowest, mut tokens) = (0_u64, Duration::ZERO, Vec::new());
    for reading in started? {
        let (answer, took) = reading.await??;
        slowest = slowest.max(took);
        match answer {
            Ok(token) => {
                served += 1;
                if !tokens.contains(&token) {
                    tokens.push(token);
                }
            }
            Err(refusal) => eprintln!("not served: {refusal}"),
        }
    }
    app.flights.drained().await;
    say(&json!({ "served": served, "slowest_ms": slowest.as_millis(), "tokens": tokens }).to_string())
}

/// The token, or what was said instead; and how long it took.
async fn read(router: Router, request: Request<Body>) -> Result<(Result<String, String>, Duration), Failure> {
    let started = Instant::now();
    let answer = router.oneshot(request).await?;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 64 * 1024).await?;
    let took = started.elapsed();
    let answer: Value = serde_json::from_slice(&body)?;
    let token = answer["access_token"].as_str().filter(|_| status == StatusCode::OK);
    Ok((token.map(str::to_owned).ok_or_else(|| format!("{status} {answer}")), took))
}

fn say(line: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
