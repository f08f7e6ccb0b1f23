//! The variables that the older systems document: each works, or a person is told what takes its place.

use std::collections::BTreeSet;

use local::settings::Settings;
use shared::config::{Config, Env};

/// All but the OAuth clients.
const DOCUMENTED: &[&str] = &[
    // D0
    "PLANKA_BASE_URL",
    "PLANKA_INTEGRATION_ENABLED",
    "PLANKA_STORE_TOKENS",
    "PLANKA_MCP_ENABLED",
    "CREDS_KEY",
    "CREDS_IV",
    "LOGIN_MAX",
    "LOGIN_WINDOW",
    "LOGIN_VIOLATION_SCORE",
    "BAN_VIOLATIONS",
    "BAN_DURATION",
    "BAN_INTERVAL",
    "SESSION_EXPIRY",
    "REFRESH_TOKEN_EXPIRY",
    // D1
    "PAPITA_API_URL",
    "OPENAI_API_KEY",
    // D3
    "MONGO_URL",
    "REDIS_URL",
    "DB_NAME",
    "POSTGRES_URL",
    "SECRET_KEY",
    "ALGORITHM",
    "ACCESS_TOKEN_EXPIRE_MINUTES",
    "REFRESH_TOKEN_EXPIRE_DAYS",
    "ANTHROPIC_API_KEY",
    "EMERGENT_LLM_KEY",
    "N8N_BASE_URL",
    "N8N_API_KEY",
    "N8N_WEBHOOK_URL",
    "CORS_ORIGINS",
    "CELERY_BROKER_URL",
    "CELERY_RESULT_BACKEND",
    "RATE_LIMIT_PER_MINUTE",
    "RATE_LIMIT_PER_HOUR",
    "SENTRY_DSN",
    "LOG_LEVEL",
    "DEBUG",
    // D4
    "PORT",
    "FRONTEND_URL",
    "SMTP_HOST",
    "SMTP_PORT",
    "SMTP_USER",
    "SMTP_PASS",
    "SMTP_FROM",
];

/// Read outside the product's settings: by the log, by the local server.
const ELSEWHERE: [&str; 3] = ["LOG_LEVEL", "PORT", "SMTP_PASS"];
/// Not worth a word at the start: other programs set it, too.
const COMMON: [&str; 1] = ["DEBUG"];

fn read() -> BTreeSet<&'static str> {
    let look_up = |name: &str| (name == "PUBLIC_URL").then(|| "http://localhost".to_owned());
    let mut env = Env::new(&look_up);
    Config::read(&mut env).expect("nothing else needs to be set");
    env.names().iter().copied().chain(ELSEWHERE).collect()
}

#[test]
fn every_documented_variable_works_or_is_retired_in_words() {
    let (read, readme) = (read(), include_str!("../../README.md"));
    for name in DOCUMENTED {
        let retired = Config::RETIRED.iter().any(|(retired, _)| retired == name) || COMMON.contains(name);
        assert_ne!(read.contains(name), retired, "{name} works, or is retired");
        assert!(readme.contains(&format!("`{name}`")), "README does not say what became of {name}");
    }
}

#[test]
fn every_documented_oauth_client_is_taken() {
    let pair = |id: &str, secret: &str| [(id.to_owned(), "id".to_owned()), (secret.to_owned(), "secret".to_owned())];
    let names = ["GOOGLE", "SLACK", "GITHUB", "NOTION", "FIGMA", "JIRA"];
    let pairs = names.map(|name| pair(&format!("{name}_CLIENT_ID"), &format!("{name}_CLIENT_SECRET")));
    let facebook = pair("FACEBOOK_APP_ID", "FACEBOOK_APP_SECRET");
    let settings = Settings::read(pairs.into_iter().flatten().chain(facebook)).unwrap();
    let taken: Vec<&String> = settings.clients.keys().collect();
    assert_eq!(taken, ["facebook", "figma", "github", "google", "jira", "notion", "slack"]);
}
