//! Times as rows hold them: whole seconds since 1970. For serde's `with`.

pub(crate) mod optional {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, de::Error};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let seconds = Option::<i64>::deserialize(deserializer)?;
        seconds.map(Timestamp::from_second).transpose().map_err(D::Error::custom)
    }
}

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::Error};

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    Timestamp::from_second(i64::deserialize(deserializer)?).map_err(D::Error::custom)
}
