//! Somebody else's system: a real server on a free port that hears events, keeps them, and answers as it is told.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// What arrived.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Method and path.
    pub asked: String,
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`.
    pub timestamp: String,
    /// `webhook-signature`.
    pub signature: String,
    /// The raw body.
    pub body: String,
}

#[derive(Debug, Default)]
struct Inner {
    heard: Vec<Heard>,
    next: VecDeque<u16>,
    then: u16,
}

/// The running server.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// `http://127.0.0.1:…`.
    pub base: String,
    inner: Arc<Mutex<Inner>>,
}

impl Receiver {
    /// Starts one that answers 204.
    pub async fn start() -> Receiver {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let inner = Arc::new(Mutex::new(Inner { then: 204, ..Inner::default() }));
        let router = Router::new().fallback(hear).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Receiver { base, inner }
    }

    /// Where it wants to hear events.
    pub fn url(&self) -> String {
        format!("{}/hook?for=us", self.base)
    }

    /// Answers the next events with these statuses, and then with the usual one.
    pub fn answer_next(&self, statuses: &[u16]) {
        self.inner.lock().expect("a lock").next.extend(statuses);
    }

    /// Answers with this status from now on.
    pub fn answer(&self, status: u16) {
        self.inner.lock().expect("a lock").then = status;
    }

    /// Everything heard so far, in order.
    pub fn heard(&self) -> Vec<Heard> {
        self.inner.lock().expect("a lock").heard.clone()
    }

    /// Everything heard since the last time.
    pub fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut self.inner.lock().expect("a lock").heard)
    }
}

async fn hear(State(inner): State<Arc<Mutex<Inner>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let text = |name: &str| {
        parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_else(|_| Bytes::new());
    let heard = Heard {
        asked: format!("{} {}", parts.method, parts.uri),
        id: text("webhook-id"),
        timestamp: text("webhook-timestamp"),
        signature: text("webhook-signature"),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let mut inner = inner.lock().expect("a lock");
    inner.heard.push(heard);
    let status = inner.next.pop_front().unwrap_or(inner.then);
    let status = StatusCode::from_u16(status).expect("a status");
    // A redirect leads back here, so that following it would be heard.
    (status, [(header::LOCATION, "/elsewhere")], format!("answer {status} <b>")).into_response()
}

impl Heard {
    /// Its body.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// The type of the event.
    pub fn kind(&self) -> String {
        self.json()["type"].as_str().expect("a type").to_owned()
    }

    /// Whether one of its signatures was made with `secret`, reckoned as the specification says.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").expect("a secret")).expect("base64");
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
        mac.update(format!("{}.{}.{}", self.id, self.timestamp, self.body).as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.signature.split(' ').any(|signature| signature == expected)
    }

    /// How many signatures it carries.
    pub fn signatures(&self) -> usize {
        self.signature.split(' ').count()
    }
}
