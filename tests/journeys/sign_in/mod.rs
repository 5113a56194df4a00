//! Signing in and out: who comes in, who is slowed down, how long it lasts, what ends it, and what each reader chooses.

mod choices;
mod door;
mod ends;
mod throttle;

use crate::support::client::{Client, Page};

/// Tries to sign in from the form.
async fn attempt(client: &mut Client, email: &str, password: &str) -> Page {
    client.get("/login").await.expect(200);
    client.post("/login", &[("email", email), ("password", password)]).await
}
