//! DynamoDB: the embedded emulator behind a loopback port of its own, with the tables of the template.
//!
//! The port serves this process; the emulator checks no signature, so whoever reaches it reads everything. Streams stay
//! off: each write would get slower.

use std::{
    collections::HashSet,
    net::TcpListener,
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
    thread::JoinHandle,
};

use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::{
    http::HttpConnector,
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use dynoxide::{Database, actions, server, storage_backend};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::clock::Clock;
use tokio::sync::oneshot;

use super::{StartError, stale_index::Frozen};
use crate::template::Table;

/// The emulator, its server, and the way to it.
pub(super) struct Engine {
    pub(super) database: Database,
    address: String,
    connector: Connector,
    running: Mutex<Option<Running>>,
    pub(super) tables: Vec<Table>,
    /// Verdicts that were favourable, by role, operation, table and index: policies do not change while we run.
    pub(super) allowed: RwLock<HashSet<String>>,
    pub(super) frozen: RwLock<Vec<Frozen>>,
}

struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Engine {
    pub(super) fn start(folder: Option<&Path>, tables: &[Table], clock: &Clock) -> Result<Self, StartError> {
        let database = match folder {
            Some(folder) => Database::new(&folder.join("dynamodb.sqlite").to_string_lossy()),
            None => Database::memory_with_clock(Arc::new(Hands(clock.clone()))),
        }
        .map_err(failed)?;
        for table in tables {
            create(&database, table)?;
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?;
        let address = format!("http://{}/", listener.local_addr().map_err(failed)?);
        let running = serve(listener, database.clone())?;
        Ok(Self {
            database,
            address,
            connector: Connector::builder().build_http(),
            running: Mutex::new(Some(running)),
            tables: tables.to_vec(),
            allowed: RwLock::default(),
            frozen: RwLock::default(),
        })
    }

    /// Carries an SDK request over to the emulator.
    pub(super) async fn forward(
        &self,
        operation: &str,
        mut request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        if matches!(operation, "Query" | "GetItem") {
            self.divert(&mut request);
        }
        request.set_uri(self.address.as_str()).map_err(|error| ConnectorError::user(error.into()))?;
        self.connector.call(request).await
    }

    pub(super) fn sweep_ttl(&self) -> Result<usize, StartError> {
        self.database.sweep_ttl().map_err(failed)
    }

    /// Ends the server once its requests are answered.
    pub(super) async fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { stop, thread }) = running {
            // A receiver that is gone means that the server has ended already.
            let _ = stop.send(());
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

/// Runs the server on a thread of its own: SQLite blocks, and whoever calls must not wait behind it.
fn serve(listener: TcpListener, database: Database) -> Result<Running, StartError> {
    listener.set_nonblocking(true).map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let (stop, stopped) = oneshot::channel();
    let run = move || {
        runtime.block_on(async move {
            let listener = match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => listener,
                Err(error) => return tracing::error!(%error, "DynamoDB does not listen"),
            };
            // Either a message or the sender's end stops it.
            let stopped = async move { drop(stopped.await) };
            if let Err(error) = server::serve_with_shutdown(listener, database, stopped).await {
                tracing::error!(%error, "DynamoDB ended");
            }
        });
    };
    let thread = std::thread::Builder::new().name("dynamodb".to_owned()).spawn(run).map_err(failed)?;
    Ok(Running { stop, thread })
}

/// Creates a table, or gives an older one the indexes and the TTL that the template has added since.
fn create(database: &Database, table: &Table) -> Result<(), StartError> {
    let described = database.describe_table(request(json!({ "TableName": table.name }))?);
    match described {
        Err(_) => {
            database.create_table(request(creation(table))?).map_err(failed)?;
        }
        Ok(existing) => {
            let existing = serde_json::to_value(&existing).map_err(failed)?;
            let known = existing["Table"]["GlobalSecondaryIndexes"].as_array().cloned().unwrap_or_default();
            for (index, missing) in table.indexes.iter().zip(indexes(table)) {
                if known.iter().all(|known| known["IndexName"] != index.name.as_str()) {
                    let update = json!({
                        "TableName": table.name,
                        "AttributeDefinitions": table.attributes,
                        "GlobalSecondaryIndexUpdates": [{ "Create": missing }],
                    });
                    database.update_table(request(update)?).map_err(failed)?;
                }
            }
        }
    }
    expire(database, table)
}

pub(super) fn creation(table: &Table) -> Value {
    let mut creation = json!({
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": table.attributes,
        "KeySchema": table.key_schema,
    });
    if !table.indexes.is_empty() {
        creation["GlobalSecondaryIndexes"] = indexes(table).collect();
    }
    creation
}

fn indexes(table: &Table) -> impl Iterator<Item = Value> + '_ {
    table
        .indexes
        .iter()
        .map(|index| json!({ "IndexName": index.name, "KeySchema": index.key_schema, "Projection": index.projection }))
}

fn expire(database: &Database, table: &Table) -> Result<(), StartError> {
    let Some(attribute) = &table.ttl else { return Ok(()) };
    let now = database.describe_time_to_live(request(json!({ "TableName": table.name }))?).map_err(failed)?;
    let now = serde_json::to_value(&now).map_err(failed)?;
    if now["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED" {
        return Ok(());
    }
    let ttl = json!({ "AttributeName": attribute, "Enabled": true });
    let update: actions::update_time_to_live::UpdateTimeToLiveRequest =
        request(json!({ "TableName": table.name, "TimeToLiveSpecification": ttl }))?;
    database.update_time_to_live(update).map_err(failed)?;
    Ok(())
}

pub(super) fn request<T: DeserializeOwned>(value: Value) -> Result<T, StartError> {
    serde_json::from_value(value).map_err(failed)
}

pub(super) fn failed(error: impl std::fmt::Display) -> StartError {
    StartError::DynamoDb(error.to_string())
}

/// Our clock as the emulator reads it.
struct Hands(Clock);

impl storage_backend::Clock for Hands {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.0.epoch()).unwrap_or_default()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.0.now().as_duration().as_secs_f64()
    }
}
