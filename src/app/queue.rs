//! Jobs that are written together: whoever finds nobody at work takes all that waits, and the next group gathers meanwhile.
//!
//! One commit then serves everybody who came during the last one, which is what makes small durable writes fast on either engine.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A job and how much work it is.
type Waiting<J> = VecDeque<(usize, J)>;

/// Waiting jobs, and the right to work on them.
#[derive(Debug)]
pub struct Queue<J> {
    waiting: Mutex<Waiting<J>>,
    leaders: Arc<Semaphore>,
}

/// The right to work; dropping it lets the next one lead.
#[derive(Debug)]
pub struct Lead(#[expect(dead_code, reason = "held, never read")] OwnedSemaphorePermit);

impl<J> Queue<J> {
    /// An empty queue for which at most `leaders` work at the same time.
    pub fn new(leaders: usize) -> Queue<J> {
        Queue { waiting: Mutex::default(), leaders: Arc::new(Semaphore::new(leaders)) }
    }

    /// Adds a job of some `weight`. Whoever gets a [`Lead`] must work until [`Queue::take`] finds nothing.
    #[must_use]
    pub fn push(&self, weight: usize, job: J) -> Option<Lead> {
        self.lock().push_back((weight, job));
        self.lead()
    }

    /// The oldest jobs up to a total weight, at least one; empty when nothing waits.
    pub fn take(&self, most: usize) -> Vec<J> {
        let mut waiting = self.lock();
        let (mut total, mut jobs) = (0, vec![]);
        while let Some((weight, _)) = waiting.front()
            && (jobs.is_empty() || total + weight <= most)
            && let Some((weight, job)) = waiting.pop_front()
        {
            total += weight;
            jobs.push(job);
        }
        jobs
    }

    /// Ends a lead; returns a new one when somebody came in the moment between, who found this one still standing.
    #[must_use]
    pub fn leave(&self, lead: Lead) -> Option<Lead> {
        drop(lead);
        if self.lock().is_empty() { None } else { self.lead() }
    }

    fn lead(&self) -> Option<Lead> {
        Arc::clone(&self.leaders).try_acquire_owned().ok().map(Lead)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting<J>> {
        // Nothing that panics runs under this lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_leads_and_takes_what_has_gathered() {
        let queue = Queue::new(1);
        let lead = queue.push(1, "a").expect("nobody leads");
        assert!(queue.push(1, "b").is_none(), "somebody leads");
        assert_eq!(queue.take(10), ["a", "b"]);
        assert!(queue.push(5, "c").is_none() && queue.push(6, "d").is_none());
        let lead = queue.leave(lead).expect("two came meanwhile");
        assert_eq!((queue.take(10), queue.take(10), queue.take(10)), (vec!["c"], vec!["d"], vec![]));
        assert!(queue.leave(lead).is_none());
    }

    #[test]
    fn a_heavy_job_is_taken_alone() {
        let queue = Queue::new(2);
        let leads = [queue.push(50, "a"), queue.push(1, "b")];
        assert!(leads.iter().all(Option::is_some), "two may lead");
        assert_eq!(queue.take(10), ["a"]);
    }
}
