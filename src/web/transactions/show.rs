//! One movement: its chain, how the price came about, where the commission stands, what was posted.

use super::list::{has_chain, is_resale, shared, title};
use super::{Console, Names};
use crate::app::App;
use crate::billing::charges::{self, Origin};
use crate::billing::corrections::may_reverse;
use crate::domain::calendar;
use crate::domain::commission::{self, CommissionState};
use crate::domain::correction::check_reversible;
use crate::domain::id::TransferId;
use crate::domain::ledger::{AccountKind, TransferKind};
use crate::domain::money::Cents;
use crate::domain::pricing::{Settlement, ShareExplanation};
use crate::i18n::T;
use crate::store;
use crate::store::prices::Version;
use crate::store::transfers::{PostedEntry, Transfer};
use crate::web::actor::Actor;
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::meters::Meters;
use crate::web::view::commission::{state_badge, state_label};
use crate::web::view::format;
use crate::web::view::movement::{
    ChainView, CommissionView, EntryView, FactView, OriginView, ShareView, ShowMovement,
};
use crate::web::view::origin::{SideView, VersionView, list_label};
use crate::web::view::parts::Kind;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use serde::Deserialize;

/// What the redirect after a reversal says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Notice {
    reversed: String,
}

/// A movement with what belongs to it.
struct Whole {
    row: Transfer,
    reversal: Option<Transfer>,
    wholesale: Option<Transfer>,
    names: Names,
    origin: Option<Origin>,
}

impl Whole {
    async fn read(app: &App, console: &Console, id: TransferId) -> Result<Whole, Problem> {
        let scope = console.scope();
        let row = store::transfers::find(&app.db, scope, id).await?.ok_or(Problem::NotFound)?;
        let related = store::transfers::related(&app.db, scope, id).await?;
        let reversal = related.iter().find(|other| other.kind == TransferKind::Reversal).cloned();
        let wholesale = related.into_iter().find(|other| other.kind == TransferKind::Wholesale);
        let named: Vec<_> = [Some(row.customer_id), row.reseller_id].into_iter().flatten().collect();
        let names = Names::load(app, scope, &named).await?;
        let origin = charges::origin(app, &row).await?;
        Ok(Whole { row, reversal, wholesale, names, origin })
    }
}

/// `GET …/transactions/{id}`.
pub(super) async fn show(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Path(id): Path<String>,
    Query(notice): Query<Notice>,
) -> Result<Html<String>, Problem> {
    let console = Console::enter(actor, &page)?;
    let id = TransferId::parse(&id).ok_or(Problem::NotFound)?;
    let meters = Meters::load(&app).await?;
    let whole = Whole::read(&app, &console, id).await?;
    let (t, row) = (page.t, &whole.row);
    let label = meters.label(t, row.kind, &row.category);
    let title = Some(title(t, &console, row)).filter(|title| !title.is_empty());
    let is_reversible = check_reversible(row.kind, row.posted_at, page.now).is_ok();
    let view = ShowMovement {
        base: console.base,
        id: row.id.to_string(),
        kind: Kind::of(row.kind, &row.category),
        title: title.unwrap_or_else(|| label.clone()),
        occurred_at: row.occurred_at,
        was_reversed: notice.reversed == "1" && whole.reversal.is_some(),
        facts: facts(&app, &console, &meters, t, &whole).await?,
        chain: chain(t, &meters, &whole),
        commission: commission(&app, &console, t, &whole).await?,
        origin: whole.origin.as_ref().map(|origin| origin_view(t, &whole, origin)),
        entries: entries(&app, &console, t, &whole).await?,
        metadata: metadata(&console, row),
        before: row.balance_cents - row.amount_cents,
        amount: row.amount_cents,
        after: row.balance_cents,
        may_reverse: is_reversible && whole.reversal.is_none() && may_reverse(&console.member),
        label,
        page,
    };
    Ok(Html(view.render()?))
}

