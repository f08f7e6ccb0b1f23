//! Who may come in is the operator's to say.

use serde_json::{Value, json};
use shared::{clock::Clock, store::users::User};

use crate::{house::House, people::with_input};

async fn ada(house: &House) -> User {
    house.app(Clock::system()).store.user_by_email("ada@example.org").await.unwrap().unwrap()
}

/// What it says of itself.
async fn told(house: &House, command: &str, who: &str) -> Value {
    house.run(&["--json", "users", command, who]).await.expect(0).json()
}

#[tokio::test]
async fn somebody_is_switched_off_and_on_by_id_or_address() {
    let house = House::start().await;
    let seed = house.command(&["--json", "seed", "--admin", "ada@example.org", "--password-stdin"]);
    let made = with_input(seed, "correct horse battery\n").await;
    let id = made["admin"]["user"].as_str().unwrap();
    let before = ada(&house).await;

    let off = told(&house, "deactivate", "Ada@Example.org").await;
    assert_eq!((&off["user"], &off["active"], &off["changed"]), (&json!(id), &json!(false), &json!(true)));
    let now = ada(&house).await;
    assert!(!now.is_active && now.sessions == before.sessions + 1, "all sessions end, also if they come back");
    assert_eq!(told(&house, "deactivate", id).await["changed"], false);

    assert_eq!(told(&house, "activate", id).await["changed"], true);
    let now = ada(&house).await;
    assert!(now.is_active && now.sessions > before.sessions);

    let mut actions: Vec<_> =
        house.rows("audit").await.iter().map(|row| row["action"].as_s().unwrap().clone()).collect();
    actions.sort();
    assert_eq!(actions, ["user.activate", "user.deactivate", "user.seed"]);
}

#[tokio::test]
async fn nobody_else_is_meant() {
    let house = House::start().await;
    for (who, sentence) in [
        ("nobody@example.org", "there is no user nobody@example.org"),
        ("usr_zzzzzzzzzzzzzzzzzzzzzz", "there is no user usr_zzzzzzzzzzzzzzzzzzzzzz"),
        ("ada", "neither a user's id nor an e-mail address"),
    ] {
        let refused = house.run(&["users", "deactivate", who]).await.expect(2);
        assert!(refused.err.contains(sentence), "{}", refused.err);
    }
}
