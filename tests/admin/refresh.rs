//! Refreshing by the operator's hand.

use local::aws::{Fault, Service};
use shared::{
    clock::Clock,
    store::errands::{Errand, Task},
};

use crate::{
    house::{House, shown, text},
    old,
};

#[tokio::test]
async fn a_refresh_that_an_operator_asks_for_fails_in_words() {
    let house = House::start().await;
    let file = house.file("users.jsonl", old::d2_record(1).to_string());
    house.run(&["migrate", "d2", shown(&file)]).await.expect(0);
    let rows = house.rows("integrations").await;
    let run = house.run(&["--json", "refresh", "now", text(&rows[0], "id")]).await.expect(3);
    assert_eq!(run.json()["renewed"], false, "{}", run.out);
    house.run(&["refresh", "now", "int_0000000000000000000000"]).await.expect(1);
    house.run(&["refresh", "now", "--due"]).await.expect(0);
}

/// The command has no mail server. Done by it, a mail would be given up for good.
#[tokio::test]
async fn what_waits_to_be_done_is_left_to_the_function() {
    let house = House::start().await;
    let app = house.app(Clock::system());
    let errand = Errand::new(Task::Reset { email: "ada@example.org".to_owned() }, app.clock.epoch());
    app.store.put_errand(&errand).await.unwrap();
    house.run(&["refresh", "now", "--due"]).await.expect(0);
    let left = house.rows("timers").await;
    assert_eq!(left.iter().map(|row| text(row, "id")).collect::<Vec<_>>(), [errand.id]);
}

#[tokio::test]
async fn a_shard_that_was_not_looked_at_to_the_end_is_told() {
    let house = House::start().await;
    house.aws.faults().add(Fault::deny().service(Service::DynamoDb).operation("Query").nth(3));
    let run = house.run(&["--json", "refresh", "now", "--due"]).await.expect(3);
    assert_eq!(run.json()["failed"], serde_json::json!([2]), "{}", run.out);
}
