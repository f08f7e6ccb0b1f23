//! What is wrong with old data: it is told, counted and left out, and nothing else is lost.

use serde_json::{Value, json};

use crate::{
    house::{CREDS_KEY, House, Ran, shown},
    old,
};

/// Migrates a file into an organisation of its own.
async fn migrate(house: &House, from: &str, name: &str, content: &str) -> Ran {
    let (org, file) = (house.organisation().await, house.file(name, content));
    house.run(&["--json", "migrate", from, shown(&file), "--org", org.as_str()]).await
}

/// The reason that was given, and how often.
#[track_caller]
fn reason(report: &Value) -> (&str, u64) {
    let reasons: Vec<_> = report["reasons"].as_object().unwrap().iter().collect();
    let [(reason, told)] = reasons[..] else { panic!("{report}") };
    (reason, told["count"].as_u64().unwrap())
}

#[tokio::test]
async fn a_value_that_does_not_decrypt_is_left_out_and_counted() {
    let house = House::start().await;
    let mut records: Vec<Value> = (0..4).map(old::d0_record).collect();
    records[1]["value"] = json!("00112233445566778899aabbccddeeff");
    records[2]["value"] = json!("not even hexadecimal");
    let run = migrate(&house, "d0", "keys.json", &json!(records).to_string()).await.expect(3);
    let report = run.json();
    assert_eq!((report["written"].as_u64(), report["skipped"].as_u64()), (Some(2), Some(2)), "{report}");
    assert_eq!(reason(&report), ("does not decrypt with CREDS_KEY and CREDS_IV", 2));
    assert!(report.to_string().contains(&old::object_id(0xd0, 1)), "{report}");
}

#[tokio::test]
async fn another_installations_key_opens_nothing_and_writes_nothing() {
    let house = House::start().await;
    let (org, file) = (house.organisation().await, house.file("keys.json", old::d0(20)));
    let mut command = house.command(&["--json", "migrate", "d0", shown(&file), "--org", org.as_str()]);
    command.env("CREDS_KEY", CREDS_KEY.replace('f', "0"));
    let report = house.run_command(command).await.expect(3).json();
    assert_eq!((report["written"].as_u64(), report["skipped"].as_u64()), (Some(0), Some(20)), "{report}");
    assert!(house.rows("integrations").await.is_empty());
}

#[tokio::test]
async fn a_key_of_the_wrong_length_is_refused_before_anything_is_read() {
    let house = House::start().await;
    let (org, file) = (house.organisation().await, house.file("keys.json", old::d0(1)));
    let wrong = [
        ("CREDS_KEY", &CREDS_KEY[..62], "CREDS_KEY must have 64 hexadecimal digits, and has 62"),
        ("CREDS_KEY", "zz", "CREDS_KEY must have 64 hexadecimal digits, and has 2 characters"),
        ("CREDS_IV", CREDS_KEY, "CREDS_IV must have 32 hexadecimal digits, and has 64"),
    ];
    for (name, value, sentence) in wrong {
        let mut command = house.command(&["migrate", "d0", shown(&file), "--org", org.as_str()]);
        command.env(name, value);
        let run = house.run_command(command).await.expect(2);
        assert!(run.err.contains(sentence), "{}", run.err);
        assert!(!run.err.contains(value) || value.len() < 3, "the key itself is told: {}", run.err);
    }
    let mut command = house.command(&["migrate", "d0", shown(&file), "--org", org.as_str()]);
    command.env_remove("CREDS_IV");
    assert!(house.run_command(command).await.expect(2).err.contains("CREDS_IV is not set"));
}

#[tokio::test]
async fn a_file_that_was_half_written_says_where_it_ends_and_keeps_what_was_whole() {
    let house = House::start().await;
    let org = house.organisation().await;
    let whole = old::d0(50);
    let file = house.file("keys.json", &whole[..whole.len() * 4 / 5 + 40]);
    let arguments = ["--json", "migrate", "d0", shown(&file), "--org", org.as_str()];
    let run = house.run(&arguments).await.expect(1);
    assert!(run.err.contains("line 1, byte ") && run.err.contains("the file ends inside the record"), "{}", run.err);
    let (kept, report) = (house.rows("integrations").await.len(), run.json());
    assert!((30..50).contains(&kept), "{kept}");
    assert_eq!(report["written"], kept, "{report}");
    assert_eq!(report["broken"].as_str().map(|told| run.err.contains(told)), Some(true), "{report}");

    house.file("keys.json", &whole);
    let report = house.run(&arguments).await.expect(0).json();
    assert_eq!(
        (report["written"].as_u64(), report["alreadyThere"].as_u64()),
        (Some(50 - kept as u64), Some(kept as u64))
    );
}

