//! Secrets Manager as we read it: the current value, and during a rotation the one before.

use crate::moto::{Cloud, held_to_both, outcome};

held_to_both![
    a_secret_is_read_by_name_and_by_arn,
    there_is_no_previous_value_before_the_first_rotation,
    a_rotation_leaves_the_previous_value_readable,
    a_second_rotation_forgets_the_first_value,
    an_unknown_secret_is_not_found,
    an_unknown_stage_is_not_found,
];

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
const MISSING: &str = "ResourceNotFoundException";

/// The value at a stage, or the error's code.
async fn value(cloud: &Cloud, stage: &str) -> String {
    let answer = cloud.secrets.get_secret_value().secret_id(&cloud.secret).version_stage(stage).send().await;
    match &answer {
        Ok(answer) => answer.secret_string.clone().unwrap_or_default(),
        Err(_) => outcome(&answer),
    }
}

async fn a_secret_is_read_by_name_and_by_arn(cloud: &Cloud) {
    let by_name = cloud.secrets.get_secret_value().secret_id(&cloud.secret).send().await.unwrap();
    cloud.holds("value by name", by_name.secret_string.unwrap(), "first");
    let arn = by_name.arn.unwrap();
    let by_arn = cloud.secrets.get_secret_value().secret_id(&arn).send().await.unwrap();
    cloud.holds("value by ARN", by_arn.secret_string.unwrap(), "first");
    cloud.holds("stages of a current value", by_arn.version_stages.unwrap().join(" "), CURRENT);
    // Names may end in the same form, so AWS draws six letters behind each.
    let drawn = arn.rsplit_once('-').map_or(0, |(_, drawn)| drawn.len());
    cloud.holds("letters drawn behind an ARN", drawn, 6);
}

async fn there_is_no_previous_value_before_the_first_rotation(cloud: &Cloud) {
    let fresh = cloud.fresh_secret().await;
    let call = cloud.secrets.get_secret_value().secret_id(fresh).version_stage(PREVIOUS).send().await;
    cloud.holds("previous value of a new secret", outcome(&call), MISSING);
}

async fn a_rotation_leaves_the_previous_value_readable(cloud: &Cloud) {
    let before = cloud.secrets.get_secret_value().secret_id(&cloud.secret).send().await.unwrap();
    cloud.put_secret("second").await;
    cloud.holds("current value after a rotation", value(cloud, CURRENT).await, "second");
    cloud.holds("previous value after a rotation", value(cloud, PREVIOUS).await, "first");
    let after = cloud.secrets.get_secret_value().secret_id(&cloud.secret).send().await.unwrap();
    cloud.holds("each value has a version of its own", before.version_id != after.version_id, true);
    let by_version = cloud.secrets.get_secret_value().secret_id(&cloud.secret).version_id(before.version_id.unwrap());
    cloud.holds("value by version", by_version.send().await.unwrap().secret_string.unwrap(), "first");
}

async fn a_second_rotation_forgets_the_first_value(cloud: &Cloud) {
    cloud.put_secret("second").await;
    cloud.put_secret("third").await;
    cloud.holds("current value after two rotations", value(cloud, CURRENT).await, "third");
    cloud.holds("previous value after two rotations", value(cloud, PREVIOUS).await, "second");
}

async fn an_unknown_secret_is_not_found(cloud: &Cloud) {
    let call = cloud.secrets.get_secret_value().secret_id("nobody-made-this").send().await;
    cloud.holds("an unknown secret", outcome(&call), MISSING);
}

async fn an_unknown_stage_is_not_found(cloud: &Cloud) {
    cloud.holds("an unknown stage", value(cloud, "NOSUCHSTAGE").await, MISSING);
}