async fn facts(
    app: &App,
    console: &Console,
    meters: &Meters,
    t: T,
    whole: &Whole,
) -> Result<Vec<FactView>, Problem> {
    let (row, base) = (&whole.row, console.base);
    let mut facts = vec![];
    let mut fact = |name: String, value: String, href: String| facts.push(FactView { name, value, href });
    let number = whole.names.number(row.customer_id);
    let of_number = form_urlencoded::Serializer::new(String::new()).append_pair("customer", &number).finish();
    fact(t.movement_balance_of(), whole.names.name(row.customer_id), format!("{base}?{of_number}"));
    if let Some(reseller) = row.reseller_id.filter(|_| console.is_platform()) {
        fact(t.movement_reseller(), whole.names.name(reseller), String::new());
    }
    if let Some(quantity) = meters.quantity(t, &row.category, row.quantity, row.unit_price_micros)
        && row.kind == TransferKind::Usage
    {
        fact(t.movement_quantity(), quantity, String::new());
    }
    fact(t.movement_posted_late(), format::exact(t, row.posted_at), String::new());
    let link = |id: TransferId| format!("{base}/{id}");
    if let Some(reason) = &row.reason {
        fact(t.movement_reason(), console.text(reason), String::new());
    }
    if let Some(actor) = row.actor_id.filter(|_| !console.masks())
        && let Some(name) = store::transfers::actor_name(&app.db, actor).await?
    {
        fact(t.movement_by(), name, String::new());
    }
    if let Some(reversal) = &whole.reversal {
        fact(t.movement_reversal(), reversal.id.to_string(), link(reversal.id));
        if let Some(reason) = &reversal.reason {
            fact(t.movement_reason(), console.text(reason), String::new());
        }
    }
    if let Some(wholesale) = &whole.wholesale {
        fact(t.movement_wholesale(), t.money(wholesale.amount_cents), link(wholesale.id));
    }
    let others = [(row.reverses_id, t.movement_original()), (row.charge_id, t.movement_charge())];
    for (id, name) in others.into_iter().filter_map(|(id, name)| Some((id?, name))) {
        fact(name, id.to_string(), link(id));
    }
    if let Some(top_up) = row.top_up_id {
        fact(t.movement_top_up(), top_up.to_string(), String::new());
    }
    if console.is_platform() {
        fact(t.movement_key(), console.text(&row.key), String::new());
    }
    Ok(facts)
}

/// Who pays and who gets what; of a reversal, who gets back and who gives.
fn chain(t: T, meters: &Meters, whole: &Whole) -> Option<ChainView> {
    let row = &whole.row;
    let has_chain = has_chain(meters, row) && row.amount_cents != Cents::ZERO;
    has_chain.then(|| {
        let rest = row.reseller_id.map(|_| (rest_label(t, is_resale(row)), shared(row)));
        ChainView::of(t, -row.amount_cents, row.platform_cents, rest)
    })
}

/// What a reseller earns is called commission, and margin where it sells on its own account.
pub(super) fn rest_label(t: T, is_resale: bool) -> String {
    if is_resale { t.movement_margin() } else { t.movement_commission() }
}

async fn commission(
    app: &App,
    console: &Console,
    t: T,
    whole: &Whole,
) -> Result<Option<CommissionView>, Problem> {
    let row = &whole.row;
    let earns = row.kind == TransferKind::Usage && row.commission_cents != Cents::ZERO;
    if !earns {
        return Ok(None);
    }
    if whole.reversal.is_some() {
        let label = t.commission_taken_back();
        return Ok(Some(CommissionView { label, badge: "plain", note: String::new() }));
    }
    let day = calendar::day(row.posted_at).to_string();
    let line = store::commissions::find_line(&app.db, console.scope(), row.customer_id, &day).await?;
    let today = calendar::day(app.clock.now());
    let date = |text: &str| text.parse().map(|day| format::numeric_day(t, day)).unwrap_or_default();
    let (state, note) = match &line {
        None => (CommissionState::Accrued, String::new()),
        Some(line) => {
            let due = line.available_on.parse().unwrap_or(today);
            let state = commission::state(due, line.in_payout, line.paid_on.is_some(), today);
            let note = match state {
                CommissionState::Accrued => t.commission_from(date(&line.available_on)),
                CommissionState::Available => t.commission_since(date(&line.available_on)),
                CommissionState::InPayout => String::new(),
                CommissionState::Paid => t.commission_on(date(line.paid_on.as_deref().unwrap_or_default())),
            };
            (state, note)
        }
    };
    Ok(Some(CommissionView { label: state_label(t, state), badge: state_badge(state), note }))
}

