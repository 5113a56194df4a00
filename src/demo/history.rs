//! Weeks of believable history: usage with a day and a week profile, top-ups when money runs low, a debit that fails,
//! a goodwill bonus and a refund.

use super::people::{self, Chain, Customer, Profile};
use crate::app::App;
use crate::billing::topups::{self, NewTopUp};
use crate::billing::usage;
use crate::billing::{Error, Failure, alerts, commissions, corrections, webhooks};
use crate::domain::audit::Author;
use crate::domain::calendar;
use crate::domain::clock::Ts;
use crate::domain::ledger::{Draft, Posting};
use crate::domain::money::Cents;
use crate::domain::party::{Member, Scope};
use crate::domain::pricing::{Meter, Usage};
use crate::domain::topup::Method;
use crate::domain::usage::{EventOutcome, UsageEvent};
use crate::i18n::{Lang, T};
use crate::server::Server;
use crate::store;
use crate::store::movements::{Cursor, MovementFilter};
use crate::stripe::simulator::{Instrument, Simulator};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::time::Duration;

const GOOD_CARD: &str = "4242424242424242";
const GOOD_IBAN: &str = "DE89370400440532013000";
const FAILING_IBAN: &str = "DE62370400440532013001";

/// Below this a customer of the demo tops up.
const LOW: Cents = Cents::euros(18);

struct Story<'s> {
    app: &'s App,
    simulator: &'s Simulator,
    random: StdRng,
    t: T,
    /// The customer whose third debit comes back.
    unlucky: usize,
    debits: Vec<u32>,
    /// Customers without money: their calls are not let through.
    empty: Vec<bool>,
    counter: u64,
}

pub(super) async fn create(
    server: &Server,
    seed: u64,
    weeks: u32,
    mut progress: impl FnMut(u64),
) -> Result<(), Error> {
    let app = &server.app;
    let simulator =
        server.simulator.as_ref().ok_or_else(|| Failure::Broken("the demo needs the simulator".into()))?;
    let end = app.clock.now();
    let first = calendar::day(end).saturating_sub(i64::from(weeks * 7).days());
    app.clock.set(calendar::start_of(first).plus(Duration::from_secs(6 * 3600)));
    let chain = people::create(app).await?;
    let mut story = Story {
        app,
        simulator,
        random: StdRng::seed_from_u64(seed),
        t: T::new(Lang::De),
        unlucky: 2,
        debits: vec![0; chain.customers.len()],
        empty: vec![false; chain.customers.len()],
        counter: 0,
    };
    for customer in 0..chain.customers.len() {
        story.top_up(&chain, customer).await?;
    }
    let days = i64::from(weeks * 7);
    for passed in 0..=days {
        let day = first.saturating_add(passed.days());
        story.day(&chain, day, end).await?;
        progress(u64::try_from(passed * 100 / days.max(1)).unwrap_or(100));
    }
    story.goodwill(&chain).await?;
    story.refund(&chain).await?;
    story.correction(&chain).await?;
    app.clock.follow_system();
    Ok(())
}

