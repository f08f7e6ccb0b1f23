//! `keys shred`: makes all that was sealed for an organisation unreadable, for good.

use std::io::{BufRead as _, Write as _};

use serde_json::json;
use shared::{app::App, store::audit::Entry};

use crate::{
    cli::Shred,
    failure::Failure,
    output::{Ended, Output},
};

pub(crate) async fn run(app: &App, output: Output, args: &Shred) -> Result<Ended, Failure> {
    let org = &args.org;
    super::known(app, Some(org)).await?;
    confirmed(args)?;
    // Written first: a shredding that nobody wrote down is worse than one that was written down and failed.
    let entry = Entry { org, actor: "operator", action: "organisation.shred", subject: org.as_str(), request: None };
    app.store.audit(&entry).await?;
    let gone: Vec<&str> = app.vault.shred(org).await?.iter().map(|purpose| purpose.as_str()).collect();
    let result = json!({ "organisation": org.as_str(), "shredded": gone });
    output.result(&result, || {
        if gone.is_empty() {
            return format!("{org} has no data keys: nothing of it opens.");
        }
        format!(
            "{org}: the data keys ({}) are gone. Functions may hold them for five minutes, backups of the table for 35 days.",
            gone.join(", ")
        )
    })?;
    Ok(Ended::Done)
}

/// The organisation's id must be said a second time.
fn confirmed(args: &Shred) -> Result<(), Failure> {
    let typed = if let Some(typed) = &args.confirm {
        typed.clone()
    } else {
        eprint!("Everything that {} has sealed becomes unreadable, for good.\nType its id to go on: ", args.org);
        std::io::stderr().flush()?;
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        line
    };
    if typed.trim() == args.org.as_str() {
        return Ok(());
    }
    Err(Failure::usage("that is not the organisation's id: nothing was done"))
}
