//! Tests a typed credential and keeps it: what the API and the console's forms have in common.

use serde_json::Value;

use super::{
    connect::{self, By},
    entry::{self, Accepted, Typed},
};
use crate::{
    http::{Code, Result},
    providers::hooks::Desk,
};

/// Keeps a credential that its provider takes, and tells what a person may see of it.
pub async fn keep(desk: &Desk<'_>, by: By<'_>, typed: Typed) -> Result<Value> {
    connect::still_there(desk.app, desk.tenant).await?;
    let Accepted { grant, data } = entry::accept(desk, typed).await?;
    let integration = match connect::connect_by(desk.app, desk.tenant, &grant, by).await {
        // Whether a write without an answer got through nobody knows, so then nothing is given back.
        Err(error) if matches!(error.code(), Code::Conflict | Code::LimitReached) => {
            entry::give_back(desk.app, &grant).await;
            return Err(error);
        }
        stored => stored?,
    };
    desk.app.store.integrations().touch_tested(&integration).await?;
    Ok(data)
}
