//! Questions 6 and 7: how fast does the operator's command take over old data, and seal everything anew; and does its memory
//! stay flat?

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use local::template::REGION;
use shared::{clock::Clock, id::OrgId};

use crate::{
    Failure, Scale,
    binaries::Binaries,
    house::{House, SEEDER},
    machine,
    table::{Table, grouped},
};

const COLUMNS: [&str; 7] =
    ["what", "rows", "seconds", "rows a second", "MiB at a tenth", "in the middle", "at the end"];

/// Takes over generated exports of two older systems.
pub(crate) async fn migration(binaries: &Binaries, scale: Scale) -> Result<Table, Failure> {
    let mut table =
        Table::new("Taking over old data: the command as a process, AWS answered over loopback HTTP", &COLUMNS);
    let house = House::start(Clock::system(), Duration::ZERO).await?;
    let org = organisation(&house).await?;
    let records = scale.records;
    let portal = write(&house, "credentials.csv", &portal(records))?;
    let users = write(&house, "users.jsonl", &users(records))?;
    for (what, from, file) in [
        ("D1's table, two rows a person", "d1", &portal),
        ("D2's users, three connections for two", "d2", &users),
        ("D2's users once more: all are there", "d2", &users),
    ] {
        let arguments = ["migrate", from, shown(file)?, "--org", org.as_str()];
        let ran = run(binaries, &house, &arguments, records).await?;
        table.row(ran.row(what, records));
    }
    Ok(table)
}

/// Seals an organisation's connections anew.
pub(crate) async fn rotation(binaries: &Binaries, scale: Scale) -> Result<Table, Failure> {
    let mut table = Table::new("Rotating a data key: every row sealed anew, and another time", &COLUMNS);
    let house = House::start(Clock::system(), Duration::ZERO).await?;
    let org = organisation(&house).await?;
    let file = write(&house, "credentials.csv", &portal(scale.records))?;
    run(binaries, &house, &["migrate", "d1", shown(&file)?, "--org", org.as_str()], scale.records).await?;
    for what in ["a rotation", "another"] {
        let ran = run(binaries, &house, &["keys", "rotate", "--org", org.as_str()], scale.records).await?;
        table.row(ran.row(what, scale.records));
    }
    Ok(table)
}

async fn organisation(house: &House) -> Result<OrgId, Failure> {
    let app = house.stack.app("auth");
    let org: OrgId = app.ids.make();
    app.store.import_organisation(&org, "Everybody").await?;
    Ok(org)
}

/// How a command went.
struct Ran {
    took: Duration,
    /// Resident memory in KiB, each time it said how far it was.
    resident: Vec<u64>,
}

impl Ran {
    fn row(&self, what: &str, rows: u64) -> [String; 7] {
        let mib = |place: usize| {
            self.resident
                .get(place)
                .map_or_else(|| "not known".to_owned(), |kib| format!("{}.{}", kib / 1024, kib % 1024 * 10 / 1024))
        };
        let seconds = self.took.as_secs_f64();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a figure to read"
        )]
        let rate = (rows as f64 / seconds) as u64;
        let last = self.resident.len().saturating_sub(1);
        [what.to_owned(), grouped(rows), format!("{seconds:.1}"), grouped(rate), mib(0), mib(last / 2), mib(last)]
    }
}

async fn run(binaries: &Binaries, house: &House, arguments: &[&str], rows: u64) -> Result<Ran, Failure> {
    let mut command = Command::new(binaries.of("admin"));
    command.env_clear().args(["--stack", "postern"]).args(arguments).envs([
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", SEEDER),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL", &format!("http://127.0.0.1:{}", house.aws_port)),
    ]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let watch = move || -> Result<Ran, Failure> {
        let started = Instant::now();
        let mut child = command.spawn()?;
        let lines = BufReader::new(child.stderr.take().ok_or("what it says cannot be read")?).lines();
        let (mut resident, mut said) = (Vec::new(), String::new());
        for line in lines {
            let line = line?;
            // It says how far it is once in a thousand.
            if line.ends_with("records") || line.ends_with("rows") {
                resident.extend(held(&child));
            } else {
                said = line;
            }
        }
        let (ended, took) = (child.wait()?, started.elapsed());
        if !ended.success() {
            return Err(format!("{ended}: {said}").into());
        }
        if resident.len() as u64 != rows / 1000 {
            return Err(format!("it worked on {} thousand and not on {}", resident.len(), rows / 1000).into());
        }
        Ok(Ran { took, resident })
    };
    tokio::task::spawn_blocking(watch).await?
}

fn held(child: &Child) -> Option<u64> {
    machine::field(&format!("/proc/{}/status", child.id()), "VmRSS")?.split(' ').next()?.parse().ok()
}

fn write(house: &House, name: &str, content: &str) -> Result<PathBuf, Failure> {
    let path = house.folder().join(name);
    std::fs::write(&path, content)?;
    Ok(path)
}

fn shown(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| "the folder's name is no text".into())
}

fn portal(rows: u64) -> String {
    let mut table = "id,username,credentialType,projectId,api_key\n".to_owned();
    for number in 0..rows {
        let project = if number % 2 == 0 { "" } else { "al-chat" };
        let _ = writeln!(table, "{number},person-{},openai,{project},sk-bench-{number}", number / 2);
    }
    table
}

fn users(users: u64) -> String {
    let mut lines = String::new();
    for number in 0..users {
        let calendar = number % 2 == 0;
        let user = serde_json::json!({
            "_id": { "$oid": format!("{number:024x}") }, "email": format!("user-{number}@example.org"), "firstName": "Ada",
            "githubConnected": true, "githubAccessToken": format!("gho_{number}"), "githubUserId": number.to_string(),
            "googleCalendarConnected": calendar, "googleCalendarAccessToken": format!("ya29.{number}"),
            "googleCalendarTokenExpiry": "2099-01-01T00:00:00Z",
        });
        let _ = writeln!(lines, "{user}");
    }
    lines
}
