//! Time as a value: [`Ts`], and the [`Clock`] every layer asks instead of the operating system.
//!
//! Tests and the demo set the clock; nothing else in the crate may read the system time (`clippy.toml` forbids it).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Ts(pub i64);

impl Ts {
    /// The instant `seconds` after the Unix epoch (Stripe's unit).
    pub const fn from_seconds(seconds: i64) -> Ts {
        Ts(seconds.saturating_mul(1_000_000))
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This instant plus `duration`; stays at the last representable instant instead of wrapping.
    pub fn plus(self, duration: Duration) -> Ts {
        Ts(self.0.saturating_add(micros(duration)))
    }

    /// This instant minus `duration`.
    pub fn minus(self, duration: Duration) -> Ts {
        Ts(self.0.saturating_sub(micros(duration)))
    }

    /// How long ago `earlier` was; zero when it lies in the future.
    pub fn since(self, earlier: Ts) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Where "now" comes from. Clones share one hand: setting one sets all.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Hands>);

#[derive(Debug)]
struct Hands {
    /// Where the clock stands, or [`RUNNING`].
    stands: AtomicI64,
    /// How far a running clock is ahead of the operating system.
    ahead: AtomicI64,
}

/// The stored value that means "run with the operating system".
const RUNNING: i64 = i64::MIN;

impl Clock {
    /// The operating system's clock.
    pub fn system() -> Clock {
        Clock(Arc::new(Hands { stands: AtomicI64::new(RUNNING), ahead: AtomicI64::new(0) }))
    }

    /// A clock that stands at `at` until it is set or advanced.
    pub fn fixed(at: Ts) -> Clock {
        let clock = Clock::system();
        clock.set(at);
        clock
    }

    /// The current instant.
    #[allow(clippy::disallowed_methods)] // the one place that may read the operating system's time
    pub fn now(&self) -> Ts {
        match self.0.stands.load(Ordering::SeqCst) {
            RUNNING => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                Ts(since.map_or(0, micros).saturating_add(self.0.ahead.load(Ordering::SeqCst)))
            }
            stands => Ts(stands),
        }
    }

    /// Stops the clock at `at`.
    pub fn set(&self, at: Ts) {
        self.0.stands.store(at.0, Ordering::SeqCst);
    }

    /// Moves the clock forward; a running one runs on from there.
    pub fn advance(&self, by: Duration) {
        let hand = match self.0.stands.load(Ordering::SeqCst) {
            RUNNING => &self.0.ahead,
            _ => &self.0.stands,
        };
        hand.fetch_add(micros(by), Ordering::SeqCst);
    }

    /// Lets the clock run with the operating system again.
    pub fn follow_system(&self) {
        self.0.ahead.store(0, Ordering::SeqCst);
        self.0.stands.store(RUNNING, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_one_hand_and_a_set_clock_stands_still() {
        let clock = Clock::fixed(Ts::from_seconds(100));
        let other = clock.clone();
        other.advance(Duration::from_secs(5));
        assert_eq!(clock.now(), Ts::from_seconds(105));
        assert_eq!(clock.now().since(Ts::from_seconds(100)), Duration::from_secs(5));
        assert_eq!(Ts::from_seconds(100).since(clock.now()), Duration::ZERO);
        clock.follow_system();
        let running = other.now();
        assert!(running > Ts::from_seconds(1_700_000_000));
        clock.advance(Duration::from_secs(3600));
        assert!(other.now() >= running.plus(Duration::from_secs(3600)));
    }
}
