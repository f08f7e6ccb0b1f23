//! Refreshes under way in this process: readers of one token share one, and each runs in a task of its own.
//!
//! A client that hangs up drops its handler; what was asked of a provider must be stored all the same. So nobody who waits
//! can stop a flight, and whoever shuts down waits for [`Flights::drained`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::sync::watch;

use super::{Error, decide::Want};
use crate::store::{integrations::Integration, key::Key};

type Landed = Result<Arc<Integration>, Error>;
type Flight = Shared<BoxFuture<'static, Landed>>;
type Course = (Key, Want);

/// All flights. Cheap to clone; clones share them.
#[derive(Clone, Default)]
pub struct Flights(Arc<Inside>);

struct Inside {
    flying: Mutex<HashMap<Course, Flight>>,
    tasks: watch::Sender<usize>,
}

impl Default for Inside {
    fn default() -> Self {
        Self { flying: Mutex::default(), tasks: watch::Sender::new(0) }
    }
}

impl Inside {
    fn flying(&self) -> MutexGuard<'_, HashMap<Course, Flight>> {
        self.flying.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flights {
    /// Joins the flight after this row's token, or starts it.
    pub(super) async fn join<F>(&self, key: Key, want: Want, start: impl FnOnce() -> F) -> Landed
    where
        F: Future<Output = Landed> + Send + 'static,
    {
        let course = (key, want);
        let flight = {
            let mut flying = self.0.flying();
            match flying.get(&course) {
                Some(flight) => flight.clone(),
                None => {
                    let flight = self.launch(course.clone(), start());
                    flying.insert(course, flight.clone());
                    flight
                }
            }
        };
        flight.await
    }

    fn launch(&self, course: Course, work: impl Future<Output = Landed> + Send + 'static) -> Flight {
        self.0.tasks.send_modify(|tasks| *tasks += 1);
        let landing = Landing { inside: Arc::clone(&self.0), course };
        let task = tokio::spawn(async move {
            let _landing = landing;
            work.await
        });
        async move { task.await.unwrap_or(Err(Error::Panicked)) }.boxed().shared()
    }

    /// Waits until no refresh is under way.
    pub async fn drained(&self) {
        // The sender lives as long as we do.
        let _ = self.0.tasks.subscribe().wait_for(|tasks| *tasks == 0).await;
    }
}

/// Takes the flight off the list when its task ends, by a panic too.
struct Landing {
    inside: Arc<Inside>,
    course: Course,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.inside.flying().remove(&self.course);
        self.inside.tasks.send_modify(|tasks| *tasks -= 1);
    }
}
