//! SQS as the SDK speaks it: requests checked, rights asked, answers spelt; the messages are `queue_store`'s.
//!
//! Queues come from the template alone: none is made or changed here.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Map, Value, json};
use shared::clock::Clock;
use tokio::sync::Notify;

use super::{
    Service, StartError,
    iam::{Ask, Context, Iam},
    queue_store::{Deletion, QueueStore, Taken},
    sqs_message::{
        asked_for, entries, incoming, invalid, md5_of, millis, missing, number, receipt, sequence, size, spelt,
    },
    wire::Refusal,
};
use crate::template::Queue;

/// 1 MiB: a message, and a batch of them.
pub(super) const MOST_BYTES: usize = 1 << 20;

/// Between two looks at an empty queue.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// The stand-in.
pub(super) struct Sqs {
    queues: Vec<Arc<Waited>>,
    store: Arc<Mutex<QueueStore>>,
    clock: Clock,
}

/// A queue and those who wait for its messages.
pub(super) struct Waited {
    pub(super) queue: Queue,
    arrival: Notify,
}

/// A request about one queue by one role.
#[derive(Clone, Copy)]
struct Request<'a> {
    iam: &'a Iam,
    role: &'a str,
    waited: &'a Arc<Waited>,
    input: &'a Value,
}

impl Sqs {
    pub(super) fn open(folder: Option<&Path>, queues: &[Queue], clock: &Clock) -> Result<Self, StartError> {
        let waited = |queue: &Queue| Arc::new(Waited { queue: queue.clone(), arrival: Notify::new() });
        Ok(Self {
            queues: queues.iter().map(waited).collect(),
            store: Arc::new(Mutex::new(QueueStore::open(folder, clock.now().as_millisecond())?)),
            clock: clock.clone(),
        })
    }

    pub(super) async fn serve(&self, iam: &Iam, role: &str, operation: &str, input: &Value) -> Result<Value, Refusal> {
        let waited = self.find(|queue| match operation {
            "GetQueueUrl" => input["QueueName"] == queue.name.as_str(),
            _ => input["QueueUrl"] == queue.url.as_str(),
        })?;
        let request = Request { iam, role, waited, input };
        match operation {
            "GetQueueUrl" => {
                request.may("sqs:GetQueueUrl")?;
                Ok(json!({ "QueueUrl": waited.queue.url }))
            }
            "GetQueueAttributes" => self.attributes(request).await,
            "SendMessage" => {
                request.may_send()?;
                self.send(waited, input).await
            }
            "SendMessageBatch" => {
                request.may_send()?;
                let total = entries(input)?.iter().map(size).sum::<usize>();
                if total > MOST_BYTES {
                    return Err(Refusal::new(
                        "BatchRequestTooLong",
                        "Batch requests cannot be longer than 1048576 bytes.",
                    )
                    .query_code("AWS.SimpleQueueService.BatchRequestTooLong"));
                }
                self.batch(request, |entry| self.send(waited, entry)).await
            }
            "ReceiveMessage" => self.receive(request).await,
            "DeleteMessage" => {
                request.may("sqs:DeleteMessage")?;
                self.delete(waited, input).await
            }
            "DeleteMessageBatch" => {
                request.may("sqs:DeleteMessage")?;
                self.batch(request, |entry| self.delete(waited, entry)).await
            }
            "ChangeMessageVisibility" => {
                request.may("sqs:ChangeMessageVisibility")?;
                self.hide(waited, input).await
            }
            "ChangeMessageVisibilityBatch" => {
                request.may("sqs:ChangeMessageVisibility")?;
                self.batch(request, |entry| self.hide(waited, entry)).await
            }
            _ => Err(Refusal::new("UnsupportedOperation", format!("{operation} is not played here"))),
        }
    }

