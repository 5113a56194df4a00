//! Limits of requests per minute: a fixed window per key, counted in the memory of one node.
//!
//! Every node counts for itself, so that no request waits for another one; behind two nodes a key may do twice its limit at most.

use crate::domain::clock::Ts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The length of a window.
pub const WINDOW: Duration = Duration::from_secs(60);

/// Where a key stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Requests per window.
    pub limit: i64,
    /// Requests left in this window.
    pub remaining: i64,
    /// Whole seconds until the window ends, at least one.
    pub reset_seconds: u64,
    /// False when this request was one too many.
    pub allowed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    started_at: Ts,
    requests: i64,
}

/// The windows of all keys.
#[derive(Debug)]
pub struct Windows<K>(Mutex<HashMap<K, Window>>);

impl<K> Default for Windows<K> {
    fn default() -> Windows<K> {
        Windows(Mutex::new(HashMap::new()))
    }
}

impl<K: Eq + Hash> Windows<K> {
    /// Counts a request of `key` against `limit`.
    pub fn count(&self, key: K, limit: i64, now: Ts) -> Allowance {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.entry(key).or_insert(Window { started_at: now, requests: 0 });
        // A clock that was set back begins a new window as well, or a key would be locked out for as long as the jump.
        if now < window.started_at || now.since(window.started_at) >= WINDOW {
            *window = Window { started_at: now, requests: 0 };
        }
        let allowed = window.requests < limit;
        window.requests += i64::from(allowed);
        let left = WINDOW.saturating_sub(now.since(window.started_at));
        let reset_seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        Allowance {
            limit,
            remaining: (limit - window.requests).max(0),
            reset_seconds: reset_seconds.max(1),
            allowed,
        }
    }
}

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Writes an allowance into the head of an answer; one that is refused says when to come again.
pub(super) fn say(allowance: &Allowance, headers: &mut HeaderMap) {
    headers.insert(LIMIT, HeaderValue::from(allowance.limit));
    headers.insert(REMAINING, HeaderValue::from(allowance.remaining));
    headers.insert(RESET, HeaderValue::from(allowance.reset_seconds));
    if !allowance.allowed {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(allowance.reset_seconds));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_counts_to_its_limit_and_begins_anew() {
        let (windows, start) = (Windows::default(), Ts::from_seconds(1_000));
        let count = |key, seconds: i64| windows.count(key, 2, Ts(start.0 + seconds * 1_000_000));
        let step = |a: Allowance| (a.allowed, a.remaining, a.reset_seconds);
        assert_eq!(step(count("a", 0)), (true, 1, 60));
        assert_eq!(step(count("a", 10)), (true, 0, 50));
        assert_eq!(step(count("a", 59)), (false, 0, 1));
        assert_eq!(step(count("b", 59)), (true, 1, 60), "every key counts for itself");
        assert_eq!(step(count("a", 60)), (true, 1, 60));
        assert_eq!(step(count("a", -500)), (true, 1, 60), "a clock that was set back locks nobody out");
    }
}
