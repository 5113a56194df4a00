//! Faults on request: which calls and which webhooks go wrong, how, how often, and repeatably.

use serde::{Deserialize, Serialize};

/// One thing that shall go wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Calls: `METHOD /v1/path` where `*` stands for one path segment or, at the end, for the rest. Webhooks: `event TYPE`,
    /// where a trailing `*` stands for anything.
    pub on: String,
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// How often it goes wrong.
    #[serde(default = "once")]
    pub count: u32,
    /// How many matching calls go well before.
    #[serde(default)]
    pub skip: u32,
    /// The chance per matching call, in percent; drawn from the seed.
    #[serde(default = "certain")]
    pub percent: u8,
}

fn once() -> u32 {
    1
}

fn certain() -> u8 {
    100
}

impl Fault {
    /// A fault that hits the next matching call or event.
    pub fn once(on: &str, kind: FaultKind) -> Fault {
        Fault { on: on.to_owned(), kind, count: 1, skip: 0, percent: 100 }
    }
}

/// What can go wrong. The first group is for calls, the second for webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// The answer comes late (real time).
    Latency { milliseconds: u64 },
    /// 500, and nothing happened.
    ErrorBefore,
    /// 500, though it happened; the same key then gets the true answer.
    ErrorAfter,
    /// 500, though it happened; the same key gets the same 500 for 24 hours.
    StickyError,
    /// The connection breaks, and nothing happened.
    CutBefore,
    /// The connection breaks after it happened.
    CutAfter,
    /// 429.
    RateLimit,
    /// 409 `lock_timeout`.
    Conflict,
    /// 200 with half a body.
    BrokenBody,
    /// 200 whose second half comes late (real time).
    SlowBody { milliseconds: u64 },

    /// The same event twice.
    Duplicate,
    /// Two events with two ids for one fact.
    Twin,
    /// Somewhere else in the order.
    Shuffle,
    /// Later (seconds of the clock).
    Delay { seconds: i64 },
    /// Never delivered; `GET /v1/events` has it.
    Drop,
    /// So many copies at the same time.
    Burst { copies: u32 },
    /// Signed with a secret nobody knows; the retry is right.
    WrongSecret,
    /// Signed with the secret before the last; unknown when there was none.
    OldSecret,
    /// Two signatures: an unknown secret's and the right one.
    BothSecrets,
    /// Signed ten minutes ago.
    StaleTimestamp,
    /// Signed ten minutes in the future.
    FutureTimestamp,
    /// In the shape of an old API version.
    OldApiVersion,
    /// Half of the body, correctly signed.
    BrokenPayload,
    /// Beside the event another of a type nobody knows.
    UnknownType,
    /// Beside the event another that names a foreign account.
    ForeignAccount,
    /// Beside the event another in live mode.
    LivemodeFlip,
}

/// The faults in force.
#[derive(Debug)]
pub(super) struct Faults {
    list: Vec<Fault>,
    state: u64,
}

impl Faults {
    pub fn new(seed: u64) -> Faults {
        Faults { list: Vec::new(), state: seed }
    }

    pub fn add(&mut self, fault: Fault) {
        self.list.push(fault);
    }

    pub fn clear(&mut self) {
        self.list.clear();
    }

    pub fn reseed(&mut self, seed: u64) {
        self.state = seed;
    }

    pub fn list(&self) -> &[Fault] {
        &self.list
    }

    /// The next number of the seeded sequence (SplitMix64).
    pub fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// What goes wrong with this call.
    pub fn for_call(&mut self, method: &str, path: &str) -> Vec<FaultKind> {
        self.take(|on| {
            on.split_once(' ')
                .is_some_and(|(verb, pattern)| (verb == method || verb == "*") && fits_path(pattern, path))
        })
    }

    /// What goes wrong with this event's webhook.
    pub fn for_event(&mut self, kind: &str) -> Vec<FaultKind> {
        self.take(|on| {
            on.strip_prefix("event ").is_some_and(|pattern| match pattern.strip_suffix('*') {
                Some(head) => kind.starts_with(head),
                None => kind == pattern,
            })
        })
    }

    fn take(&mut self, hits: impl Fn(&str) -> bool) -> Vec<FaultKind> {
        let mut kinds = Vec::new();
        for at in 0..self.list.len() {
            if !hits(&self.list[at].on) || self.list[at].count == 0 {
                continue;
            }
            if self.list[at].skip > 0 {
                self.list[at].skip -= 1;
                continue;
            }
            if self.draw() % 100 < u64::from(self.list[at].percent) {
                self.list[at].count -= 1;
                kinds.push(self.list[at].kind.clone());
            }
        }
        self.list.retain(|fault| fault.count > 0);
        kinds
    }
}

fn fits_path(pattern: &str, path: &str) -> bool {
    let mut parts = path.trim_start_matches('/').split('/');
    let mut wanted = pattern.trim_start_matches('/').split('/').peekable();
    while let Some(want) = wanted.next() {
        if want == "*" && wanted.peek().is_none() {
            return parts.next().is_some();
        }
        match parts.next() {
            Some(part) if want == "*" || want == part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_hit_after_skip_so_often_as_said_and_only_where_they_belong() {
        let mut faults = Faults::new(1);
        faults.add(Fault { skip: 1, count: 2, ..Fault::once("POST /v1/refunds", FaultKind::ErrorAfter) });
        faults.add(Fault::once("event charge.*", FaultKind::Drop));
        assert!(faults.for_call("GET", "/v1/refunds").is_empty());
        let hits: Vec<bool> = (0..4).map(|_| !faults.for_call("POST", "/v1/refunds").is_empty()).collect();
        assert_eq!(hits, [false, true, true, false]);
        assert!(faults.for_event("refund.created").is_empty());
        assert_eq!(faults.for_event("charge.refunded"), [FaultKind::Drop]);
        assert!(faults.list().is_empty());
        assert!(fits_path("/v1/checkout/sessions/*", "/v1/checkout/sessions/cs_1/expire"));
        assert!(fits_path("/v1/*/sessions", "/v1/checkout/sessions"));
        assert!(!fits_path("/v1/refunds/*", "/v1/refunds"));
    }

    #[test]
    fn the_same_seed_draws_the_same_faults() {
        let run = || {
            let mut faults = Faults::new(7);
            faults.add(Fault { count: 1000, percent: 30, ..Fault::once("* /v1/*", FaultKind::RateLimit) });
            (0..50).map(|_| faults.for_call("GET", "/v1/balance").len()).collect::<Vec<_>>()
        };
        let hits = run();
        assert_eq!(hits, run());
        assert!((5..30).contains(&hits.iter().sum::<usize>()));
    }
}
