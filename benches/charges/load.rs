//! Load over TCP: connections that are kept open, each with one request on its way.

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What came out of one stretch of load.
pub struct Sample {
    /// Events or requests per second.
    pub rate: f64,
    /// Half of the answers came within.
    pub p50: Duration,
    /// Nearly all of the answers came within.
    pub p99: Duration,
}

impl Sample {
    /// Sums up how long each answer took.
    pub fn of(events: u64, total: Duration, mut times: Vec<Duration>) -> Sample {
        times.sort();
        let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
        Sample { rate: events as f64 / total.as_secs_f64(), p50: at(50), p99: at(99) }
    }
}

/// What is asked.
#[derive(Clone)]
pub enum Target {
    /// Usage events of customers in turn; more than one per request is an array.
    Usage {
        /// Events per request.
        batch: usize,
        /// Their numbers.
        customers: Vec<String>,
    },
    /// One page again and again.
    Get(String),
}

/// Who asks, and for how long.
pub struct Load {
    /// The server.
    pub base: String,
    /// The secret of a key.
    pub key: String,
    /// Connections at the same time.
    pub connections: usize,
    /// How long.
    pub time: Duration,
}

static NEXT: AtomicU64 = AtomicU64::new(0);

impl Load {
    /// Asks until the time is over; an answer that is no success ends the run.
    pub async fn run(self, target: Target) -> Sample {
        let (load, target) = (Arc::new(self), Arc::new(target));
        let started = Instant::now();
        let tasks: Vec<_> =
            (0..load.connections).map(|_| tokio::spawn(ask(load.clone(), target.clone(), started))).collect();
        let mut times = vec![];
        for task in tasks {
            times.extend(task.await.expect("a sender"));
        }
        let each = if let Target::Usage { batch, .. } = &*target { *batch } else { 1 };
        Sample::of((times.len() * each) as u64, started.elapsed(), times)
    }
}

async fn ask(load: Arc<Load>, target: Arc<Target>, started: Instant) -> Vec<Duration> {
    let host = load.base.trim_start_matches("http://").to_owned();
    let stream = tokio::net::TcpStream::connect(&host).await.expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP");
    tokio::spawn(connection);
    let (authorization, mut times) = (format!("Bearer {}", load.key), vec![]);
    while started.elapsed() < load.time {
        let request = Request::builder().header("host", &host).header("authorization", &authorization);
        let request = match &*target {
            Target::Get(path) => request.uri(path).body(Full::default()),
            Target::Usage { batch, customers } => request
                .method("POST")
                .uri("/api/v1/usage-events")
                .header("content-type", "application/json")
                .body(Full::from(events(*batch, customers))),
        };
        let asked = Instant::now();
        answer(&mut sender, request.expect("a request")).await;
        times.push(asked.elapsed());
    }
    times
}

async fn answer(sender: &mut SendRequest<Full<Bytes>>, request: Request<Full<Bytes>>) {
    sender.ready().await.expect("the connection stands");
    let response = sender.send_request(request).await.expect("an answer");
    let status = response.status();
    let body = response.into_body().collect().await.expect("the whole answer").to_bytes();
    let rejected = body.windows(10).any(|word| word == b"\"rejected\"");
    assert!(status.is_success() && !rejected, "{status}: {}", String::from_utf8_lossy(&body));
}

/// New events of a call each.
fn events(batch: usize, customers: &[String]) -> String {
    let now = guthaben::domain::clock::Clock::system().now();
    let now = jiff::Timestamp::from_microsecond(now.0).expect("a time of ours");
    let first = NEXT.fetch_add(batch as u64, Ordering::Relaxed);
    let mut text = String::with_capacity(160 * batch + 2);
    for number in first..first + batch as u64 {
        let customer = &customers[number as usize % customers.len()];
        text.push(if number == first { '[' } else { ',' });
        write!(
            text,
            r#"{{"id":"bench-{number}","customer":"{customer}","meter":"call","seconds":45,"occurred_at":"{now}","description":"Eingehend +49 30 1234567"}}"#
        )
        .expect("a text");
    }
    if batch == 1 {
        return text.split_off(1);
    }
    text + "]"
}
