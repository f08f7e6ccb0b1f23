//! Messages at rest: one SQLite file, so that what was acknowledged survives a kill.
//!
//! It keeps the rules of time and order (visibility, groups, deduplication, redrive) and knows nothing of requests,
//! rights or JSON. Times are milliseconds since 1970.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use shared::id::random_token;

use crate::template::Queue;

/// How long a deduplication id counts.
const DEDUPLICATION: i64 = 5 * 60 * 1000;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS messages (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        queue TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        attributes TEXT NOT NULL,
        family TEXT,
        deduplication TEXT,
        sent INTEGER NOT NULL,
        visible INTEGER NOT NULL,
        first_received INTEGER,
        receives INTEGER NOT NULL DEFAULT 0,
        receipt TEXT UNIQUE,
        source TEXT
    );
    CREATE INDEX IF NOT EXISTS by_visibility ON messages (queue, visible);
    CREATE INDEX IF NOT EXISTS by_family ON messages (queue, family, visible);
    CREATE TABLE IF NOT EXISTS recent (
        queue TEXT NOT NULL,
        deduplication TEXT NOT NULL,
        id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (queue, deduplication)
    ) WITHOUT ROWID;
";

/// A message on its way in.
pub(super) struct Incoming {
    pub(super) body: String,
    /// Message attributes as JSON.
    pub(super) attributes: String,
    pub(super) group: Option<String>,
    pub(super) deduplication: Option<String>,
    pub(super) delay: i64,
}

/// A message that was taken.
pub(super) struct Taken {
    pub(super) seq: i64,
    pub(super) id: String,
    pub(super) body: String,
    pub(super) attributes: String,
    pub(super) group: Option<String>,
    pub(super) deduplication: Option<String>,
    pub(super) sent: i64,
    pub(super) first_received: i64,
    pub(super) receives: i64,
    pub(super) receipt: String,
    /// The ARN of the queue that gave it up.
    pub(super) source: Option<String>,
}

/// What became of a receipt.
pub(super) enum Deletion {
    /// The message is gone.
    Done,
    /// The message is there and no longer the holder's.
    Late,
    /// There is no such message, or somebody else has taken it since.
    Unknown,
}

/// How many messages can be taken, are taken, and wait for their time.
pub(super) struct Counts {
    pub(super) visible: i64,
    pub(super) in_flight: i64,
    pub(super) delayed: i64,
}

/// The file.
pub(super) struct QueueStore(Connection);

impl QueueStore {
    /// Opens the file. Who held a message went with the process before this one, so all of them can be taken again.
    pub(super) fn open(folder: Option<&Path>, now: i64) -> rusqlite::Result<Self> {
        let connection = match folder {
            Some(folder) => Connection::open(folder.join("queues.sqlite"))?,
            None => Connection::open_in_memory()?,
        };
        // Write-ahead, synced at each commit: what is answered is on the disk.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(SCHEMA)?;
        connection.execute(
            "UPDATE messages SET visible = ?1, receipt = NULL WHERE receipt IS NOT NULL AND visible > ?1",
            [now],
        )?;
        Ok(Self(connection))
    }