#[tokio::test]
async fn a_table_that_was_half_written_says_where_it_ends() {
    let house = House::start().await;
    let table = old::d1(20);
    let run = migrate(&house, "d1", "credentials.csv", &table[..table.rfind("sk-d1-15").unwrap()]).await.expect(1);
    assert!(run.err.contains("line 17") && run.err.contains("5 fields where the header has 7"), "{}", run.err);
    assert_eq!(run.json()["written"], 15, "{}", run.out);
}

/// Half a key looks like a whole one.
#[tokio::test]
async fn half_a_key_at_the_end_of_a_table_is_not_kept() {
    let house = House::start().await;
    let table = "id,username,credentialType,api_key\n1,ada,openai,sk-whole\n2,eve,openai,sk-ha";
    let run = migrate(&house, "d1", "credentials.csv", table).await.expect(1);
    assert!(run.err.contains("line 3") && run.err.contains("may be cut off"), "{}", run.err);
    assert_eq!(house.opened().await.into_values().collect::<Vec<_>>(), ["{\"api_key\":\"sk-whole\"}"]);
}

/// A quotation mark that nothing closes takes all that follows into one field.
#[tokio::test]
async fn a_quotation_mark_that_nothing_closes_does_not_fill_the_memory() {
    let house = House::start().await;
    let mut table = "id,username,credentialType,api_key\n1,ada,openai,sk-whole\n2,eve,openai,\"sk-x\n".to_owned();
    table.push_str(&"3,joe,openai,sk-y\n".repeat(3_000_000));
    let run = migrate(&house, "d1", "credentials.csv", &table).await.expect(1);
    assert!(run.err.contains("a quotation mark is not closed"), "{}", run.err);
    assert_eq!(run.json()["written"], 1, "{}", run.out);
}

