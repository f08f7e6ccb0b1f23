//! On the local server's folder: one process at a time, and what one leaves the next one finds.

use std::process::Command;

use local::{aws, stack};

use crate::{
    house::{House, Ran, shown},
    old,
};

async fn run(house: &House, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_command-admin"));
    command.env_clear().arg("--local").args(arguments).env("POSTERN_DIR", house.folder.join("postern"));
    house.run_command(command).await
}

#[tokio::test]
async fn what_is_migrated_is_there_for_the_next_who_opens_the_folder() {
    let house = House::start().await;
    let file = house.file("users.jsonl", old::d2(20));
    let report = run(&house, &["--json", "migrate", "d2", shown(&file)]).await.expect(0).json();
    assert_eq!(report["written"], 30, "{report}");
    run(&house, &["keys", "rotate", "--all"]).await.expect(0);
    let run = run(&house, &["cleanup", "d2", shown(&file)]).await.expect(0);
    assert!(run.err.contains("30 there already"), "{}", run.err);
}

#[tokio::test]
async fn a_folder_that_somebody_works_on_is_left_alone() {
    let house = House::start().await;
    let mut options = aws::Options::in_memory(stack::template().unwrap().clone());
    options.folder = Some(house.folder.join("postern"));
    let server = aws::Aws::start(options).unwrap();
    let refused = run(&house, &["seed"]).await.expect(1);
    assert!(refused.err.contains("stop it first"), "{}", refused.err);
    server.stop().await;
    run(&house, &["seed"]).await.expect(0);
}
