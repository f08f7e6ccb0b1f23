//! `refresh now`: renews tokens at once, by the same protocol as readers and the schedule.

use serde_json::json;
use shared::{
    app::App,
    oauth::refresh,
    store::integrations::{Integration, due::SHARDS},
};

use crate::{
    cli::Now,
    failure::{Failure, told},
    output::{Ended, Output},
};

pub(crate) async fn run(app: &App, output: Output, args: &Now) -> Result<Ended, Failure> {
    match &args.id {
        Some(id) => one(app, output, id).await,
        None => due(app, output).await,
    }
}

async fn one(app: &App, output: Output, id: &str) -> Result<Ended, Failure> {
    let found = find(app, id).await?.ok_or_else(|| Failure::failed(format!("there is no integration {id}")))?;
    if app.catalogue.get(&found.provider).is_none() {
        // The local server brings its sandbox along; credentials of any type have nothing to renew.
        let provider = &found.provider;
        let why = "no provider file describes it, and the local server's sandbox is there only while that runs";
        let result = json!({ "id": id, "provider": provider, "renewed": false, "error": why });
        output.result(&result, || format!("{provider} {id}: not renewed: {why}"))?;
        return Ok(Ended::Attention);
    }
    let (provider, before) = (found.provider.clone(), found.grant);
    match refresh::now(app, found).await {
        Ok(row) if row.grant == before => {
            let why = "nothing is kept that could renew it";
            let result = json!({ "id": id, "provider": provider, "renewed": false, "error": why });
            output.result(&result, || format!("{provider} {id}: not renewed: {why}"))?;
            Ok(Ended::Attention)
        }
        Ok(row) => {
            let result = json!({ "id": id, "provider": provider, "renewed": true, "expiresAt": row.expires_at });
            let until =
                row.expires_at.map_or_else(|| "its end is not known".to_owned(), |end| format!("good until {end}"));
            output.result(&result, || format!("{provider} {id}: renewed, {until}"))?;
            Ok(Ended::Done)
        }
        Err(error) => {
            let why = told(&error);
            let result = json!({ "id": id, "provider": provider, "renewed": false, "error": why });
            output.result(&result, || format!("{provider} {id}: not renewed: {why}"))?;
            Ok(Ended::Attention)
        }
    }
}

/// No index leads from an id to its row: an operator's command may look through the table.
async fn find(app: &App, id: &str) -> Result<Option<Integration>, Failure> {
    let mut place = None;
    loop {
        let stretch = app.store.walk_integrations(place).await?;
        if let Some(found) = stretch.found.into_iter().find(|found| found.id.as_str() == id) {
            return Ok(Some(found));
        }
        place = stretch.next;
        if place.is_none() {
            return Ok(None);
        }
    }
}

/// The job's own work on each shard, but for its errands: this program has no mail server, and would give their mails up.
async fn due(app: &App, output: Output) -> Result<Ended, Failure> {
    let mut failed = Vec::new();
    for shard in 0..SHARDS {
        if let Err(error) = token_refresh::refresh_due(app, shard).await {
            eprintln!("shard {shard}: {error}");
            failed.push(shard);
        }
    }
    let result = json!({ "shards": SHARDS, "failed": failed });
    output.result(&result, || match failed.len() {
        0 => "Everything that was due has been looked after.".to_owned(),
        some => format!("{some} of {SHARDS} shards were not looked at to the end; run it again."),
    })?;
    Ok(Ended::well(failed.is_empty()))
}
