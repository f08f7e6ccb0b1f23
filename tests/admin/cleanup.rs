//! Removing old data touches only what is here and opens.

use serde_json::json;

use crate::{
    house::{House, shown},
    old,
};

#[tokio::test]
async fn the_script_names_what_is_here_and_nothing_else() {
    let house = House::start().await;
    let half = house.file("users.jsonl", old::d2(3));
    house.run(&["migrate", "d2", shown(&half)]).await.expect(0);
    let all = house.file("users.jsonl", old::d2(5));
    let run = house.run(&["cleanup", "d2", shown(&all)]).await.expect(3);
    for number in 0..5 {
        assert_eq!(run.out.contains(&old::object_id(0xd2, number)), number < 3, "{number}: {}", run.out);
    }
    assert!(
        run.out.starts_with("db.users.updateMany({ _id: { $in: [ObjectId(")
            && run.out.contains("$unset: { githubConnected:")
    );
    assert!(run.err.contains("3 connections are not here as they were"), "{}", run.err);
}

#[tokio::test]
async fn what_does_not_open_here_is_not_removed_there() {
    let house = House::start().await;
    let file = house.file("users.jsonl", old::d2(2));
    house.run(&["migrate", "d2", shown(&file)]).await.expect(0);
    for mut row in house.rows("keys").await {
        row.retain(|name, _| name == "pk" || name == "sk");
        house.client().delete_item().table_name("postern-keys").set_key(Some(row)).send().await.unwrap();
    }
    let run = house.run(&["cleanup", "d2", shown(&file)]).await.expect(3);
    assert_eq!(run.out.trim(), "");
    assert!(run.err.contains("is here and does not open"), "{}", run.err);
}

#[tokio::test]
async fn each_older_system_has_its_own_words() {
    let house = House::start().await;
    let org = house.organisation().await;
    for (from, name, content, words) in [
        ("d0", "keys.json", old::d0(1), "db.keys.deleteMany({ _id: { $in: [ObjectId("),
        ("d1", "t.csv", old::d1(2), "DELETE FROM credentials WHERE id IN ("),
    ] {
        let file = house.file(name, content);
        house.run(&["migrate", from, shown(&file), "--org", org.as_str()]).await.expect(0);
        let run = house.run(&["cleanup", from, shown(&file), "--org", org.as_str()]).await.expect(0);
        assert!(run.out.starts_with(words), "{}", run.out);
    }
}

/// A script that names the wrong records, or the wrong collection, would remove nothing, or somebody else's.
#[tokio::test]
async fn records_are_named_where_they_are_and_only_by_an_id_of_their_own() {
    let house = House::start().await;
    let org = house.organisation().await;
    let document = json!({
        "_id": { "$oid": old::object_id(0xee, 7) }, "userId": { "$oid": old::object_id(0xaa, 7) }, "integrationType": "github",
        "isConnected": true, "accessToken": "gho_document",
    });
    let nameless = json!({ "username": "ada", "credentialType": "openai", "api_key": "sk-a" });
    for (from, record, script, code) in [
        (
            "d2",
            document,
            format!("db.integrations.deleteMany({{ _id: {{ $in: [ObjectId(\"{}\")] }} }});", old::object_id(0xee, 7)),
            0,
        ),
        ("d1", nameless, String::new(), 3),
    ] {
        let file = house.file("old.json", json!([record]).to_string());
        house.run(&["migrate", from, shown(&file), "--org", org.as_str()]).await.expect(0);
        let run = house.run(&["cleanup", from, shown(&file), "--org", org.as_str()]).await.expect(code);
        assert_eq!(run.out.trim(), script, "{}", run.err);
        assert_eq!(run.err.contains("remove them there by hand"), code == 3, "{}", run.err);
    }
}

