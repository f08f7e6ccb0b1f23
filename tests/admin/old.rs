//! Exports as the older systems make them, as long as a test wants.

use std::fmt::Write as _;

use aws_lc_rs::{
    cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey},
    iv::FixedLength,
};
use serde_json::{Map, Value, json};

use crate::house::{CREDS_IV, CREDS_KEY};

/// An id of `MongoDB`'s.
pub(crate) fn object_id(kind: u8, number: usize) -> String {
    format!("{kind:02x}{number:022x}")
}

/// D0's encryption.
pub(crate) fn encrypted(clear: &str) -> String {
    let key = UnboundCipherKey::new(&AES_256, &hex::decode(CREDS_KEY).unwrap()).unwrap();
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).unwrap();
    let vector: [u8; 16] = hex::decode(CREDS_IV).unwrap().try_into().unwrap();
    let mut bytes = clear.as_bytes().to_vec();
    let context = EncryptionContext::Iv128(FixedLength::from(&vector));
    key.less_safe_encrypt(&mut bytes, context).unwrap();
    hex::encode(bytes)
}

/// A record of D0's collection `keys`.
pub(crate) fn d0_record(number: usize) -> Value {
    let clear = json!({
        "accessToken": format!("planka-token-{number}"),
        "userData": { "email": format!("d0-{number}@example.org"), "name": format!("Person {number}"), "username": format!("p{number}") },
        "connectedAt": "2025-03-04T05:06:07.000Z",
    });
    json!({
        "_id": { "$oid": object_id(0xd0, number) }, "userId": { "$oid": object_id(0xa0, number) }, "name": "planka_token",
        "value": encrypted(&clear.to_string()), "updatedAt": { "$date": "2025-03-04T05:06:07Z" },
    })
}

pub(crate) fn d0(records: usize) -> String {
    Value::Array((0..records).map(d0_record).collect()).to_string()
}

/// D1's table, with a project or without, and the whole portal's keys.
pub(crate) fn d1(records: usize) -> String {
    let mut table = "id,username,credentialType,projectId,credentials,isActive,createdAt\n".to_owned();
    for number in 0..records {
        let user = if number == 0 { String::new() } else { format!("person-{}", number / 2) };
        let project = if number.is_multiple_of(2) { "" } else { "al-chat" };
        let credentials = json!({ "api_key": format!("sk-d1-{number}") }).to_string().replace('"', "\"\"");
        writeln!(table, "{number},{user},openai,{project},\"{credentials}\",true,2025-03-04 05:06:07").unwrap();
    }
    table
}

/// A user of D2's: connected to GitHub, and every other one to Google's calendar.
pub(crate) fn d2_record(number: usize) -> Value {
    let mut user = json!({
        "_id": { "$oid": object_id(0xd2, number) }, "email": format!("D2-{number}@Example.org"), "firstName": "Ada", "lastName": format!("No {number}"),
        "organizationId": number % 3, "password": "$2b$10$not.taken.over",
        "githubConnected": true, "githubAccessToken": format!("gho_d2_{number}"), "githubUserId": number.to_string(),
        "githubUsername": format!("ada{number}"), "githubEmail": "ada@example.org", "githubAvatarUrl": "https://example.org/a.png",
        "githubConnectedAt": { "$date": "2025-03-04T05:06:07Z" }, "googleCalendarConnected": false,
    });
    if number.is_multiple_of(2) {
        let calendar = json!({
            "googleCalendarConnected": true, "googleCalendarAccessToken": format!("ya29.d2_{number}"),
            "googleCalendarRefreshToken": format!("1//d2_{number}"), "googleCalendarTokenExpiry": { "$date": "2099-01-01T00:00:00Z" },
        });
        user.as_object_mut().unwrap().extend(calendar.as_object().unwrap().clone());
    }
    user
}

pub(crate) fn d2(users: usize) -> String {
    (0..users).map(|number| d2_record(number).to_string() + "\n").collect()
}

/// D4's `credentials.json`: a bot, and many webhooks.
pub(crate) fn d4(records: usize) -> String {
    let mut all = Map::new();
    for number in 0..records {
        let beside = json!({ "connectedAt": "2025-03-04T05:06:07.000Z", "expiresAt": null, "lastTested": "2025-04-04T05:06:07.000Z" });
        let mut record = beside.as_object().unwrap().clone();
        let (name, credentials) = match number {
            0 => ("telegram".to_owned(), json!({ "botToken": "12345:d4-bot" })),
            _ => (
                format!("webhook_hook-{number}"),
                json!({ "url": format!("https://example.org/api/webhooks/hook-{number}"), "secret": format!("secret-d4-{number}") }),
            ),
        };
        record.insert("credentials".to_owned(), credentials);
        all.insert(name, Value::Object(record));
    }
    Value::Object(all).to_string()
}
