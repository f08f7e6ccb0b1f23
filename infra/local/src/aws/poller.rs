//! Lambda's event source mapping: takes messages under the function's role, calls its handler, deletes what succeeded.
//!
//! A handler that fails or panics leaves its messages to come back when their visibility ends, as on Lambda.

use std::{collections::HashSet, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet};

use super::{
    Aws, Service, StartError,
    iam::{Ask, Context},
    queue_store::Taken,
    sqs::Waited,
    sqs_message::record,
    wire::Refusal,
};
use crate::template::{Event, QueueEvent};

/// Until the next try, where the queue itself did not answer.
const AFTER_TROUBLE: Duration = Duration::from_secs(5);

/// What a handler says of an event: its answer, or that it failed.
pub type Handled = Result<Value, Box<dyn std::error::Error + Send + Sync>>;

/// One queue whose messages go to one function.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The function's name, and its role here.
    pub function: String,
    /// The queue, and how much of it at a time.
    pub event: QueueEvent,
}

/// Delivers in the background until it is stopped.
pub struct Poller {
    stop: watch::Sender<bool>,
    workers: JoinSet<()>,
}

impl Poller {
    /// Takes no more messages and waits for the batches under way.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.workers.join_next().await.is_some() {}
    }
}

impl Drop for Poller {
    /// Without [`Poller::stop`] the workers end by themselves: cut off, they could leave messages taken and unhandled.
    fn drop(&mut self) {
        self.workers.detach_all();
    }
}

impl Aws {
    /// Every queue that starts a function.
    pub fn deliveries(&self) -> Vec<Delivery> {
        let mut all = Vec::new();
        for function in &self.template().functions {
            for event in &function.events {
                if let Event::Queue(event) = event {
                    all.push(Delivery { function: function.name.clone(), event: event.clone() });
                }
            }
        }
        all
    }

    /// Starts to deliver: as many batches at a time as the template says. Fails where the role may not take messages.
    pub fn poll<H, F>(&self, delivery: &Delivery, handler: H) -> Result<Poller, StartError>
    where
        H: Fn(Value) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Handled> + Send + 'static,
    {
        self.may_take(delivery).map_err(|refusal| StartError::Refused(refusal.to_string()))?;
        let (stop, stopped) = watch::channel(false);
        let mut workers = JoinSet::new();
        for _ in 0..delivery.event.concurrency.max(1) {
            let (aws, delivery, handler) = (self.clone(), delivery.clone(), handler.clone());
            let mut stopped = stopped.clone();
            workers.spawn(async move {
                while !*stopped.borrow() {
                    let given_up = async {
                        // An error means that the poller was dropped, which ends the work just as well.
                        let _ = stopped.wait_for(|&stop| stop).await;
                    };
                    if let Err(refusal) = aws.deliver_when(&delivery, &handler, given_up).await {
                        tracing::error!(function = delivery.function, %refusal, "a queue is not delivered");
                        let _ = tokio::time::timeout(AFTER_TROUBLE, stopped.wait_for(|&stop| stop)).await;
                    }
                    if stopped.has_changed().is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Poller { stop, workers })
    }

    /// Delivers the batch that is there now, if any, and says how many messages it had. For tests.
    pub async fn deliver<H, F>(&self, delivery: &Delivery, handler: &H) -> Result<usize, StartError>
    where
        H: Fn(Value) -> F,
        F: Future<Output = Handled> + Send + 'static,
    {
        let refused = |refusal: Refusal| StartError::Refused(refusal.to_string());
        self.may_take(delivery).map_err(refused)?;
        self.deliver_when(delivery, handler, std::future::ready(())).await.map_err(refused)
    }

    async fn deliver_when<H, F>(
        &self,
        delivery: &Delivery,
        handler: &H,
        given_up: impl Future<Output = ()>,
    ) -> Result<usize, Refusal>
    where
        H: Fn(Value) -> F,
        F: Future<Output = Handled> + Send + 'static,
    {
        let waited = self.waited(delivery)?;
        let batch = self.0.sqs.take(waited, delivery.event.batch_size, None, given_up).await?;
        if batch.is_empty() {
            return Ok(0);
        }
        let records: Vec<Value> = batch.iter().map(|message| record(message, &waited.queue)).collect();
        // A task of its own: a panic ends this invocation and nothing else.
        let outcome = tokio::spawn(handler(json!({ "Records": records }))).await;
        let failed = match outcome {
            Ok(Ok(answer)) => failures(&answer, &batch, delivery.event.reports_failures),
            Ok(Err(error)) => {
                tracing::warn!(function = delivery.function, %error, "a batch failed");
                None
            }
            Err(panic) => {
                tracing::error!(function = delivery.function, %panic, "a batch failed");
                None
            }
        };
        if let Some(failed) = failed {
            for message in batch.iter().filter(|message| !failed.contains(&message.id)) {
                // A deletion that goes wrong is a second delivery.
                if self.0.faults.strike(Service::Sqs, "DeleteMessage", &delivery.function).is_some() {
                    continue;
                }
                if let Err(refusal) = self.0.sqs.delete(waited, &json!({ "ReceiptHandle": message.receipt })).await {
                    tracing::warn!(function = delivery.function, %refusal, "a message was handled and not deleted");
                }
            }
        }
        Ok(batch.len())
    }

    fn waited(&self, delivery: &Delivery) -> Result<&Arc<Waited>, Refusal> {
        self.0.sqs.find(|queue| queue.arn == delivery.event.queue)
    }

    /// The rights that Lambda's poller works with are the function's own.
    fn may_take(&self, delivery: &Delivery) -> Result<(), Refusal> {
        let queue = &self.waited(delivery)?.queue;
        let role = delivery.function.as_str();
        for action in ["sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:DeleteMessage"] {
            self.0.iam.check(Ask { role, action, resource: &queue.arn }, &Context::new())?;
        }
        match queue.key.as_deref() {
            Some(resource) => self.0.iam.check_key_through(Ask { role, action: "kms:Decrypt", resource }, Service::Sqs),
            None => Ok(()),
        }
    }
}

/// The messages that stay: those the answer names. `None` where it says nothing sensible, and all of them stay.
fn failures(answer: &Value, batch: &[Taken], reported: bool) -> Option<HashSet<String>> {
    let mut failed = HashSet::new();
    if !reported {
        return Some(failed);
    }
    for failure in answer["batchItemFailures"].as_array().into_iter().flatten() {
        let id = failure["itemIdentifier"].as_str().filter(|id| batch.iter().any(|message| message.id == *id))?;
        failed.insert(id.to_owned());
    }
    Some(failed)
}
