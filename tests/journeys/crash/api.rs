//! The server, killed again and again while gateways report usage, repeat themselves and give up: what it has acknowledged is there once,
//! and what it has not is there at most once.

use super::{Event, PATIENCE, Stage, key_of, seed};
use crate::support::audit::Ledger;
use crate::support::engines::{Store, on_both};
use guthaben::domain::id::TransferId;
use guthaben::domain::money::Cents;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Gateways at the same time.
const GATEWAYS: usize = 6;
/// How often the server is killed.
const KILLS: usize = 4;
/// How long a gateway waits for a new server before it tries the old address again.
const AGAIN: Duration = Duration::from_millis(100);

/// A server of its own process.
struct Running {
    child: Child,
    base: String,
    /// Kept, or the process would have nobody to write to.
    _output: BufReader<ChildStdout>,
}

impl Running {
    async fn start(stage: &Stage) -> Running {
        let mut command = stage.command(&["serve", "--lang", "en"]);
        command.env("GUTHABEN_LISTEN", "127.0.0.1:0").env("GUTHABEN_PROFILE", "development");
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the product starts");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        let started = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            output.read_line(&mut line).expect("a line");
            (line, output)
        });
        let (line, output) =
            tokio::time::timeout(PATIENCE, started).await.expect("it starts in time").expect("read");
        let base = line.split_whitespace().find(|word| word.starts_with("http://"));
        let base = base.unwrap_or_else(|| panic!("no address in `{line}`")).to_owned();
        Running { child, base, _output: output }
    }

    fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }
}

/// An event: its key in the ledger, what it uses, what is sent.
type Sent = (String, Event, Value);

/// What a gateway knows in the end.
#[derive(Default)]
struct Memory {
    /// What the server acknowledged, by the event's key.
    acknowledged: HashMap<String, (Event, TransferId, Cents)>,
    /// What it sent and never heard of again.
    given_up: Vec<(String, Event)>,
    /// How often an acknowledged event was acknowledged once more.
    repeated: usize,
}

impl Memory {
    fn take(&mut self, batch: &[Sent], answer: &Value) {
        let results = answer.as_array().expect("a result per event");
        assert_eq!(results.len(), batch.len());
        for ((key, event, _), result) in batch.iter().zip(results) {
            assert!(matches!(result["status"].as_str(), Some("charged" | "duplicate")), "{result}");
            let transfer = result["transfer_id"].as_str().and_then(TransferId::parse).expect("a charge");
            let amount = Cents(result["amount_cents"].as_i64().expect("an amount"));
            let known = self.acknowledged.insert(key.clone(), (*event, transfer, amount));
            if let Some(known) = known {
                assert_eq!(
                    known,
                    (*event, transfer, amount),
                    "{key} was acknowledged twice, and differently"
                );
                assert_eq!(result["status"], "duplicate");
                self.repeated += 1;
            }
        }
    }
}

/// One who reports usage.
struct Gateway {
    http: Http<HttpConnector, Full<Bytes>>,
    name: usize,
    key: String,
    base: watch::Receiver<String>,
    random: StdRng,
    sent: usize,
}

impl Gateway {
    /// A batch of new events, and some that were acknowledged before.
    fn batch(&mut self, stage: &Customers, memory: &Memory) -> Vec<Sent> {
        let mut batch: Vec<Sent> = (0..self.random.random_range(1..=30)).map(|_| self.event(stage)).collect();
        if self.random.random_range(0..3) == 0
            && let Some((key, (event, _, _))) = memory.acknowledged.iter().next()
        {
            let (_, id) = key.rsplit_once(':').expect("a key");
            let customer = stage.names[&key[..key.len() - id.len() - 1]].clone();
            batch.push((key.clone(), *event, body(id, &customer, *event, &stage.occurred_at)));
        }
        batch
    }

    fn event(&mut self, stage: &Customers) -> Sent {
        self.sent += 1;
        let id = format!("g{}-{}", self.name, self.sent);
        let (number, customer) = &stage.list[self.random.random_range(0..stage.list.len())];
        let event = if self.random.random_range(0..3) == 0 {
            Event::Messages { customer: *customer, pieces: self.random.random_range(1..9) }
        } else {
            Event::Call { seconds: self.random.random_range(0..600) }
        };
        (key_of(*customer, &id), event, body(&id, number, event, &stage.occurred_at))
    }

