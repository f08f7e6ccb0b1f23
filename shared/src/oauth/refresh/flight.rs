//! One refresh of a token at a time in this process, whoever asks, and none left behind.
//!
//! A flight runs in a task of its own: a client that hangs up drops its handler, and a refresh that was begun must be
//! finished, or a rotated token is lost. Shutdown waits for all flights to land.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

use super::{Error, decide::Want};
use crate::store::{integrations::Integration, key::Key};

/// A flight is joined by those who want the same: who was refused a grant's token is not served by that grant.
type Course = (Key, Want);
type Landed = Option<Result<Box<Integration>, Error>>;

/// The refreshes under way in this process.
#[derive(Clone, Default)]
pub struct Flights(Arc<Inside>);

#[derive(Default)]
struct Inside {
    open: Mutex<HashMap<Course, watch::Receiver<Landed>>>,
    /// Told whenever a flight lands.
    landed: tokio::sync::Notify,
}

impl Flights {
    /// The result of the flight for this course: of one that is under way, or of a new one.
    pub(super) async fn join<F>(&self, course: &Course, start: impl FnOnce() -> F) -> Result<Integration, Error>
    where
        F: Future<Output = Result<Integration, Error>> + Send + 'static,
    {
        let mut watching = self.board(course, start);
        match watching.wait_for(Option::is_some).await {
            Ok(landed) => match &*landed {
                Some(Ok(integration)) => Ok(Integration::clone(integration)),
                Some(Err(error)) => Err(error.clone()),
                None => Err(lost()),
            },
            Err(_) => Err(lost()),
        }
    }

    fn board<F>(&self, course: &Course, start: impl FnOnce() -> F) -> watch::Receiver<Landed>
    where
        F: Future<Output = Result<Integration, Error>> + Send + 'static,
    {
        let mut open = self.open();
        if let Some(watching) = open.get(course) {
            return watching.clone();
        }
        let (tell, watching) = watch::channel(None);
        open.insert(course.clone(), watching.clone());
        let (flight, ground) = (start(), Landing { flights: self.clone(), course: course.clone() });
        tokio::spawn(async move {
            // Dropped whichever way the flight ends, a panic included.
            let _ground = ground;
            let result = flight.await.map(Box::new);
            tell.send_replace(Some(result));
        });
        watching
    }

    /// Waits until no flight is under way.
    pub async fn drained(&self) {
        loop {
            let landed = self.0.landed.notified();
            if self.open().is_empty() {
                return;
            }
            landed.await;
        }
    }

    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<Course, watch::Receiver<Landed>>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Landing {
    flights: Flights,
    course: Course,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.flights.open().remove(&self.course);
        self.flights.0.landed.notify_waiters();
    }
}

/// The task ended without a word.
fn lost() -> Error {
    Error::unavailable(1, "the refresh was interrupted")
}
