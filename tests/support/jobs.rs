//! What runs without a request, run once: a test says when.

use local::functions::JOBS;

use crate::TestApp;

impl TestApp {
    /// Each job does all that is due by the clock: its tick, then whatever lies in its queue.
    ///
    /// # Panics
    /// Where a job fails at its tick.
    pub async fn run_jobs(&self) {
        let aws = self.aws();
        for job in JOBS {
            let app = self.stack().app(job.name);
            let handle = move |event| (job.handle)(app.clone(), event);
            for (_, schedule) in aws.schedules().iter().filter(|(function, _)| function == job.name) {
                handle(aws.tick(schedule)).await.expect("a job answers its tick");
            }
            for delivery in aws.deliveries().iter().filter(|delivery| delivery.function == job.name) {
                // A message that failed is out of sight until the clock moves, so that this ends.
                while aws.deliver(delivery, &handle).await.expect("a job may read its queue") > 0 {}
            }
        }
    }
}