impl Story<'_> {
    /// One German day, hour by hour, up to `end`.
    async fn day(&mut self, chain: &Chain, day: Date, end: Ts) -> Result<(), Error> {
        for hour in 7..20 {
            let at = calendar::start_of(day).plus(Duration::from_secs(3600 * hour));
            if at.plus(Duration::from_secs(3600)) > end {
                return Ok(());
            }
            let mut events = vec![];
            for (place, customer) in chain.customers.iter().enumerate() {
                if self.empty[place] {
                    continue;
                }
                self.usage_of_hour(customer, day, i8::try_from(hour).unwrap_or(12), at, &mut events);
            }
            events.sort_by_key(|event| event.occurred_at);
            self.app.clock.set(at.plus(Duration::from_secs(3599)));
            let outcomes = usage::record(self.app, Scope::Platform, events).await?;
            if let Some(EventOutcome::Rejected(error)) =
                outcomes.into_iter().find(|outcome| matches!(outcome, EventOutcome::Rejected(_)))
            {
                return Err(broken(error.code()).into());
            }
            if hour == 12 {
                alerts::look_ahead(self.app).await?;
            }
            // Told at the time they happened, as a running installation would.
            alerts::tell_waiting(self.app).await?;
            self.payments(chain).await?;
        }
        Ok(())
    }

    fn usage_of_hour(
        &mut self,
        customer: &Customer,
        day: Date,
        hour: i8,
        at: Ts,
        events: &mut Vec<UsageEvent>,
    ) {
        let profile = customer.profile;
        let (open, close) = profile.hours;
        if hour < open || hour >= close {
            return;
        }
        let per_hour = |count: u32| share_of_hour(count, day, hour, &profile);
        for (meter, thousandths) in [
            (Meter::CALL, per_hour(profile.calls)),
            (Meter::APPOINTMENT, per_hour(profile.appointments)),
            (Meter::API_CALL, per_hour(profile.api_calls)),
            (Meter::SMS, per_hour(profile.appointments + profile.calls / 4)),
        ] {
            let certain = thousandths / 1000;
            let count = certain + u32::from(self.random.random_range(0..1000) < thousandths % 1000);
            for _ in 0..count {
                let event = self.event(customer, meter, at);
                events.push(event);
            }
        }
    }

    fn event(&mut self, customer: &Customer, meter: Meter, hour: Ts) -> UsageEvent {
        self.counter += 1;
        let occurred_at = hour.plus(Duration::from_secs(self.random.random_range(0..3500)));
        let tail: u32 = self.random.random_range(1000..9999);
        let (count, description) = match meter {
            Meter::CALL => {
                // Most calls are short; every tenth is not answered and free.
                let seconds = match self.random.random_range(0..10) {
                    0 => 0,
                    1..=6 => self.random.random_range(20..180),
                    _ => self.random.random_range(180..540),
                };
                let number = format!("0170\u{a0}•••\u{a0}{tail}");
                let incoming = self.random.random_range(0..10) < 8;
                let text = if incoming { self.t.demo_call_in(number) } else { self.t.demo_call_out(number) };
                (seconds, text)
            }
            Meter::APPOINTMENT => (1, self.t.demo_appointment()),
            Meter::API_CALL => (self.random.random_range(1..4), self.t.demo_api_calls()),
            _ => (1, self.t.demo_sms(format!("0170\u{a0}•••\u{a0}{tail}"))),
        };
        let usage = if meter == Meter::CALL { Usage::Seconds(count) } else { Usage::Pieces(count) };
        let id = format!("demo-{}", self.counter);
        UsageEvent::new(id, customer.tenant.id, meter, usage, occurred_at, description)
    }

    /// Delivers what Stripe has to say, and tops up where money runs low.
    async fn payments(&mut self, chain: &Chain) -> Result<(), Error> {
        self.deliver().await?;
        let balances =
            store::tenants::list_customers(&self.app.db, Scope::Platform, "9999", "", 1000).await?;
        for place in 0..chain.customers.len() {
            let customer = &chain.customers[place];
            let row = balances.iter().find(|row| row.id == customer.tenant.id);
            let available = row.map(|row| row.balance_cents).unwrap_or_default();
            self.empty[place] = available <= Cents::ZERO;
            // Debits take a week, so those customers start earlier.
            let low = if customer.profile.sepa { Cents(LOW.0 * 12) } else { LOW };
            if available >= low {
                continue;
            }
            let pending =
                store::topups::sum_collecting(&self.app.db, Scope::Platform, customer.tenant.id).await?;
            if available + pending < low {
                self.top_up(chain, place).await?;
            }
        }
        Ok(())
    }

    async fn top_up(&mut self, chain: &Chain, place: usize) -> Result<(), Error> {
        let customer = &chain.customers[place];
        let member = self.owner(customer).await?;
        let first = store::ledger::balance(&self.app.db, Scope::Platform, customer.tenant.id)
            .await?
            .is_some_and(|b| b.seq == 0);
        // The very first payment is made by card: the service shall start today.
        let sepa = customer.profile.sepa && !first;
        self.counter += 1;
        let new = NewTopUp {
            amount: Cents::euros(customer.profile.top_up),
            method: if sepa { Method::SepaDebit } else { Method::Card },
            request_key: format!("demo{}", self.counter),
            language: Lang::De,
        };
        let opened = topups::open(self.app, &member, new).await?;
        let top_up = store::topups::find(&self.app.db, Scope::Platform, opened.id).await?;
        let session = top_up.and_then(|top_up| top_up.session_id).ok_or_else(|| broken("no session"))?;
        let instrument = if sepa {
            self.debits[place] += 1;
            let fails = place == self.unlucky && self.debits[place] == 2;
            Instrument::iban(if fails { FAILING_IBAN } else { GOOD_IBAN })
        } else {
            Instrument::card(GOOD_CARD)
        };
        self.simulator.pay(&session, instrument).await.map_err(|error| broken(&error.to_string()))?;
        self.deliver().await
    }

    async fn owner(&self, customer: &Customer) -> Result<Member, Error> {
        let people = store::persons::owner_of(&self.app.db, customer.tenant.id).await?;
        let person = people.ok_or_else(|| broken("a customer without an owner"))?;
        let member = store::persons::member(&self.app.db, person, customer.tenant.id).await?;
        member.ok_or_else(|| broken("an owner without a role").into())
    }

    async fn deliver(&self) -> Result<(), Error> {
        while self.simulator.deliver_due().await > 0 {}
        while webhooks::work_off(self.app).await? > 0 {}
        Ok(())
    }

    /// A bonus of the platform for a bad day.
    async fn goodwill(&self, chain: &Chain) -> Result<(), Error> {
        let now = self.app.clock.now();
        let customer = chain.customers[0].tenant.id;
        let posting = Posting::Bonus { amount: Cents::euros(5) };
        let draft = Draft::new(customer, "demo:goodwill".into(), posting, now, self.t.demo_goodwill());
        let mut tx = self.app.db.begin().await?;
        store::ledger::post(&mut tx, vec![draft], now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The newest call of the first customer was a wrong connection, and its reseller has taken it back.
    async fn correction(&self, chain: &Chain) -> Result<(), Error> {
        let tenant = &chain.customers[0].tenant;
        let calls = MovementFilter {
            category: Some(Meter::CALL.to_string()),
            min: Cents(1),
            ..MovementFilter::default()
        };
        let newest = store::movements::list_movements(
            &self.app.db,
            Scope::Platform,
            tenant.id,
            &calls,
            Cursor::Start,
            1,
        )
        .await?;
        let call = newest.first().ok_or_else(|| broken("nothing to correct"))?.id;
        let scope = tenant.reseller_id.map_or(Scope::Platform, Scope::Reseller);
        corrections::reverse_within(self.app, scope, &Author::SYSTEM, call, &self.t.demo_correction())
            .await?;
        commissions::update(self.app).await?;
        Ok(())
    }

    /// A part of the newest card payment of a direct customer goes back, as support would do it in Stripe's dashboard.
    async fn refund(&self, chain: &Chain) -> Result<(), Error> {
        let customer = chain.customers.len() - 3;
        let scope = Scope::Customer(chain.customers[customer].tenant.id);
        let latest = store::topups::list_latest(&self.app.db, scope, 1).await?;
        let intent = latest
            .into_iter()
            .find_map(|top_up| top_up.payment_intent)
            .ok_or_else(|| broken("nothing to refund"))?;
        self.simulator.refund(&intent, Some(2_000)).await.map_err(|error| broken(&error.to_string()))?;
        self.deliver().await
    }
}

fn broken(what: &str) -> Failure {
    Failure::Broken(format!("demo history: {what}"))
}

/// Expected events of an hour in thousandths: more in the late morning, fewer at noon, by the day of the week.
fn share_of_hour(per_day: u32, day: Date, hour: i8, profile: &Profile) -> u32 {
    let weight = |hour: i8| match hour {
        9..=11 => 14,
        12 | 13 => 6,
        14..=16 => 11,
        _ => 7,
    };
    let (open, close) = profile.hours;
    let total: u32 = (open..close).map(weight).sum();
    let of_week = match day.weekday() {
        Weekday::Saturday => profile.saturday,
        Weekday::Sunday => profile.saturday / 4,
        Weekday::Monday => 115,
        Weekday::Friday => 90,
        _ => 100,
    };
    per_day * 1000 * weight(hour) / total.max(1) * of_week / 100
}