    /// Sends a batch; nothing, where no whole answer comes.
    async fn send(&mut self, batch: &[Sent]) -> Option<Value> {
        let base = self.base.borrow_and_update().clone();
        let body = Value::from(batch.iter().map(|(_, _, body)| body.clone()).collect::<Vec<_>>()).to_string();
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{base}/api/v1/usage-events"))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .expect("a request");
        let exchange = async {
            let response = self.http.request(request).await.ok()?;
            let status = response.status().as_u16();
            Some((status, response.into_body().collect().await.ok()?.to_bytes()))
        };
        let (status, bytes) = tokio::time::timeout(PATIENCE, exchange).await.expect("an answer in time")?;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&bytes));
        Some(serde_json::from_slice(&bytes).expect("JSON"))
    }

    /// Reports until it is told to stop; a batch without an answer is mostly sent again, until there is one.
    async fn report(mut self, stage: Customers, stop: watch::Receiver<bool>) -> Memory {
        let mut memory = Memory::default();
        while !*stop.borrow() {
            let batch = self.batch(&stage, &memory);
            loop {
                if let Some(answer) = self.send(&batch).await {
                    memory.take(&batch, &answer);
                    break;
                }
                if self.random.random_range(0..4) == 0 {
                    memory.given_up.extend(batch.into_iter().map(|(key, event, _)| (key, event)));
                    break;
                }
                let _ = tokio::time::timeout(AGAIN, self.base.changed()).await;
            }
        }
        memory
    }
}

/// Whose usage is reported.
#[derive(Clone)]
struct Customers {
    list: Vec<(String, guthaben::domain::id::TenantId)>,
    /// Numbers by the beginning of their events' keys.
    names: BTreeMap<String, String>,
    occurred_at: String,
}

fn body(id: &str, customer: &str, event: Event, occurred_at: &str) -> Value {
    match event {
        Event::Call { seconds } => {
            json!({ "id": id, "customer": customer, "meter": "call", "seconds": seconds, "occurred_at": occurred_at })
        }
        Event::Messages { pieces, .. } => {
            json!({ "id": id, "customer": customer, "meter": "sms", "quantity": pieces, "occurred_at": occurred_at })
        }
    }
}

async fn killed_server(store: &Store) {
    let mut random = StdRng::seed_from_u64(seed());
    let stage = Stage::build(store).await;
    let customers = Customers {
        list: stage.customers.clone(),
        names: stage.customers.iter().map(|(number, id)| (format!("usage:{id}"), number.clone())).collect(),
        occurred_at: super::text_of(stage.now.minus(Duration::from_secs(3600))),
    };
    let mut server = Running::start(&stage).await;
    let (say, base) = watch::channel(server.base.clone());
    let (stop, stopped) = watch::channel(false);
    let mut gateways = JoinSet::new();
    for name in 0..GATEWAYS {
        let http = Http::builder(TokioExecutor::new()).build(HttpConnector::new());
        let random = StdRng::seed_from_u64(random.random());
        let gateway = Gateway { http, name, key: stage.key.clone(), base: base.clone(), random, sent: 0 };
        gateways.spawn(gateway.report(customers.clone(), stopped.clone()));
    }
    for _ in 0..KILLS {
        let goal = stage.charges().await + random.random_range(50..500);
        assert!(stage.reached(&mut server.child, goal).await, "the server ended by itself");
        server.kill();
        server = Running::start(&stage).await;
        say.send(server.base.clone()).expect("gateways listen");
    }
    let goal = stage.charges().await + 200;
    assert!(stage.reached(&mut server.child, goal).await, "the server ended by itself");
    stop.send(true).expect("gateways listen");
    let memories = gateways.join_all().await;
    server.kill();
    judge(&stage, memories).await;
}

async fn judge(stage: &Stage, memories: Vec<Memory>) {
    let ledger = Ledger::read(&stage.store.db).await;
    let charges: HashMap<&str, (TransferId, Cents)> =
        ledger.transfers.iter().map(|t| (t.key.as_str(), (t.id, -t.amount_cents))).collect();
    let (mut expected, mut lost, mut repeated) = (BTreeMap::new(), 0, 0);
    for memory in memories {
        repeated += memory.repeated;
        for (key, (event, transfer, amount)) in memory.acknowledged {
            assert_eq!(charges.get(key.as_str()), Some(&(transfer, amount)), "{key} was acknowledged");
            expected.insert(key, event);
        }
        for (key, event) in memory.given_up {
            lost += 1;
            if charges.contains_key(key.as_str()) {
                expected.insert(key, event);
            }
        }
    }
    eprintln!("{} charged, {lost} given up, {repeated} repeated", expected.len());
    assert!(expected.len() > 400 && repeated > 10, "{} charges and {repeated} repetitions", expected.len());
    stage.prove(&expected).await;
}

on_both! {
    async fn a_server_killed_at_random_moments_keeps_its_word(store: Store) {
        killed_server(&store).await;
    }
}
