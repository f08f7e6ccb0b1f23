//! Logs as a developer reads them: short lines on standard error. On Lambda they are JSON (`shared::observe`).

use shared::config::Env;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Starts logging at `LOG_LEVEL` (default `info`).
pub fn start() {
    let level = Env::process("LOG_LEVEL").unwrap_or_else(|| "info".to_owned()).to_ascii_lowercase();
    // Metrics are lines for CloudWatch; here they would only be noise.
    let levels = level.parse::<Targets>().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let filter = levels.with_target("postern::metric", LevelFilter::OFF);
    let lines = fmt::layer().compact().with_target(false).with_writer(std::io::stderr);
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}
