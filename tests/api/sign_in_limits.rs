//! Guessing passwords: what an attacker gets, and what the owner still can.

use std::time::Duration;

use serde_json::json;
use support::TestApp;

use crate::auth::{PASSWORD, login};

const EMAIL: &str = "ada@example.org";
/// Where [`TestApp`]'s requests come from by themselves: the owner's usual address.
const HOME: &str = "203.0.113.1";

#[tokio::test]
async fn the_eighth_guess_from_one_place_has_to_wait() {
    let app = TestApp::start().await;
    app.register(EMAIL).await;
    for _ in 0..7 {
        login(&app, EMAIL, "a guess or so").send().await.expect(401);
    }
    let refused = login(&app, EMAIL, PASSWORD).send().await.expect(429);
    assert_eq!(refused.at("message"), "Too many login attempts, please try again after 5 minutes.");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=600).contains(&wait), "{wait}");
    let rate = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| refused.header(name));
    assert_eq!(rate, ["7", "0", &wait.to_string()]);
    app.clock().advance(Duration::from_secs(wait));
    login(&app, EMAIL, PASSWORD).send().await.expect(200);
}

#[tokio::test]
async fn guesses_at_once_are_counted_all() {
    let app = TestApp::with_system_clock().await;
    app.register(EMAIL).await;
    let mut guesses = Vec::new();
    for _ in 0..20 {
        guesses.push(login(&app, EMAIL, "a guess or so").send());
    }
    let mut let_through = 0;
    for answer in join(guesses).await {
        let_through += usize::from(answer.status() == 401);
    }
    assert!(let_through <= 7, "{let_through}");
}

#[tokio::test]
async fn right_passwords_do_not_count() {
    let app = TestApp::start().await;
    app.register(EMAIL).await;
    for _ in 0..30 {
        login(&app, EMAIL, PASSWORD).send().await.expect(200);
    }
}

#[tokio::test]
async fn going_on_over_the_limit_bans_the_place_for_two_hours() {
    let app = TestApp::start().await;
    app.register(EMAIL).await;
    let guess = || login(&app, EMAIL, "a guess or so").from_ip("198.51.100.66");
    for _ in 0..7 {
        guess().send().await.expect(401);
    }
    for _ in 0..20 {
        guess().send().await.expect(429);
    }
    let banned = guess().send().await.expect(403);
    let message = "Your account has been temporarily banned due to violations of our service.";
    assert_eq!(banned.at("message"), message);
    assert_eq!(banned.header("retry-after"), "7200");
    login(&app, EMAIL, PASSWORD).send().await.expect(200);
    app.clock().advance(Duration::from_hours(2));
    guess().send().await.expect(401);
}

#[tokio::test]
async fn one_place_that_tries_many_accounts_has_to_wait() {
    let app = TestApp::start().await;
    let mut statuses = Vec::new();
    for n in 0..40 {
        let email = format!("user{n}@example.org");
        statuses.push(login(&app, &email, "Summer2026!").from_ip("198.51.100.7").send().await.status());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 35);
    assert_eq!(statuses.last(), Some(&429));
}

/// Many machines guess at one account: each guess has to wait longer, while the owner at home comes and goes.
#[tokio::test]
async fn a_thousand_machines_do_not_lock_the_owner_out() {
    let app = TestApp::start().await;
    app.register(EMAIL).await;
    let mut let_through = 0;
    for n in 0..200 {
        let ip = format!("198.51.{}.{}", n / 250, n % 250 + 1);
        let answer = login(&app, EMAIL, "a guess or so").from_ip(&ip).send().await;
        let_through += usize::from(answer.status() == 401);
        app.clock().advance(Duration::from_secs(1));
        if n % 20 == 0 {
            login(&app, EMAIL, PASSWORD).from_ip(HOME).send().await.expect(200);
        }
    }
    assert!((10..20).contains(&let_through), "{let_through} guesses in 200 seconds");
}

/// Somebody takes each turn of the account at the very second it comes, and the owner is on the road.
#[tokio::test]
async fn an_owner_at_a_new_address_gets_in_by_mail() {
    let app = TestApp::start().await;
    app.register(EMAIL).await;
    let guess = || login(&app, EMAIL, "a guess or so").from_ip("198.51.100.9").send();
    let mut wait = 0;
    for n in 0..25 {
        let status = login(&app, EMAIL, "a guess or so").from_ip(&format!("198.51.100.{}", n + 20)).send().await;
        if status.status() == 429 {
            wait = status.header("retry-after").parse().unwrap();
            app.clock().advance(Duration::from_secs(wait));
        }
    }
    assert!(wait > 0, "by now each guess has to wait");
    guess().await.expect(401);
    let away = "192.0.2.77";
    for _ in 0..30 {
        login(&app, EMAIL, PASSWORD).from_ip(away).send().await.expect(429);
    }
    let mail = json!({ "email": EMAIL });
    app.post("/api/auth/password/forgot").from_ip(away).json(mail).send().await.expect(200);
    let reset = json!({ "token": app.token_for(EMAIL, "/reset").await, "password": "another horse battery" });
    app.post("/api/auth/password/reset").from_ip(away).json(reset).send().await.expect(200);
    login(&app, EMAIL, "another horse battery").from_ip(away).send().await.expect(200);
}

#[tokio::test]
async fn an_unknown_account_slows_down_just_the_same() {
    let app = TestApp::start().await;
    app.register(EMAIL).await;
    let mut seen = Vec::new();
    for email in [EMAIL, "nobody@example.org"] {
        let mut statuses = Vec::new();
        for n in 1..=15 {
            let ip = format!("198.51.100.{n}");
            statuses.push(login(&app, email, "a guess or so").from_ip(&ip).send().await.status());
        }
        seen.push(statuses);
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn whoever_claims_another_address_is_still_where_they_are() {
    let app = TestApp::start().await;
    app.register(EMAIL).await;
    for n in 0..7 {
        let claimed = format!("10.0.0.{n}");
        login(&app, EMAIL, "a guess or so").header("x-forwarded-for", &claimed).send().await.expect(401);
    }
    login(&app, EMAIL, "a guess or so").header("x-forwarded-for", "10.1.1.1").send().await.expect(429);
}

#[tokio::test]
async fn one_place_makes_thirty_accounts_an_hour() {
    let app = TestApp::start().await;
    for n in 0..30 {
        app.register(&format!("user{n}@example.org")).await;
    }
    let body = serde_json::json!({ "email": "one@more.org", "password": PASSWORD, "full_name": "One" });
    let refused = app.post("/api/auth/register").json(body.clone()).send().await.expect(429);
    assert!(!refused.header("retry-after").is_empty());
    app.post("/api/auth/register").json(body).from_ip("198.51.100.9").send().await.expect(200);
}

async fn join<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut pending: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        pending.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if pending.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}
