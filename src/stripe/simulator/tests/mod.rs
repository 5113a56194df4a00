//! Tests of the simulator over real TCP: raw calls, the real async-stripe client, a webhook receiver and the hosted pages.

mod calls;
mod chaos;
mod client;
mod kept;
mod money;
mod pages;
mod webhooks;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use http_body_util::{BodyExt, Full};
use serde_json::Value;

use super::{Instrument, PayOutcome, Simulator, SimulatorDatabase, SimulatorSettings, delivery, lock};
use crate::domain::clock::{Clock, Ts};

const KEY: &str = "sk_test_simulator";
/// 2026-11-23T09:00:00Z, a Monday.
const START: i64 = 1_795_424_400;

/// A simulator behind a real socket, with a clock that stands still.
struct World {
    sim: Simulator,
    clock: Clock,
    base: String,
}

/// An HTTP answer.
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    fn location(&self) -> &str {
        self.headers["location"].to_str().unwrap()
    }
}

async fn listen(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}/")
}

impl World {
    async fn start() -> World {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/_stripe/", listener.local_addr().unwrap());
        let clock = Clock::fixed(Ts::from_seconds(START));
        let sim = Simulator::open(settings(&base, &clock)).await.unwrap();
        let router = Router::new().nest("/_stripe", sim.router());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        World { sim, clock, base }
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    async fn send(
        &self,
        method: &str,
        url: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Result<Answer, String> {
        let mut request = hyper::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
        let response = delivery::client().request(request).await.map_err(|error| error.to_string())?;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, text })
    }

    /// An API call that must be answered.
    async fn call(&self, method: &str, path: &str, form: &str, key: Option<&str>) -> Answer {
        let bearer = format!("Bearer {KEY}");
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(key.map(|key| ("idempotency-key", key)));
        self.send(method, &format!("{}v1/{path}", self.base), form, &headers).await.unwrap()
    }

    async fn post(&self, path: &str, form: &str) -> Answer {
        self.call("POST", path, form, None).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, "", None).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// A new session over an amount, as the product opens it.
    async fn session(&self, cents: i64, more: &str) -> Value {
        let answer = self.post("checkout/sessions", &session_form(cents, more)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// A paid session's payment intent.
    async fn paid(&self, cents: i64, instrument: Instrument) -> String {
        let session = self.session(cents, "").await;
        let id = session["id"].as_str().unwrap();
        let outcome = self.sim.pay(id, instrument).await.unwrap();
        assert!(matches!(outcome, PayOutcome::Paid | PayOutcome::Processing), "{outcome:?}");
        self.get(&format!("checkout/sessions/{id}")).await["payment_intent"].as_str().unwrap().to_owned()
    }

    /// The types of all events so far, oldest first.
    async fn events(&self) -> Vec<String> {
        let list = self.get("events?limit=100").await;
        let mut types: Vec<String> = list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect();
        types.reverse();
        types
    }
}

fn settings(base: &str, clock: &Clock) -> SimulatorSettings {
    SimulatorSettings {
        database: SimulatorDatabase::Memory,
        clock: clock.clone(),
        seed: 7,
        public_base: base.to_owned(),
        merchant_name: "Guthaben GmbH".to_owned(),
        secret_key: KEY.to_owned(),
    }
}

fn session_form(cents: i64, more: &str) -> String {
    format!(
        "mode=payment&line_items[0][price_data][currency]=eur&line_items[0][price_data][unit_amount]={cents}\
         &line_items[0][price_data][product_data][name]=Guthaben&line_items[0][quantity]=1\
         &allowed_payment_method_types[0]=card&allowed_payment_method_types[1]=sepa_debit&adaptive_pricing[enabled]=false\
         &client_reference_id=top_1&metadata[topup]=top_1&payment_intent_data[metadata][topup]=top_1&locale=de\
         &success_url=http://127.0.0.1:1/ok?session={{CHECKOUT_SESSION_ID}}&cancel_url=http://127.0.0.1:1/no{more}"
    )
}

/// A webhook endpoint that keeps what it gets and answers as told; 200 when it was told nothing.
#[derive(Clone, Default)]
struct Receiver {
    seen: Arc<Mutex<Vec<(String, String)>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    async fn start(&self) -> String {
        let router = Router::new().route("/hook", post(receive)).with_state(self.clone());
        format!("{}hook", listen(router).await)
    }

    fn answer_with(&self, statuses: &[u16]) {
        lock(&self.answers).extend(statuses);
    }

    /// Takes what has arrived: signature header and raw body.
    fn take(&self) -> Vec<(String, String)> {
        std::mem::take(&mut *lock(&self.seen))
    }

    /// Takes the types that have arrived; a body that is no JSON counts as `broken`.
    fn types(&self) -> Vec<String> {
        let kind = |body: &str| {
            let event: Option<Value> = serde_json::from_str(body).ok();
            event.map_or_else(|| "broken".to_owned(), |event| event["type"].as_str().unwrap().to_owned())
        };
        self.take().iter().map(|(_, body)| kind(body)).collect()
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
    lock(&receiver.seen).push((signature, String::from_utf8(body.to_vec()).unwrap()));
    let status = lock(&receiver.answers).pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}
