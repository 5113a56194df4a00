//! The live balance: a fragment, and a stream that sends it anew whenever the book has moved.

use super::snapshot::{self, Snapshot};
use crate::app::App;
use crate::domain::money::Cents;
use crate::domain::party::Member;
use crate::store;
use crate::web::actor::Actor;
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::session_store;
use crate::web::view::overview::{LiveParts, LiveView};
use crate::web::view::page::{BalanceView, Page};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, Sse};
use axum::response::{Html, IntoResponse, Response};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tower_sessions::Session;

/// Proxies close silent connections; and a session that has ended is noticed at the next beat.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// `GET /portal/balance`.
pub(super) async fn show(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
) -> Result<Html<String>, Problem> {
    let member = actor.customer()?;
    let snapshot = snapshot::read(&app, &member, page.t, None).await?;
    Ok(Html(render(page, &snapshot, None)?))
}

/// `GET /portal/balance/stream`: server-sent events whose id is the position of the book, and what is reserved where anything is.
pub(super) async fn stream(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    session: Session,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let member = actor.customer()?;
    // Subscribed before the first reading, so that nothing falls between the two.
    let changes = app.db.changes.subscribe();
    let last_seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(position);
    let watch = Watch { app, member, session, page, changes, last_seen, sent: None };
    let mut response = Sse::new(watch.into_stream()).into_response();
    // nginx would otherwise hold events back until its buffer is full.
    response
        .headers_mut()
        .insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// What was last sent.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Sent {
    /// Position of the book.
    seq: i64,
    pending: Cents,
    held: Cents,
    booked: Cents,
}

impl Sent {
    fn of(snapshot: &Snapshot) -> Sent {
        let live = &snapshot.live;
        Sent { seq: snapshot.seq, pending: live.pending, held: live.held, booked: live.booked() }
    }

    /// The name of the state: `17`, or `17.400` while 4,00 € are reserved.
    fn id(self) -> String {
        let Sent { seq, held, .. } = self;
        if held == Cents::ZERO { seq.to_string() } else { format!("{seq}.{}", held.0) }
    }
}

/// The position in the id of an event.
fn position(id: &str) -> Option<i64> {
    id.split('.').next()?.parse().ok()
}

struct Watch {
    app: App,
    member: Member,
    session: Session,
    page: Page,
    changes: Receiver<store::changes::Change>,
    last_seen: Option<i64>,
    sent: Option<Sent>,
}

impl Watch {
    fn into_stream(mut self) -> impl futures_util::Stream<Item = Result<Event, Infallible>> {
        async_stream::stream! {
            loop {
                match self.next_event().await {
                    Ok(Some(event)) => yield Ok(event),
                    Ok(None) => yield Ok(Event::default().comment("beat")),
                    Err(problem) => {
                        tracing::debug!(?problem, "a balance stream ends");
                        break;
                    }
                }
                tokio::select! {
                    () = self.app.shutdown.cancelled() => break,
                    changed = changed(&mut self.changes, &self.member) => if !changed { break },
                    () = tokio::time::sleep(HEARTBEAT) => {}
                }
            }
        }
    }

    /// The present state as an event, or nothing when it was sent already. An error ends the stream; the browser comes back and learns why.
    async fn next_event(&mut self) -> Result<Option<Event>, Problem> {
        if !session_store::is_alive(&self.app, &self.session).await? {
            return Err(Problem::SignIn { next: None });
        }
        let (person, tenant) = (self.member.person_id, self.member.tenant.id);
        self.member = store::persons::member(&self.app.db, person, tenant).await?.ok_or(Problem::NotFound)?;
        let seen = self.sent.map(|sent| sent.seq).or(self.last_seen);
        let snapshot = snapshot::read(&self.app, &self.member, self.page.t, seen).await?;
        let state = Sent::of(&snapshot);
        if self.sent == Some(state) {
            return Ok(None);
        }
        let announcement = self.announcement(&snapshot);
        self.sent = Some(state);
        let mut page = self.page.clone();
        page.now = self.app.clock.now();
        let html = render(page, &snapshot, announcement)?;
        Ok(Some(Event::default().id(state.id()).data(html)))
    }

    /// Credits and crossed thresholds are worth a word; single calls are not, nor what is reserved for them and given back.
    fn announcement(&self, snapshot: &Snapshot) -> Option<String> {
        let (t, before) = (self.page.t, self.sent?.booked);
        let (now, threshold) = (snapshot.live.booked(), snapshot.live.threshold);
        if now > before {
            return Some(t.overview_announce_credit(t.money(now - before), t.money(snapshot.live.balance)));
        }
        (now < threshold && before >= threshold).then(|| t.overview_announce_low(t.money(threshold)))
    }
}

/// Waits until this customer's book may have moved; false when the feed is gone.
async fn changed(changes: &mut Receiver<store::changes::Change>, member: &Member) -> bool {
    loop {
        match changes.recv().await {
            Ok(Some(customer)) if customer != member.tenant.id => {}
            Ok(_) | Err(RecvError::Lagged(_)) => {
                // What has piled up meanwhile is covered by the reading that follows.
                while changes.try_recv().is_ok() {}
                return true;
            }
            Err(RecvError::Closed) => return false,
        }
    }
}

fn render(mut page: Page, snapshot: &Snapshot, announcement: Option<String>) -> Result<String, Problem> {
    let LiveView { balance: amount, held, state, .. } = snapshot.live;
    page.balance = Some(BalanceView { amount, held, state });
    Ok(LiveParts { page: &page, live: &snapshot.live, announcement }.render()?)
}
