//! A fresh installation is checked, and somebody may administer it.

use crate::{house::House, people::with_input};

#[tokio::test]
async fn a_fresh_installation_gets_its_first_administrator_once() {
    let house = House::start().await;
    let seed = ["--json", "seed", "--admin", "Ada@Example.org", "--name", "Ada Lovelace", "--password-stdin"];
    let first = with_input(house.command(&seed), "correct horse battery\n").await;
    assert_eq!(first["admin"]["made"], true, "{first}");
    assert_eq!(first["problems"], serde_json::json!([]), "{first}");
    let codes: Vec<_> =
        first["commonTypes"].as_array().unwrap().iter().map(|row| (&row["Value"], &row["Code"])).collect();
    assert!(codes.contains(&(&1.into(), &"github".into())), "{first}");
    let again = with_input(house.command(&seed), "another password\n").await;
    assert_eq!((&again["admin"]["made"], &again["admin"]["user"]), (&false.into(), &first["admin"]["user"]));
    assert!(house.rows("keys").await.is_empty(), "a look at the vault leaves nothing behind");
}

#[tokio::test]
async fn what_is_missing_is_said_before_anything_is_done() {
    let house = House::start().await;
    let run = house.run(&["seed", "--admin", "ada@example.org"]).await.expect(2);
    assert!(run.err.contains("--password-stdin"), "{}", run.err);
    let mut command = house.command(&["seed"]);
    command.env_remove("AWS_REGION");
    assert!(house.run_command(command).await.expect(2).err.contains("AWS_REGION is not set"));
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_command-admin"));
    command.env_clear().arg("seed");
    assert!(house.run_command(command).await.expect(2).err.contains("say which installation"));
    assert!(house.rows("users").await.is_empty());
}

#[tokio::test]
async fn an_organisation_that_is_there_gets_an_administrator_in_it() {
    let house = House::start().await;
    let org = house.organisation().await;
    let seed = ["--json", "seed", "--admin", "ada@example.org", "--org", org.as_str(), "--password-stdin"];
    let made = with_input(house.command(&seed), "correct horse battery\n").await["admin"].clone();
    assert_eq!((&made["organisation"], &made["role"]), (&org.as_str().into(), &"admin".into()), "{made}");
    assert_eq!(house.app(shared::clock::Clock::system()).store.organisation(&org).await.unwrap().unwrap().admins, 1);
    // Nobody is in two organisations, and nobody is taken from one into another without being asked.
    let other = house.organisation().await;
    let run = house.run(&["seed", "--admin", "ada@example.org", "--org", other.as_str()]).await.expect(1);
    assert!(run.err.contains(org.as_str()) && run.err.contains("invitation"), "{}", run.err);
    house.run(&["seed", "--admin", "eve@example.org", "--org", "org_0000000000000000000000"]).await.expect(2);
}