    /// A queue of the template.
    pub(super) fn find(&self, wanted: impl Fn(&Queue) -> bool) -> Result<&Arc<Waited>, Refusal> {
        self.queues.iter().find(|waited| wanted(&waited.queue)).ok_or_else(|| {
            Refusal::new("QueueDoesNotExist", "The specified queue does not exist.")
                .query_code("AWS.SimpleQueueService.NonExistentQueue")
        })
    }

    async fn send(&self, waited: &Arc<Waited>, input: &Value) -> Result<Value, Refusal> {
        let message = incoming(&waited.queue, input)?;
        let md5 = md5_of(&message.body);
        let (id, seq) = self.on_store(waited, move |store, queue, now| store.send(queue, &message, now)).await?;
        waited.arrival.notify_waiters();
        let mut sent = json!({ "MessageId": id, "MD5OfMessageBody": md5 });
        if waited.queue.fifo {
            sent["SequenceNumber"] = sequence(seq).into();
        }
        Ok(sent)
    }

    async fn receive(&self, request: Request<'_>) -> Result<Value, Refusal> {
        let Request { waited, input, .. } = request;
        request.may("sqs:ReceiveMessage")?;
        request.may_use_key("kms:Decrypt")?;
        let most = number(input, "MaxNumberOfMessages", 1..=10)?.unwrap_or(1);
        let hide = number(input, "VisibilityTimeout", 0..=43_200)?.map(|seconds| seconds * 1000);
        let wait = number(input, "WaitTimeSeconds", 0..=20)?.unwrap_or(0);
        let most = usize::try_from(most).unwrap_or(1);
        let given_up = tokio::time::sleep(Duration::from_secs(wait.unsigned_abs()));
        let taken = self.take(waited, most, hide, given_up).await?;
        let messages: Vec<Value> = taken.iter().map(|message| spelt(message, &waited.queue, input)).collect();
        Ok(if messages.is_empty() { json!({}) } else { json!({ "Messages": messages }) })
    }

    /// Takes messages without asking anybody; where there are none, waits for some until `given_up`.
    ///
    /// Never drop this future while it runs: what it has just taken would stay hidden.
    pub(super) async fn take(
        &self,
        waited: &Arc<Waited>,
        most: usize,
        hide: Option<i64>,
        given_up: impl Future<Output = ()>,
    ) -> Result<Vec<Taken>, Refusal> {
        let hide = hide.unwrap_or_else(|| millis(waited.queue.visibility));
        let mut given_up = std::pin::pin!(given_up);
        loop {
            // From here on no arrival is missed.
            let arrival = waited.arrival.notified();
            let work = move |store: &mut QueueStore, queue: &Queue, now| {
                let taken = store.receive(queue, most, hide, now)?;
                let next = if taken.is_empty() { store.next_visible(queue, now)? } else { None };
                Ok((taken, next.map(|next| next - now)))
            };
            let (taken, next) = self.on_store(waited, work).await?;
            if !taken.is_empty() {
                return Ok(taken);
            }
            // A hidden message shows itself without anybody telling; on a clock that is turned by hand, look now and then.
            let pause = next.map_or(LONGEST_PAUSE, |millis| Duration::from_millis(millis.unsigned_abs()));
            tokio::select! {
                () = &mut given_up => return Ok(Vec::new()),
                () = arrival => {}
                () = tokio::time::sleep(pause.min(LONGEST_PAUSE)) => {}
            }
        }
    }

    pub(super) async fn delete(&self, waited: &Arc<Waited>, input: &Value) -> Result<Value, Refusal> {
        let receipt = receipt(input)?;
        let fifo = waited.queue.fifo;
        match self.on_store(waited, move |store, queue, now| store.delete(queue, &receipt, now)).await? {
            Deletion::Late => return Err(invalid("ReceiptHandle", "The receipt handle has expired")),
            // The rest of its group may be taken now.
            Deletion::Done if fifo => waited.arrival.notify_waiters(),
            Deletion::Done | Deletion::Unknown => {}
        }
        Ok(json!({}))
    }