/// Its owner has ended it here: it is not to be migrated again, and nobody is told to.
#[tokio::test]
async fn what_was_ended_here_is_told_as_that() {
    let house = House::start().await;
    let file = house.file("users.jsonl", old::d2_record(1).to_string());
    house.run(&["migrate", "d2", shown(&file)]).await.expect(0);
    let app = house.app(shared::clock::Clock::system());
    let found = app.store.walk_integrations(None).await.unwrap().found.remove(0);
    let tenant = found.tenant().unwrap();
    shared::oauth::connect::disconnect(&app, &tenant, tenant.owner().as_str(), &found).await.unwrap();
    for command in ["migrate", "cleanup"] {
        let run = house.run(&[command, "d2", shown(&file)]).await.expect(3);
        let said = format!("{}{}", run.out, run.err);
        assert!(said.contains("its owner has connected, or ended, this here since"), "{said}");
    }
}

/// Settings are told as lost where they did not come along, and are not where they did.
#[tokio::test]
async fn what_else_a_document_holds_comes_along() {
    let house = House::start().await;
    let org = house.organisation().await;
    let document = json!({
        "_id": { "$oid": old::object_id(0xee, 7) }, "userId": { "$oid": old::object_id(0xaa, 7) },
        "integrationType": "github", "accessToken": "gho_document", "scope": ["repo", "user"],
        "settings": { "repositories": ["one"] }, "metadata": { "plan": "team" },
    });
    let file = house.file("old.json", json!([document]).to_string());
    house.run(&["migrate", "d2", shown(&file), "--org", org.as_str()]).await.expect(0);
    let app = house.app(shared::clock::Clock::system());
    let found = app.store.walk_integrations(None).await.unwrap().found.remove(0);
    let opened = shared::settings::open(&app, &found.tenant().unwrap(), &found).await.unwrap();
    assert_eq!(json!(opened.settings), document["settings"]);
    assert_eq!(json!(opened.metadata), document["metadata"]);
    assert_eq!(json!(found.scopes), document["scope"]);
    house.run(&["cleanup", "d2", shown(&file), "--org", org.as_str()]).await.expect(0);

    let row = house.rows("integrations").await.remove(0);
    let update = house.client().update_item().table_name("postern-integrations");
    let update = update.key("pk", row["pk"].clone()).key("sk", row["sk"].clone());
    update.update_expression("REMOVE metadata, metadata_rev").send().await.unwrap();
    let run = house.run(&["cleanup", "d2", shown(&file), "--org", org.as_str()]).await.expect(3);
    assert_eq!(run.out.trim(), "");
}

/// What a provider's file does not name is lost only when the operator says so.
#[tokio::test]
async fn a_member_that_nothing_reads_is_neither_lost_nor_removed() {
    let house = House::start().await;
    let org = house.organisation().await;
    let d1 = json!([{
        "id": 5, "username": "ada", "credentialType": "openai",
        "credentials": { "api_key": "sk-a", "base_url": "https://llm.example.org", "project": "proj_1" },
    }]);
    let d4 =
        json!({ "telegram": { "credentials": { "botToken": "12345:d4-bot", "base_url": "https://bot.example.org" } } });
    for (from, content, more) in [("d1", d1, &[][..]), ("d4", d4, &["--owner", "organisation"])] {
        let file = house.file("old.json", content.to_string());
        let run = async |command, code, end: &[&str]| {
            let arguments = [&[command, from, shown(&file), "--org", org.as_str()], more, end].concat();
            house.run(&arguments).await.expect(code)
        };
        let told = run("migrate", 3, &[]).await.out;
        assert!(told.contains("holds `base_url`, not known here"), "{told}");
        let script = run("cleanup", 3, &[]).await;
        assert_eq!(script.out.trim(), "");
        run("migrate", 0, &["--ignore", "base_url"]).await;
        assert!(!run("cleanup", 0, &["--ignore", "base_url"]).await.out.trim().is_empty());
        assert_eq!(run("cleanup", 3, &[]).await.out.trim(), "", "the same arguments");
    }
}
