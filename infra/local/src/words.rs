//! What the server says to the person who started it.

use std::fmt::Write as _;

use url::Url;

use crate::settings::Settings;

/// Said at the first signal.
pub const STOPPING: &str = "Stopping: finishing what is under way. Ctrl-C again stops at once.";

/// Said where something was still running at the end.
pub const NOT_FINISHED: &str = "stopped before everything was finished; what was acknowledged is kept";

/// The address, what is kept where, and what is only for development.
pub fn ready(public_url: &Url, settings: &Settings) -> String {
    let address = public_url.as_str().trim_end_matches('/');
    let folder = settings.folder.display();
    let mut text = format!("Postern is ready: {address}\n\n");
    let mut line = |name: &str, what: String| {
        let _ = writeln!(text, "  {name:<10} {what}");
    };
    line("data", format!("{folder}/ (tables, queues, the sandbox's book); delete it to start anew"));
    line("keys", format!("{folder}/ too, readable by you alone: whoever copies the folder can open what is in it"));
    if settings.look_up("SMTP_HOST").is_none() {
        line("mails", format!("printed here and kept in {folder}/outbox/, until SMTP_HOST names a mail server"));
    }
    line("sandbox", format!("a pretend provider to connect to, {address}/sandbox"));
    if let Some(front) = &settings.frontend_dir {
        line("front end", format!("{} at {address}", front.display()));
    }
    if !settings.clients.is_empty() {
        let names: Vec<&str> = settings.clients.keys().map(String::as_str).collect();
        line("clients", format!("{} (from the environment)", names.join(", ")));
    }
    text.push_str("\nFor development only: keys in a file, plain http, the sandbox. Ctrl-C stops it.\n");
    text
}
