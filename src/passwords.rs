//! Passwords: argon2id in a bounded blocking pool, so that a flood of sign-ins takes neither the runtime nor all cores.

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// Why a password was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too many sign-ins wait already; try again shortly.
    #[error("too many sign-ins at once")]
    Busy,
    /// The stored hash cannot be read or made.
    #[error("a password hash is broken")]
    Broken,
}

/// The pool. Parameters are those of OWASP's password storage sheet: 19 MiB, two passes, one lane.
#[derive(Clone)]
pub struct Passwords {
    workers: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    queue: usize,
    /// Verified against when there is no such person, so that both answers take as long.
    dummy: Arc<str>,
}

impl Passwords {
    /// A pool that hashes `workers` at once and lets `queue` wait.
    ///
    /// # Errors
    /// [`PasswordError::Broken`] when no hash can be made at all.
    pub fn new(workers: usize, queue: usize) -> Result<Passwords, PasswordError> {
        let dummy = hash_now("nobody has this password")?;
        Ok(Passwords {
            workers: Arc::new(Semaphore::new(workers)),
            waiting: Arc::new(AtomicUsize::new(0)),
            queue,
            dummy: dummy.into(),
        })
    }

    /// The PHC string of a new password.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.run(move || hash_now(&password)).await
    }

    /// Whether `password` made `hash`; without a hash it is wrong, after the same work.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        let dummy = Arc::clone(&self.dummy);
        self.run(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| dummy.to_string());
            let right = Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok();
            Ok(right && known)
        })
        .await
    }

    async fn run<R, F>(&self, work: F) -> Result<R, PasswordError>
    where
        R: Send + 'static,
        F: FnOnce() -> Result<R, PasswordError> + Send + 'static,
    {
        // The guard counts down even when the request is dropped while it waits.
        let _place = Place::take(&self.waiting, self.queue).ok_or(PasswordError::Busy)?;
        let permit = Arc::clone(&self.workers).acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        task.await.map_err(|_| PasswordError::Broken)?
    }
}

struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>, limit: usize) -> Option<Place> {
        let place = Place(Arc::clone(waiting));
        (waiting.fetch_add(1, Ordering::SeqCst) < limit).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn hash_now(password: &str) -> Result<String, PasswordError> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|_| PasswordError::Broken)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn right_wrong_and_nobody() {
        let passwords = Passwords::new(1, 10).expect("pool");
        let hash = passwords.hash("correct horse".into()).await.expect("hash");
        assert_eq!(passwords.verify("correct horse".into(), Some(hash.clone())).await, Ok(true));
        assert_eq!(passwords.verify("wrong horse".into(), Some(hash)).await, Ok(false));
        assert_eq!(passwords.verify("nobody has this password".into(), None).await, Ok(false));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn beyond_the_queue_the_answer_is_busy_and_the_places_come_back() {
        let passwords = Passwords::new(1, 2).expect("pool");
        let tries = (0..12).map(|_| passwords.verify("x".into(), None));
        let answers = futures_util::future::join_all(tries).await;
        assert!(answers.contains(&Err(PasswordError::Busy)) && answers.contains(&Ok(false)));
        assert_eq!(passwords.verify("x".into(), None).await, Ok(false));
    }
}
