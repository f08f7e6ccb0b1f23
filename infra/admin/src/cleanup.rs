//! `cleanup`: what makes an older system forget what is here by now.
//!
//! It changes nothing, here or there: each record of the export is looked for and opened, and a script for the older
//! system's own shell is printed that touches only those that were found.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::app::App;

use crate::{
    cli::Cleanup,
    failure::Failure,
    migrate::{self, Fate, Mode, Outcome, Prepared, Shelf},
    output::{Ended, counted, say},
};

/// So many records are named in one statement.
const BATCH: usize = 500;

pub(crate) async fn run(app: &App, args: &Cleanup, prepared: Prepared) -> Result<Ended, Failure> {
    let (mut batches, mut nameless) = (BTreeMap::<Shelf, Vec<String>>::new(), 0_u64);
    let report = migrate::each(app, &args.migrate(), prepared, Mode::Check, |named, outcomes| {
        let here = outcomes.iter().all(|outcome: &Outcome| matches!(outcome.fate, Fate::There));
        match &named.kept {
            _ if !here || outcomes.is_empty() => {}
            None => nameless += 1,
            Some((shelf, id)) => {
                let batch = batches.entry(*shelf).or_default();
                batch.push(id.clone());
                if batch.len() == BATCH {
                    say(&statement(*shelf, batch))?;
                    batch.clear();
                }
            }
        }
        Ok(())
    })
    .await?;
    for (shelf, batch) in batches.iter().filter(|(_, batch)| !batch.is_empty()) {
        say(&statement(*shelf, batch))?;
    }
    if nameless > 0 {
        let records = counted(nameless, "record is here and has", "records are here and have");
        eprintln!("{records} no id in this file: no script can name them, remove them there by hand.");
    }
    if report.already_there == 0 {
        eprintln!("Nothing of it is here; there is nothing to remove there.");
    }
    let left = report.skipped + report.failed;
    eprintln!("{}", report.words(Mode::Check).trim_end());
    if left > 0 {
        let connections = counted(left, "connection is not here as it was", "connections are not here as they were");
        eprintln!("{connections}: the script leaves their records alone, and the reasons are above.");
    }
    match report.broken {
        Some(broken) => Err(Failure::failed(broken)),
        None => Ok(Ended::well(left == 0 && nameless == 0)),
    }
}

/// In the words of the older system's shell.
fn statement(shelf: Shelf, records: &[String]) -> String {
    let list = |each: fn(&String) -> String| records.iter().map(each).collect::<Vec<_>>().join(", ");
    let object = |id: &String| {
        let is_object_id = id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_object_id { format!("ObjectId(\"{id}\")") } else { Value::from(id.as_str()).to_string() }
    };
    let sql = |id: &String| format!("'{}'", id.replace('\'', "''"));
    match shelf {
        Shelf::Keys => format!("db.keys.deleteMany({{ _id: {{ $in: [{}] }} }});", list(object)),
        Shelf::Credentials => format!("DELETE FROM credentials WHERE id IN ({});", list(sql)),
        Shelf::Integrations => format!("db.integrations.deleteMany({{ _id: {{ $in: [{}] }} }});", list(object)),
        Shelf::Users => {
            let fields = migrate::d2_fields().map(|field| format!("{field}: \"\"")).collect::<Vec<_>>().join(", ");
            format!("db.users.updateMany({{ _id: {{ $in: [{}] }} }}, {{ $unset: {{ {fields} }} }});", list(object))
        }
        // Its file is changed by hand: as JSON text no name breaks out of the line.
        Shelf::File => {
            format!("# delete from credentials.json: {}", list(|name| Value::from(name.as_str()).to_string()))
        }
    }
}