    /// Keeps a message and gives its id and number; a duplicate gets those of its original.
    pub(super) fn send(&mut self, queue: &Queue, message: &Incoming, now: i64) -> rusqlite::Result<(String, i64)> {
        let step = self.0.transaction()?;
        if let Some(original) = duplicate(&step, queue, message, now)? {
            return Ok(original);
        }
        let id = message_id();
        step.prepare_cached(
            "INSERT INTO messages (queue, id, body, attributes, family, deduplication, sent, visible)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            queue.arn,
            id,
            message.body,
            message.attributes,
            message.group,
            message.deduplication,
            now,
            now + message.delay
        ])?;
        let seq = step.last_insert_rowid();
        if let Some(deduplication) = &message.deduplication {
            step.execute(
                "INSERT OR REPLACE INTO recent VALUES (?1, ?2, ?3, ?4, ?5)",
                params![queue.arn, deduplication, id, seq, now + DEDUPLICATION],
            )?;
        }
        step.commit()?;
        Ok((id, seq))
    }

    /// Takes up to `most` messages and hides them for `hide` milliseconds.
    pub(super) fn receive(&mut self, queue: &Queue, most: usize, hide: i64, now: i64) -> rusqlite::Result<Vec<Taken>> {
        let step = self.0.transaction()?;
        tidy(&step, queue, now)?;
        // A group with a message that somebody holds, or that is not due yet, gives out none.
        let mut taken = step
            .prepare_cached(
                "SELECT * FROM messages WHERE queue = ?1 AND visible <= ?2 AND NOT EXISTS (
                     SELECT 1 FROM messages AS held WHERE ?4 AND held.queue = ?1
                     AND held.family = messages.family AND held.visible > ?2)
                 ORDER BY seq LIMIT ?3",
            )?
            .query_map(params![queue.arn, now, i64::try_from(most).unwrap_or(10), queue.fifo], read)?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        for message in &mut taken {
            message.receipt = format!("{}.{}", message.seq, random_token());
            message.receives += 1;
            message.first_received = if message.receives == 1 { now } else { message.first_received };
            step.prepare_cached(
                "UPDATE messages SET receipt = ?2, receives = ?3, first_received = ?4, visible = ?5 WHERE seq = ?1",
            )?
            .execute(params![
                message.seq,
                message.receipt,
                message.receives,
                message.first_received,
                now + hide
            ])?;
        }
        step.commit()?;
        Ok(taken)
    }

    /// Deletes what the receipt stands for, if it is the last one that was given for it.
    pub(super) fn delete(&mut self, queue: &Queue, receipt: &str, now: i64) -> rusqlite::Result<Deletion> {
        // In a FIFO queue a message whose time is up belongs to its next taker.
        let gone = self
            .0
            .prepare_cached("DELETE FROM messages WHERE queue = ?1 AND receipt = ?2 AND (NOT ?3 OR visible > ?4)")?
            .execute(params![queue.arn, receipt, queue.fifo, now])?;
        if gone > 0 {
            return Ok(Deletion::Done);
        }
        let late = self
            .0
            .prepare_cached("SELECT 1 FROM messages WHERE queue = ?1 AND receipt = ?2")?
            .exists(params![queue.arn, receipt])?;
        Ok(if late { Deletion::Late } else { Deletion::Unknown })
    }

    /// Hides a taken message for so long from now; says whether it was still taken.
    pub(super) fn hide(&mut self, queue: &Queue, receipt: &str, hide: i64, now: i64) -> rusqlite::Result<bool> {
        let changed = self.0.execute(
            "UPDATE messages SET visible = ?4 WHERE queue = ?1 AND receipt = ?2 AND visible > ?3",
            params![queue.arn, receipt, now, now + hide],
        )?;
        Ok(changed > 0)
    }

    pub(super) fn counts(&mut self, queue: &Queue, now: i64) -> rusqlite::Result<Counts> {
        let step = self.0.transaction()?;
        tidy(&step, queue, now)?;
        let counts = step.query_row(
            "SELECT COUNT(*) FILTER (WHERE visible <= ?2),
                    COUNT(*) FILTER (WHERE visible > ?2 AND receipt IS NOT NULL),
                    COUNT(*) FILTER (WHERE visible > ?2 AND receipt IS NULL)
             FROM messages WHERE queue = ?1",
            params![queue.arn, now],
            |row| Ok(Counts { visible: row.get(0)?, in_flight: row.get(1)?, delayed: row.get(2)? }),
        )?;
        step.commit()?;
        Ok(counts)
    }

    /// When the next hidden message shows itself.
    pub(super) fn next_visible(&mut self, queue: &Queue, now: i64) -> rusqlite::Result<Option<i64>> {
        self.0
            .prepare_cached("SELECT MIN(visible) FROM messages WHERE queue = ?1 AND visible > ?2")?
            .query_row(params![queue.arn, now], |row| row.get(0))
    }
}

fn duplicate(
    step: &Transaction<'_>,
    queue: &Queue,
    message: &Incoming,
    now: i64,
) -> rusqlite::Result<Option<(String, i64)>> {
    let Some(deduplication) = &message.deduplication else { return Ok(None) };
    step.execute("DELETE FROM recent WHERE until <= ?1", [now])?;
    step.prepare_cached("SELECT id, seq FROM recent WHERE queue = ?1 AND deduplication = ?2")?
        .query_row([&queue.arn, deduplication], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Lets go what is too old, and moves what was handed out too often.
fn tidy(step: &Transaction<'_>, queue: &Queue, now: i64) -> rusqlite::Result<()> {
    let retention = i64::try_from(queue.retention.as_millis()).unwrap_or(i64::MAX);
    step.prepare_cached("DELETE FROM messages WHERE queue = ?1 AND sent < ?2")?
        .execute(params![queue.arn, now.saturating_sub(retention)])?;
    if let Some(redrive) = &queue.redrive {
        // A FIFO queue starts the message's time anew where it arrives; a standard one does not.
        step.prepare_cached(
            "UPDATE messages SET queue = ?4, source = ?1, receipt = NULL, sent = CASE WHEN ?5 THEN ?2 ELSE sent END
             WHERE queue = ?1 AND visible <= ?2 AND receives >= ?3",
        )?
        .execute(params![queue.arn, now, redrive.max_receives, redrive.target, queue.fifo])?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Taken> {
    Ok(Taken {
        seq: row.get("seq")?,
        id: row.get("id")?,
        body: row.get("body")?,
        attributes: row.get("attributes")?,
        group: row.get("family")?,
        deduplication: row.get("deduplication")?,
        sent: row.get("sent")?,
        first_received: row.get::<_, Option<i64>>("first_received")?.unwrap_or_default(),
        receives: row.get("receives")?,
        receipt: String::new(),
        source: row.get("source")?,
    })
}

/// 128 random bits, written as SQS writes them.
fn message_id() -> String {
    let digits = hex::encode(shared::id::random::<16>());
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}
