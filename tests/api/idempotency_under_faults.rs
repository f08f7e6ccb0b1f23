//! `Idempotency-Key` over a store that counts, throttles and loses answers.

use local::aws::{Fault, Service};
use serde_json::json;

use crate::{
    house::House,
    idempotency::{MARK, make, managing},
};

#[tokio::test]
async fn a_key_costs_two_writes_and_none_costs_nothing() {
    let house = House::start().await;
    let key = house.key(managing()).await;
    let asked = async |mark: Option<&str>| {
        let ask = house.app.post("/api/users").bearer(&key).json(json!({ "externalId": "joe" }));
        let ask = if let Some(mark) = mark { ask.header(MARK, mark) } else { ask };
        house.app.faults().reset_counts();
        ask.send().await;
        house.app.faults().counts().into_iter().map(|((_, operation, _), n)| (operation, n)).collect::<Vec<_>>()
    };
    asked(Some("warm")).await;
    let without = asked(None).await;
    assert!(without.iter().all(|(operation, _)| operation == "GetItem"), "{without:?}");
    let mut with = asked(Some("one")).await;
    with.retain(|call| !without.contains(call));
    assert_eq!(with, [("UpdateItem".to_owned(), 2)]);
}

#[tokio::test]
async fn a_store_that_throttles_costs_no_answer_and_does_nothing_twice() {
    let house = House::start().await;
    let key = house.key(managing()).await;
    let busy = || Fault::throttle().service(Service::DynamoDb).operation("UpdateItem").role("auth").always();
    house.app.faults().add(busy());
    make(&house, &key, "one").send().await.expect(503);
    house.app.faults().clear();
    let listed = async || house.as_ada(house.app.get("/api/users")).send().await.expect(200).at("users");
    assert_eq!(listed().await, json!([]), "nothing is begun that could not be claimed");
    // It is carried out, and that cannot be noted: the answer is told all the same.
    house.app.faults().add(busy().nth(2));
    let first = make(&house, &key, "one").send().await.expect(201);
    house.app.faults().clear();
    assert_eq!(make(&house, &key, "one").send().await.code(), "idempotency.running");
    house.pass(60);
    let again = make(&house, &key, "one").send().await.expect(200);
    assert_eq!(again.at("id"), first.at("id"));
}

#[tokio::test]
async fn a_lost_answer_at_any_write_loses_nothing() {
    let mut struck = 0;
    for n in 1..=6 {
        let house = House::start().await;
        let key = house.key(managing()).await;
        house.app.faults().add(Fault::lose_answer().service(Service::DynamoDb).role("auth").writes().nth(n));
        let first = make(&house, &key, "one").send().await.expect(201);
        struck += house.app.faults().struck();
        house.app.faults().clear();
        let again = make(&house, &key, "one").send().await.expect(201);
        assert_eq!((again.json(), again.header("idempotent-replayed")), (first.json(), "true"), "write {n}");
    }
    assert!(struck >= 3, "claim, operation and note: {struck}");
}