#[tokio::test]
async fn what_is_no_export_is_refused_in_words_and_nothing_is_done() {
    let house = House::start().await;
    let org = house.organisation().await;
    let header = "id,username,credentialType,api_key";
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain("[1]".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let files: [(&str, &[u8], &str); 8] = [
        ("d1", b"", "the file is empty"),
        ("d0", b"", "the file is empty"),
        ("d2", &utf16, "UTF-16"),
        ("d2", b"\x1F\x8B\x08\x00\x00", "compressed"),
        ("d2", b"\x10\x00\x00\x00\x02a\x00", "mongodump"),
        ("d1", &[header, ",api_key\n1,ada,openai,a,b\n"].concat().into_bytes(), "two columns `api_key`"),
        ("d1", b"id;username;credentialType;api_key\n1;ada;openai;a\n", "separated by commas"),
        ("d2", b"id,username\n1,ada\n", "only D1's table is read as CSV"),
    ];
    for (from, content, said) in files {
        let file = house.file("export.csv", content);
        let run = house.run(&["migrate", from, shown(&file), "--org", org.as_str()]).await.expect(2);
        assert!(run.err.contains(said), "{from}: {}", run.err);
    }
    let run = house.run(&["migrate", "d1", shown(&house.folder), "--org", org.as_str()]).await.expect(2);
    assert!(run.err.contains("this is a directory"), "{}", run.err);
    let file = house.file("export.csv", format!("{header}\n1,ada,openai,sk-a\n"));
    let arguments = ["migrate", "d1", shown(&file), "--org", org.as_str(), "--rejects", shown(&file)];
    assert!(house.run(&arguments).await.expect(2).err.contains("the export itself"));
    assert!(house.rows("integrations").await.is_empty());
    // What it is, the content tells: the names are wrong, the files are not.
    house.run(&["migrate", "d1", shown(&file), "--org", org.as_str()]).await.expect(0);
    let content = format!("\u{feff}{header}\r\n2,eve,openai,sk-b\r\n");
    let file = house.file("export.json", content);
    house.run(&["migrate", "d1", shown(&file), "--org", org.as_str()]).await.expect(0);
    let rows = json!([{ "id": 3, "username": "joe", "credentialType": "openai", "api_key": "sk-c" }]);
    let file = house.file("list.csv", rows.to_string());
    house.run(&["migrate", "d1", shown(&file), "--org", org.as_str()]).await.expect(0);
    assert_eq!(house.opened().await.len(), 3);
}

#[tokio::test]
async fn columns_that_would_be_lost_are_refused_until_somebody_says_so() {
    let house = House::start().await;
    let org = house.organisation().await;
    let file = house.file("t.csv", "id,username,credentialType,credentials,quota\n1,ada,openai,sk-abc,7\n");
    let run = house.run(&["migrate", "d1", shown(&file), "--org", org.as_str()]).await.expect(2);
    assert!(run.err.contains("the column `quota` is not known here"), "{}", run.err);
    assert!(house.rows("integrations").await.is_empty());
    house.run(&["migrate", "d1", shown(&file), "--org", org.as_str(), "--ignore", "quota"]).await.expect(0);
    assert_eq!(house.opened().await.into_values().collect::<Vec<_>>(), ["{\"api_key\":\"sk-abc\"}"]);

    let file = house.file("u.csv", "id,username,credentials\n1,ada,sk-abc\n");
    let run = house.run(&["migrate", "d1", shown(&file), "--org", org.as_str()]).await.expect(2);
    assert!(run.err.contains("needs a column credentialType"), "{}", run.err);
}

#[tokio::test]
async fn records_without_what_is_needed_are_left_out_by_reason() {
    let house = House::start().await;
    let rows = json!([
        { "id": 1, "username": "ada", "credentialType": "openai", "credentials": { "api_key": "sk-good" } },
        { "id": 2, "username": "ada", "credentials": { "api_key": "sk-a" } },
        { "id": 3, "username": "eve", "credentialType": "openai" },
        { "id": 4, "username": "eve", "credentialType": "openai", "credentials": "{\"api_key\": " },
        { "id": 5, "username": "eve", "credentialType": "openai", "credentials": { "api_key": "no key at all" } },
        { "id": 6, "username": "eve", "credentialType": "openai", "projectId": "a/b", "credentials": { "api_key": "sk-b" } },
        7,
    ]);
    let report = migrate(&house, "d1", "rows.json", &rows.to_string()).await.expect(3).json();
    assert_eq!((report["written"].as_u64(), report["skipped"].as_u64()), (Some(1), Some(6)), "{report}");
    assert_eq!(report["reasons"].as_object().unwrap().len(), 6, "{report}");
    assert!(!report.to_string().contains("no key at all"), "a credential is told: {report}");
}

#[tokio::test]
async fn every_record_that_was_left_out_can_be_had_without_its_secrets() {
    let house = House::start().await;
    let (org, file) =
        (house.organisation().await, house.file("t.csv", "id,username,credentialType,api_key\n1,ada,a/b,hush\n"));
    let rejects = house.folder.join("rejects.jsonl");
    house.run(&["migrate", "d1", shown(&file), "--org", org.as_str(), "--rejects", shown(&rejects)]).await.expect(3);
    let told: Value = serde_json::from_str(&std::fs::read_to_string(&rejects).unwrap()).unwrap();
    assert_eq!(
        (told["record"].as_str(), told["line"].as_u64(), told["became"].as_str()),
        (Some("1"), Some(2), Some("skipped"))
    );
    assert!(
        told["reason"].as_str().unwrap().contains("its type is not 1 to 64 letters")
            && !told.to_string().contains("hush"),
        "{told}"
    );
}

#[tokio::test]
async fn a_dry_run_tells_the_same_and_writes_nothing() {
    let house = House::start().await;
    let file = house.file("users.jsonl", old::d2(10));
    let report = house.run(&["--json", "migrate", "d2", shown(&file), "--dry-run"]).await.expect(0).json();
    let told = (report["dryRun"].as_bool(), report["written"].as_u64(), report["usersMade"].as_u64());
    assert_eq!(told, (Some(true), Some(15), Some(10)), "{report}");
    for table in ["users", "integrations", "audit", "keys"] {
        assert!(house.rows(table).await.is_empty(), "{table}");
    }
}

/// What no row here can hold is left out in the dry run already.
#[tokio::test]
async fn what_is_too_long_is_left_out_before_it_is_tried() {
    let house = House::start().await;
    let org = house.organisation().await;
    let row = |id: u32, user: String, key: String| json!({ "id": id, "username": user, "credentialType": "thing", "api_key": key });
    let rows = json!([
        row(1, "ada".to_owned(), "k".repeat(40_000)),
        row(2, "x".repeat(3_000), "k".to_owned()),
        row(3, "joe".to_owned(), "k".to_owned()),
    ]);
    let file = house.file("rows.json", rows.to_string());
    for more in [&["--dry-run"][..], &[]] {
        let arguments = ["--json", "migrate", "d1", shown(&file), "--org", org.as_str()];
        let report = house.run(&[&arguments[..], more].concat()).await.expect(3).json();
        let numbers = ["written", "skipped", "failed"].map(|name| report[name].as_u64().unwrap());
        assert_eq!(numbers, [1, 2, 0], "{report}");
    }
    let mut user = old::d2_record(1);
    user["githubAvatarUrl"] = json!(format!("data:image/png;base64,{}", "A".repeat(500_000)));
    let file = house.file("users.jsonl", user.to_string());
    house.run(&["migrate", "d2", shown(&file), "--org", org.as_str()]).await.expect(0);
    house.run(&["cleanup", "d2", shown(&file), "--org", org.as_str()]).await.expect(0);
}
