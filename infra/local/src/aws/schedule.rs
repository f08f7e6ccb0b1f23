//! EventBridge's clock: calls a function at each tick of its schedule with the event that AWS would send.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle, time::MissedTickBehavior};

use super::{Aws, poller::Handled};
use crate::template::{ACCOUNT, Event, REGION, ScheduleEvent};

/// Ticks in the background until it is stopped.
pub struct Ticker {
    stop: watch::Sender<bool>,
    worker: JoinHandle<()>,
}

impl Ticker {
    /// Ticks no more and waits for the call under way.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // A worker that panicked has logged it and has nothing left to wait for.
        let _ = self.worker.await;
    }
}

impl Aws {
    /// Every schedule, with the function that it starts.
    pub fn schedules(&self) -> Vec<(String, ScheduleEvent)> {
        let mut all = Vec::new();
        for function in &self.template().functions {
            for event in &function.events {
                if let Event::Schedule(schedule) = event {
                    all.push((function.name.clone(), schedule.clone()));
                }
            }
        }
        all
    }

    /// The event of one tick, now.
    pub fn tick(&self, schedule: &ScheduleEvent) -> Value {
        if let Some(input) = &schedule.input {
            return input.clone();
        }
        let (kind, detail) = match schedule.source {
            "aws.scheduler" => ("schedule/default", json!("{}")),
            _ => ("rule", json!({})),
        };
        let service = if schedule.source == "aws.scheduler" { "scheduler" } else { "events" };
        json!({
            "version": "0",
            "id": shared::id::random_token(),
            "detail-type": "Scheduled Event",
            "source": schedule.source,
            "account": ACCOUNT,
            "time": self.0.clock.now().to_string(),
            "region": REGION,
            "resources": [format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{kind}/{}", schedule.name)],
            "detail": detail,
        })
    }

    /// Calls the handler now and then at each tick, one call at a time. A failed call is logged; the next tick tries anew.
    pub fn run_schedule<H, F>(&self, function: &str, schedule: &ScheduleEvent, handler: H) -> Ticker
    where
        H: Fn(Value) -> F + Send + Sync + 'static,
        F: Future<Output = Handled> + Send + 'static,
    {
        let (aws, function, schedule) = (self.clone(), function.to_owned(), schedule.clone());
        let (stop, mut stopped) = watch::channel(false);
        let worker = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(schedule.every.max(Duration::from_secs(1)));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    // Said so, or the ticker was dropped.
                    _ = stopped.wait_for(|&stop| stop) => return,
                    _ = ticks.tick() => {}
                }
                match tokio::spawn(handler(aws.tick(&schedule))).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => tracing::warn!(function, %error, "a scheduled call failed"),
                    Err(panic) => tracing::error!(function, %panic, "a scheduled call failed"),
                }
            }
        });
        Ticker { stop, worker }
    }
}
