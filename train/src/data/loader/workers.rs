//! Worker threads that prepare batches ahead of time.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::{BatchOf, Task};
use crate::data::contained::contained;
use crate::data::{DataError, Dataset};

/// Batches that each worker may be ahead of the consumer: one in progress and one waiting.
const AHEAD: usize = 2;

/// The iterator over the batches of an epoch. Workers take the next batch number; finished batches wait until it is their turn.
pub struct Batches<D: Dataset> {
    task: Arc<Task<D>>,
    shared: Arc<Shared<BatchOf<D>>>,
    /// The number of the next batch to return.
    next: usize,
    threads: Vec<JoinHandle<()>>,
    /// An error to return instead of batches.
    failed: Option<DataError>,
}

struct Shared<B> {
    state: Mutex<State<B>>,
    /// Signals a change of the state.
    changed: Condvar,
}

struct State<B> {
    /// The next batch that a worker takes.
    taken: usize,
    /// Workers stop before this batch.
    limit: usize,
    ready: BTreeMap<usize, Result<B, DataError>>,
}

impl<D: Dataset> Batches<D> {
    fn work(task: &Task<D>, shared: &Shared<BatchOf<D>>) {
        loop {
            let number = {
                let mut state = shared.lock();
                // `limit` increases as batches are returned, and is set to 0 to stop the workers.
                while state.taken >= state.limit {
                    if state.limit == 0 || state.taken >= task.batch_count() {
                        return;
                    }
                    state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                state.taken += 1;
                state.taken - 1
            };
            // The consumer gets this batch or an error, even if this thread panics.
            let mut promise = Promise { shared, number, batch: None };
            promise.batch = Some(made(task, number));
        }
    }
}

/// Prepares a batch. Most panics are caught with their item; this catches the rest, such as a panic in the drop of an item.
fn made<D: Dataset>(task: &Task<D>, number: usize) -> Result<BatchOf<D>, DataError> {
    let lost = |reason| Err(DataError::Worker { number, reason: format!(": {reason}") });
    contained(|| task.batch(number)).unwrap_or_else(lost)
}

/// A batch that the consumer waits for. It is handed over on drop, also during a panic.
struct Promise<'a, B> {
    shared: &'a Shared<B>,
    number: usize,
    batch: Option<Result<B, DataError>>,
}

impl<B> Drop for Promise<'_, B> {
    fn drop(&mut self) {
        let lost = DataError::Worker { number: self.number, reason: String::new() };
        let batch = self.batch.take().unwrap_or(Err(lost));
        self.shared.lock().ready.insert(self.number, batch);
        self.shared.changed.notify_all();
    }
}

impl<B> Shared<B> {
    /// Ignores poisoning: the state is consistent after each single change.
    fn lock(&self) -> MutexGuard<'_, State<B>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<D: Dataset> Batches<D> {
    /// Starts the workers at batch `first`. With `failed`, the only item is this error.
    pub(super) fn start(task: Task<D>, first: usize, workers: usize, failed: Option<DataError>) -> Self {
        let limit = task.batch_count().min(first + AHEAD * workers);
        let state = Mutex::new(State { taken: first, limit, ready: BTreeMap::new() });
        let (task, shared) = (Arc::new(task), Arc::new(Shared { state, changed: Condvar::new() }));
        let spawn = |number| {
            let (task, shared) = (Arc::clone(&task), Arc::clone(&shared));
            thread::Builder::new().name(format!("loader {number}")).spawn(move || Self::work(&task, &shared)).ok()
        };
        // If threads cannot be created, fewer are used; with none, the calling thread prepares the batches.
        let threads = (0..workers.min(task.batch_count().saturating_sub(first))).filter_map(spawn).collect();
        Self { task, shared, next: first, threads, failed }
    }

    fn stop(&mut self) {
        self.shared.lock().limit = 0;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // Panics have been caught; nothing is left to report.
            let _ = thread.join();
        }
    }
}

impl<D: Dataset> Iterator for Batches<D> {
    type Item = Result<BatchOf<D>, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            return Some(Err(error));
        }
        if self.next >= self.task.batch_count() {
            return None;
        }
        let number = self.next;
        self.next += 1;
        let batch = if self.threads.is_empty() {
            made(&self.task, number)
        } else {
            let mut state = self.shared.lock();
            state.limit = self.task.batch_count().min(number + 1 + AHEAD * self.threads.len());
            self.shared.changed.notify_all();
            loop {
                if let Some(batch) = state.ready.remove(&number) {
                    break batch;
                }
                state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        };
        if batch.is_err() {
            self.next = self.task.batch_count();
            self.stop();
        }
        Some(batch)
    }
}

impl<D: Dataset> Drop for Batches<D> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<D: Dataset> fmt::Debug for Batches<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (next, of) = (self.next, self.task.batch_count());
        f.debug_struct("Batches").field("next", &next).field("of", &of).field("workers", &self.threads.len()).finish()
    }
}
