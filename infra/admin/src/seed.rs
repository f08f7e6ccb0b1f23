//! `seed`: what a fresh installation needs. It reaches everything, its catalogue is sound, and somebody may administer it.

mod administrator;

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;
use shared::{
    app::App,
    auth::Owner,
    id::OrgId,
    vault::{Place, Purpose},
};

use self::administrator::Administrator;
use crate::{
    cli::Seed,
    failure::Failure,
    output::{Ended, Output},
};

/// D2's catalogue rows by `Code`, with the `Value` that its clients know them by.
const TYPES: [(u32, &str); 10] = [
    (1, "github"),
    (2, "google_calendar"),
    (3, "google_meet"),
    (4, "google_drive"),
    (5, "dropbox"),
    (6, "slack"),
    (7, "zoom"),
    (8, "microsoft_teams"),
    (9, "onedrive"),
    (10, "microsoft_outlook"),
];

/// A row of D2's `CommonType`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CommonType {
    value: u32,
    code: String,
    master_type: &'static str,
    description: String,
    fa_icon: String,
}

pub(crate) async fn run(app: &App, output: Output, args: &Seed) -> Result<Ended, Failure> {
    let address = args.admin.as_deref().map(administrator::address).transpose()?;
    reached(app).await?;
    let rows: Vec<CommonType> = TYPES.iter().filter_map(|(value, code)| common_type(app, *value, code)).collect();
    let problems: Vec<String> = app.catalogue.problems().iter().map(ToString::to_string).collect();
    let admin = match &address {
        Some(address) => Some(administrator::appoint(app, args, address).await?),
        None => None,
    };
    let providers = app.catalogue.list().count();
    let result = json!({ "providers": providers, "commonTypes": rows, "problems": problems, "admin": admin });
    output.result(&result, || words(providers, &rows, &problems, admin.as_ref()))?;
    Ok(Ended::well(problems.is_empty() && admin.is_none_or(|admin| admin.is_settled())))
}

/// Tables, signing keys and the vault answer. What the vault makes by this is an organisation's that does not exist.
async fn reached(app: &App) -> Result<(), Failure> {
    if !app.store.answers().await {
        return Err(Failure::failed("the tables do not answer: look at TABLE_PREFIX or --stack, region and rights"));
    }
    app.seeds.keys().await?;
    let org: OrgId = shared::id::derived(&["seed"]);
    let owner = Owner::Organisation;
    let place = Place {
        org: &org,
        owner: &owner,
        purpose: Purpose::Setting,
        record: "seed",
        provider: "",
        field: "",
        grant: 0,
    };
    app.vault.ready(&place).await?;
    app.vault.shred(&org).await?;
    Ok(())
}

fn common_type(app: &App, value: u32, code: &str) -> Option<CommonType> {
    let provider = app.catalogue.get(code)?.ok()?;
    let file = provider.file();
    Some(CommonType {
        value,
        code: code.to_owned(),
        master_type: "Integrations",
        description: file.name.clone(),
        fa_icon: file.icon.clone(),
    })
}

fn words(providers: usize, rows: &[CommonType], problems: &[String], admin: Option<&Administrator>) -> String {
    let mut text = format!("Tables, signing keys and the vault answer. The catalogue has {providers} providers.\n");
    text.push_str("Of D2's catalogue:\n");
    for row in rows {
        let _ = writeln!(text, "  {:>2}  {:<18} {:<18} {}", row.value, row.code, row.description, row.fa_icon);
    }
    for (value, code) in TYPES.iter().filter(|(value, _)| rows.iter().all(|row| row.value != *value)) {
        let _ = writeln!(text, "  {value:>2}  {code:<18} has no provider file");
    }
    for problem in problems {
        let _ = writeln!(text, "A provider file is not usable: {problem}");
    }
    if let Some(admin) = admin {
        text.push_str(&admin.words());
    }
    text
}
