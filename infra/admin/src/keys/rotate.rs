//! `keys rotate` and `keys raise`: a new version, everything sealed anew with it, and then the end of the older ones.
//!
//! Readers go on meanwhile: every version opens until it is retired. Functions follow late, so retiring the older ones seals
//! anew once more what was written in between. A rotation that was cut short is on record with its
//! key, and running it again does what is left.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
};

use serde_json::json;
use shared::{app::App, store::walk::KeyState, vault::Purpose};

use super::{keys, noted, reseal};
use crate::{
    cli::Which,
    failure::Failure,
    output::{Ended, Output, counted},
};

/// Functions keep a data key for five minutes, and may seal with it until then. A minute more, for clocks.
const FOLLOWED: i64 = 6 * 60;

pub(crate) async fn run(app: &App, output: Output, which: &Which) -> Result<Ended, Failure> {
    which.named(app).await?;
    let mut begun = Vec::new();
    let mut resumed = 0_u64;
    for key in keys(app, which).await? {
        noted(app, "data_key.rotate", &key).await?;
        // Round trips end within ten minutes: what they hold is never sealed again, only outlived.
        if let Some(rotation) = app.vault.begin_rotation(&key.org, key.purpose).await? {
            resumed += u64::from(rotation.resumed);
            begun.push((key.org, key.purpose, rotation.current));
        }
    }
    if resumed > 0 {
        eprintln!("{} under way already: gone on with", counted(resumed, "rotation was", "rotations were"));
    }
    let purposes: Vec<Purpose> = begun.iter().map(|(_, purpose, _)| *purpose).collect();
    let orgs: HashSet<_> = begun.iter().map(|(org, ..)| org.clone()).collect();
    let tally = reseal::all(app, which.org.is_some().then_some(&orgs), &purposes).await?;
    for (org, purpose, current) in begun.iter().filter(|(org, purpose, _)| tally.is_through(org, *purpose)) {
        app.vault.finish_rotation(org, *purpose, *current).await?;
    }
    let result = json!({ "keys": begun.len(), "resumed": resumed, "rows": tally });
    output.result(&result, || {
        let keys = counted(begun.len() as u64, "key", "keys");
        let mut text = format!(
            "{keys} rotated. Of {}, {} sealed anew, {} were up to date, {} were changed by others meanwhile, {} of keys \
             that are gone, {} failed.\n",
            counted(tally.rows, "row", "rows"),
            tally.resealed,
            tally.current,
            tally.overtaken,
            tally.gone,
            tally.failed
        );
        for failure in &tally.failures {
            let _ = writeln!(text, "  {failure}");
        }
        text.push_str(if tally.failed == 0 {
            "Functions follow within five minutes; after six, `keys raise` retires the older versions."
        } else {
            "The rotation stays under way: mend what failed and run it again."
        });
        text
    })?;
    Ok(Ended::well(tally.failed == 0))
}

pub(crate) async fn raise(app: &App, output: Output, which: &Which) -> Result<Ended, Failure> {
    which.named(app).await?;
    let now = app.clock.epoch();
    let raisable: Vec<KeyState> = keys(app, which).await?.into_iter().filter(|key| key.lowest < key.current).collect();
    let (early, ready): (Vec<_>, Vec<_>) =
        raisable.into_iter().partition(|key| key.rotated_at.is_some_and(|at| now - at < FOLLOWED));
    // By now functions seal with the current version only: what they stored behind the rotation's walk is sealed anew, and
    // nothing older comes after it.
    let orgs: HashSet<_> = ready.iter().map(|key| key.org.clone()).collect();
    let purposes: Vec<Purpose> = ready.iter().map(|key| key.purpose).collect();
    let tally = reseal::all(app, Some(&orgs), &purposes).await?;
    let wanted: BTreeMap<_, _> =
        ready.iter().map(|key| ((key.org.clone(), key.purpose.as_str()), (key.purpose, key.current))).collect();
    let older = reseal::older(app, &wanted).await?;
    let (mut raised, mut refused) = (0_u64, Vec::new());
    for key in &ready {
        let name = (key.org.clone(), key.purpose.as_str());
        match older.get(&name).copied().unwrap_or_default() {
            0 => {
                noted(app, "data_key.raise", key).await?;
                app.vault.finish_rotation(&key.org, key.purpose, key.current).await?;
                raised += u64::from(app.vault.raise(&key.org, key.purpose, key.current).await?);
            }
            left => refused.push(format!("{} {}: {left} values are sealed with an older version", name.0, name.1)),
        }
    }
    for key in &early {
        let seconds = FOLLOWED - (now - key.rotated_at.unwrap_or(now));
        refused.push(format!(
            "{} {}: rotated just now, functions may still seal with the older version for {seconds} seconds",
            key.org,
            key.purpose.as_str()
        ));
    }
    let result = json!({ "raised": raised, "refused": refused, "rows": tally });
    output.result(&result, || {
        let mut text = format!("{} raised.\n", counted(raised, "key", "keys"));
        for refusal in &refused {
            let _ = writeln!(text, "Not raised: {refusal}");
        }
        if refused.len() > early.len() {
            for failure in &tally.failures {
                let _ = writeln!(text, "  {failure}");
            }
            text.push_str(if tally.failed > 0 {
                "Mend what failed, then raise again."
            } else {
                "Round trips that are under way hold it for less than an hour: raise again after that."
            });
        } else if !early.is_empty() {
            text.push_str("Raise again when that time is over.");
        }
        text
    })?;
    Ok(Ended::well(refused.is_empty()))
}