    async fn hide(&self, waited: &Arc<Waited>, input: &Value) -> Result<Value, Refusal> {
        let receipt = receipt(input)?;
        let seconds = number(input, "VisibilityTimeout", 0..=43_200)?.ok_or_else(|| missing("VisibilityTimeout"))?;
        let hidden =
            self.on_store(waited, move |store, queue, now| store.hide(queue, &receipt, seconds * 1000, now)).await?;
        if !hidden {
            return Err(Refusal::new("MessageNotInflight", "The message referred to is not in flight.")
                .query_code("AWS.SimpleQueueService.MessageNotInflight"));
        }
        waited.arrival.notify_waiters();
        Ok(json!({}))
    }

    async fn attributes(&self, request: Request<'_>) -> Result<Value, Refusal> {
        request.may("sqs:GetQueueAttributes")?;
        let counts = self.on_store(request.waited, QueueStore::counts).await?;
        let queue = &request.waited.queue;
        let mut all = Map::new();
        let mut set = |name: &str, value: String| all.insert(name.to_owned(), Value::String(value));
        set("QueueArn", queue.arn.clone());
        set("ApproximateNumberOfMessages", counts.visible.to_string());
        set("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string());
        set("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string());
        set("VisibilityTimeout", queue.visibility.as_secs().to_string());
        set("DelaySeconds", queue.delay.as_secs().to_string());
        set("MessageRetentionPeriod", queue.retention.as_secs().to_string());
        set("MaximumMessageSize", MOST_BYTES.to_string());
        if queue.fifo {
            set("FifoQueue", "true".to_owned());
            set("ContentBasedDeduplication", queue.content_deduplication.to_string());
        }
        if let Some(redrive) = &queue.redrive {
            let policy = json!({ "deadLetterTargetArn": redrive.target, "maxReceiveCount": redrive.max_receives });
            set("RedrivePolicy", policy.to_string());
        }
        all.retain(|name, _| asked_for(&request.input["AttributeNames"], name));
        Ok(json!({ "Attributes": all }))
    }

    /// Each entry by itself: some may fail while others succeed.
    async fn batch<'a, F>(&self, request: Request<'a>, each: impl Fn(&'a Value) -> F) -> Result<Value, Refusal>
    where
        F: Future<Output = Result<Value, Refusal>>,
    {
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in entries(request.input)? {
            match each(entry).await {
                Ok(mut done) => {
                    done["Id"] = entry["Id"].clone();
                    successful.push(done);
                }
                Err(refusal) => failed.push(refusal.in_batch(&entry["Id"])),
            }
        }
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }

    /// Runs off the async threads: SQLite waits for the disk.
    async fn on_store<T: Send + 'static>(
        &self,
        waited: &Arc<Waited>,
        work: impl FnOnce(&mut QueueStore, &Queue, i64) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (store, waited, clock) = (Arc::clone(&self.store), Arc::clone(waited), self.clock.clone());
        let done = tokio::task::spawn_blocking(move || {
            let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut store, &waited.queue, clock.now().as_millisecond())
        });
        done.await.map_err(Refusal::internal)?.map_err(Refusal::internal)
    }
}

impl Request<'_> {
    fn may(self, action: &str) -> Result<(), Refusal> {
        self.iam.check(Ask { role: self.role, action, resource: &self.waited.queue.arn }, &Context::new())
    }

    fn may_send(self) -> Result<(), Refusal> {
        self.may("sqs:SendMessage")?;
        self.may_use_key("kms:GenerateDataKey")?;
        self.may_use_key("kms:Decrypt")
    }

    /// A queue under a customer key is used with the caller's right to that key.
    fn may_use_key(self, action: &str) -> Result<(), Refusal> {
        let Some(resource) = self.waited.queue.key.as_deref() else { return Ok(()) };
        self.iam.check_key_through(Ask { role: self.role, action, resource }, Service::Sqs)
    }
}