fn version(t: T, version: &Version) -> VersionView {
    VersionView { list: list_label(t, version.list.role), valid_from: version.price.valid_from }
}

fn origin_view(t: T, whole: &Whole, origin: &Origin) -> OriginView {
    let explanation = &origin.explanation;
    let side = |side, of: &Version| {
        SideView::of(t, side, version(t, of), explanation.unit, explanation.used, explanation.used_before)
    };
    let platform = match (&explanation.platform, &origin.platform) {
        (ShareExplanation::Price(price), Some(of)) => ShareView::Price(Box::new(side(price, of))),
        (ShareExplanation::Commission { rate_bps }, _) => {
            ShareView::Rule(t.origin_share_rate(format::percent(t, *rate_bps)))
        }
        _ => ShareView::Rule(t.origin_share_everything()),
    };
    let terms = whole.row.reseller_id.map(|_| match &origin.terms {
        None => t.origin_terms_standard(),
        Some(terms) => {
            let date = format::date(t, terms.valid_from);
            match terms.settlement {
                Settlement::Commission => t.origin_terms_commission(date),
                Settlement::Resale => t.origin_terms_resale(date),
            }
        }
    });
    // Commission is what the wallet paid for; the rest of a smaller commission was bonus.
    let row = &whole.row;
    let from_bonus =
        row.reseller_id.is_some() && !is_resale(row) && row.commission_cents != explanation.commission;
    let bonus = if from_bonus { t.origin_from_bonus(t.money(-row.amount_cents)) } else { String::new() };
    OriginView { customer: side(&explanation.customer, &origin.customer), platform, terms, bonus }
}

/// The posted entries, for the platform.
async fn entries(app: &App, console: &Console, t: T, whole: &Whole) -> Result<Vec<EntryView>, Problem> {
    if !console.is_platform() {
        return Ok(vec![]);
    }
    let entries = store::transfers::entries(&app.db, console.scope(), whole.row.id).await?;
    let owners: Vec<_> = entries.iter().map(|entry| entry.owner_id).collect();
    let names = Names::load(app, console.scope(), &owners).await?;
    Ok(entries.into_iter().map(|entry| entry_view(t, &names, entry)).collect())
}

fn entry_view(t: T, names: &Names, entry: PostedEntry) -> EntryView {
    let account = match entry.kind {
        AccountKind::Wallet => t.account_wallet(),
        AccountKind::Bonus => t.account_bonus(),
        AccountKind::Revenue => t.account_revenue(),
        AccountKind::Commission => t.account_commission(),
        AccountKind::Clearing => t.account_clearing(),
        AccountKind::Adjustment => t.account_adjustment(),
        AccountKind::Sales => t.account_sales(),
    };
    EntryView {
        account,
        owner: names.name(entry.owner_id),
        amount: entry.amount_cents,
        before: entry.before_cents,
        after: entry.after_cents,
    }
}

/// The sender's data, name by name; support sees that there are some, not what they say.
fn metadata(console: &Console, row: &Transfer) -> Vec<(String, String)> {
    let Some(serde_json::Value::Object(fields)) = &row.metadata else { return vec![] };
    let value = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let shown = |text: String| if console.masks() { "•••".to_owned() } else { text };
    fields.iter().map(|(name, field)| (name.clone(), shown(value(field)))).collect()
}
