//! What runs without a request: queues and schedules call the job functions' own handlers, and expired rows are swept.

use std::time::Duration;

use tokio::{task::JoinHandle, time::MissedTickBehavior};

use crate::{
    aws::{Aws, Poller, StartError, Ticker},
    functions::JOBS,
    stack::Stack,
};

/// How often rows are swept whose time is over. DynamoDB itself may take two days.
const SWEEP: Duration = Duration::from_mins(5);

/// All of it, running.
pub(crate) struct Jobs {
    tickers: Vec<Ticker>,
    pollers: Vec<Poller>,
    sweeper: JoinHandle<()>,
}

impl Jobs {
    /// Starts each job's schedules and queues.
    pub(crate) fn start(stack: &Stack) -> Result<Self, StartError> {
        let aws = stack.aws();
        let (mut tickers, mut pollers) = (Vec::new(), Vec::new());
        for job in JOBS {
            let app = stack.app(job.name);
            let handle = move |event| (job.handle)(app.clone(), event);
            for delivery in aws.deliveries().iter().filter(|delivery| delivery.function == job.name) {
                pollers.push(aws.poll(delivery, handle.clone())?);
            }
            for (_, schedule) in aws.schedules().iter().filter(|(function, _)| function == job.name) {
                tickers.push(aws.run_schedule(job.name, schedule, handle.clone()));
            }
        }
        Ok(Self { tickers, pollers, sweeper: tokio::spawn(sweep(aws.clone())) })
    }

    /// Starts nothing more, and waits for what is under way.
    pub(crate) async fn stop(self) {
        self.sweeper.abort();
        for ticker in self.tickers {
            ticker.stop().await;
        }
        for poller in self.pollers {
            poller.stop().await;
        }
    }
}

async fn sweep(aws: Aws) {
    let mut ticks = tokio::time::interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let aws = aws.clone();
        // It walks tables: beside the threads that answer requests.
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || aws.sweep_ttl()).await {
            tracing::warn!(%error, "expired rows were not swept");
        }
    }
}
