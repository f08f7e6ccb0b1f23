//! `audit verify` and `audit heads`: whether the trail is as it was sealed, and what to keep elsewhere to show it later.

use std::{
    fmt::Write as _,
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::{
    app::App,
    audit::verify::{Finding, Looked, Verification},
    id::OrgId,
};

use crate::{
    cli::Verify,
    failure::Failure,
    output::{Ended, Output, counted, say},
    progress::Progress,
};

/// One organisation's day, as it is kept elsewhere.
#[derive(Serialize, Deserialize)]
struct Head {
    org: OrgId,
    day: Date,
    #[serde(rename = "head")]
    hash: String,
}

pub(crate) async fn verify(app: &App, output: Output, args: &Verify) -> Result<Ended, Failure> {
    args.against.as_deref().map(open).transpose()?;
    let mut found = 0_u64;
    let tell = |finding: Finding| {
        found += 1;
        let whose = finding.org.as_ref().map_or("all", OrgId::as_str);
        let line = json!({ "organisation": finding.org, "day": finding.day, "problem": finding.problem.to_string() });
        // A line that cannot be printed is counted all the same, and the exit code tells.
        let _ = output.line(&line, || format!("{}  {whose}: {}", finding.day, finding.problem));
    };
    let mut verification = Verification::begin(app, tell).await?;
    match &args.org {
        Some(org) => {
            verification.organisation(org).await?;
            verification.gaps(org).await?;
        }
        None => everything(app, &mut verification).await?,
    }
    let kept = match &args.against {
        Some(file) => Some(against(file, args.org.as_ref(), &mut verification).await?),
        None => None,
    };
    let looked = verification.looked();
    drop(verification);
    if let Some(org) = args.org.as_ref().filter(|_| looked.seals == 0 && found == 0)
        && app.store.organisation(org).await?.is_none()
    {
        return Err(Failure::failed(format!("there is no organisation {org}")));
    }
    let Looked { seals, entries, days } = looked;
    let result = json!({ "days": days, "seals": seals, "entries": entries, "heads": kept, "findings": found });
    output.result(&result, || words(looked, args.org.is_none(), kept, found))?;
    Ok(Ended::well(found == 0))
}

fn words(Looked { seals, entries, days }: Looked, whole: bool, kept: Option<u64>, found: u64) -> String {
    let mut text = format!("{} in {}", counted(entries, "entry", "entries"), counted(seals, "seal", "seals"));
    if whole {
        let _ = write!(text, " of {}", counted(days, "day", "days"));
    }
    if let Some(kept) = kept {
        let _ = write!(text, ", against {} kept elsewhere", counted(kept, "head", "heads"));
    }
    text.push_str(": ");
    match (found, seals) {
        (0, 0) => text.push_str("nothing has been sealed yet, the sealer closes a day one hour after its end (UTC)"),
        (0, _) => text.push_str("all as it was sealed"),
        _ => text.push_str(&counted(found, "finding", "findings")),
    }
    if !whole {
        text.push_str(
            "\nAn end that was cut off together with its seals shows only where all organisations are looked at.",
        );
    }
    text
}

async fn everything<F: FnMut(Finding)>(app: &App, verification: &mut Verification<'_, F>) -> Result<(), Failure> {
    let mut progress = Progress::new("organisations", None);
    let (mut place, mut last) = (None, None::<OrgId>);
    loop {
        let stretch = app.store.walk_seals(place).await?;
        for org in stretch.found {
            if last.as_ref() != Some(&org) {
                verification.organisation(&org).await?;
                progress.one(0);
                last = Some(org);
            }
        }
        place = stretch.next;
        if place.is_none() {
            break;
        }
    }
    Ok(verification.days().await?)
}

fn open(file: &Path) -> Result<File, Failure> {
    File::open(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
}

async fn against<F: FnMut(Finding)>(
    file: &Path,
    org: Option<&OrgId>,
    verification: &mut Verification<'_, F>,
) -> Result<u64, Failure> {
    let mut kept = 0;
    for (nth, line) in BufReader::new(open(file)?).lines().enumerate() {
        let wrong = || {
            let place = format!("{}, line {}", file.display(), nth + 1);
            Failure::usage(format!("{place}: this is not as `audit heads` prints it"))
        };
        let line = line.map_err(|_| wrong())?;
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            continue;
        }
        let head: Head = serde_json::from_str(line).map_err(|_| wrong())?;
        if org.is_none_or(|org| *org == head.org) {
            kept += 1;
            verification.kept(&head.org, head.day, &head.hash).await?;
        }
    }
    Ok(kept)
}

pub(crate) async fn heads(app: &App) -> Result<Ended, Failure> {
    let mut place = None;
    loop {
        let stretch = app.store.walk_heads(place).await?;
        for seal in stretch.found {
            say(&serde_json::to_string(&Head { org: seal.org, day: seal.day, hash: seal.head })?)?;
        }
        place = stretch.next;
        if place.is_none() {
            return Ok(Ended::Done);
        }
    }
}
