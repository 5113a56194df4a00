//! `/api/v1/customers`: setting them up, what they have, what they moved.

use super::auth::Caller;
use super::body::{Body, Day, Instant, Params};
use super::problem::{Code, Problem, ProblemDocument};
use crate::app::App;
use crate::billing::customers::{self, NewCustomer, Opened};
use crate::domain::api_key::ApiScope;
use crate::domain::id::TenantId;
use crate::domain::party::{Scope, Tenant, TenantKind};
use crate::domain::pricing::Meter;
use crate::domain::usage::CustomerRef;
use crate::store;
use crate::store::movements::{Cursor, Movement, MovementFilter};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Characters of a name.
const NAME_CHARS: usize = 200;
/// Characters of an external id.
const EXTERNAL_ID_CHARS: usize = 100;
/// Rows of a page unless the caller asks for another number.
const ROWS: i64 = 50;
/// Rows of a page at most.
const MOST_ROWS: i64 = 200;

/// The customer that a caller names, within its reach.
///
/// # Errors
/// [`Code::UnknownCustomer`] for unknown and foreign ones alike.
pub(super) async fn named(app: &App, scope: Scope, name: &str) -> Result<Tenant, Problem> {
    let found = store::customers::find(&app.db, scope, &CustomerRef::parse(name)).await?;
    found.ok_or(Problem { code: Code::UnknownCustomer, field: None })
}

/// The reseller with a number, within a caller's reach.
///
/// # Errors
/// [`Code::UnknownReseller`] for unknown and foreign ones alike.
pub(super) async fn reseller_named(app: &App, scope: Scope, number: &str) -> Result<TenantId, Problem> {
    // PostgreSQL takes no NUL in a text, and no number has one.
    let found = match number.contains('\0') {
        true => None,
        false => store::tenants::find_by_number(&app.db, scope, number).await?,
    };
    let found = found.filter(|tenant| tenant.kind == TenantKind::Reseller);
    Ok(found.ok_or(Code::UnknownReseller)?.id)
}

/// A customer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Customer {
    /// Our id.
    #[schema(example = "ten_01kawz1pf8e3ttq8m8d4ktjq8p")]
    id: String,
    /// The number that people use.
    #[schema(example = "K-10427")]
    number: String,
    /// Your own name for it.
    external_id: Option<String>,
    /// Company name.
    name: String,
    /// False where no usage is authorised. Usage that happened is charged nevertheless.
    active: bool,
    /// When it was set up.
    #[schema(inline)]
    created_at: Instant,
}

impl From<Tenant> for Customer {
    fn from(tenant: Tenant) -> Customer {
        Customer {
            id: tenant.id.to_string(),
            number: tenant.number,
            external_id: tenant.external_id,
            name: tenant.name,
            active: tenant.active,
            created_at: Instant(tenant.created_at),
        }
    }
}

/// One customer.
#[utoipa::path(get, path = "/api/v1/customers/{customer}", tag = "customers", operation_id = "get_customer",
    params(("customer" = String, Path, description = "Number, `external_id` or id.")),
    responses((status = 200, body = Customer, description = "The customer.")))]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Customer>, Problem> {
    let scope = caller.may(ApiScope::Read)?;
    Ok(Json(named(&app, scope, &name).await?.into()))
}

/// What a customer has, in cents.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Balance {
    /// Our id of the customer.
    customer_id: String,
    /// Always `EUR`.
    #[schema(example = "EUR")]
    currency: &'static str,
    /// What may still be spent: booked, less what is held.
    available_cents: i64,
    /// What is booked: wallet and bonus together.
    booked_cents: i64,
    /// Prepaid money.
    wallet_cents: i64,
    /// Bonus credit, spent first.
    bonus_cents: i64,
    /// Reserved for usage that is going on.
    held_cents: i64,
    /// When it was read.
    #[schema(inline)]
    as_of: Instant,
}

/// The balance of a customer.
#[utoipa::path(get, path = "/api/v1/customers/{customer}/balance", tag = "customers", operation_id = "get_balance",
    params(("customer" = String, Path, description = "Number, `external_id` or id.")),
    responses((status = 200, body = Balance, description = "What the customer has.")))]
pub(super) async fn balance(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Balance>, Problem> {
    let scope = caller.may(ApiScope::Read)?;
    let customer = named(&app, scope, &name).await?;
    let balance = store::ledger::balance(&app.db, scope, customer.id).await?;
    let balance = balance.ok_or(Problem { code: Code::UnknownCustomer, field: None })?;
    Ok(Json(Balance {
        customer_id: customer.id.to_string(),
        currency: "EUR",
        available_cents: balance.available().0,
        booked_cents: balance.booked().0,
        wallet_cents: balance.wallet_cents.0,
        bonus_cents: balance.bonus_cents.0,
        held_cents: balance.held_cents.0,
        as_of: Instant(app.clock.now()),
    }))
}

/// What a list of transactions is narrowed to.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// The first German day of posting.
    #[param(value_type = Option<String>, format = Date, example = "2026-11-01")]
    from: Option<Day>,
    /// The last German day of posting.
    #[param(value_type = Option<String>, format = Date, example = "2026-11-30")]
    to: Option<Day>,
    /// One meter (`call`) or one kind other than usage (`topup`).
    #[param(max_length = 31)]
    kind: Option<String>,
    /// Where the last page ended: its `next`.
    #[param(max_length = 19)]
    after: Option<String>,
    /// Rows of the page; 50 unless said otherwise.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// A movement of a customer's balance.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Transaction {
    /// Its id.
    id: String,
    /// `topup`, `usage`, `refund`, `bonus`, `adjustment`, `reversal` or `wholesale`.
    kind: &'static str,
    /// The meter of usage.
    meter: Option<String>,
    /// Change of the balance in cents: negative for usage.
    amount_cents: i64,
    /// What was booked afterwards, in cents.
    balance_cents: i64,
    /// The reseller's commission in cents; only for those who sell.
    #[serde(skip_serializing_if = "Option::is_none")]
    commission_cents: Option<i64>,
    /// Billed seconds or pieces; zero where nothing was used.
    quantity: i64,
    /// Price per minute or piece in millionths of a euro; zero where nothing was used.
    unit_price_micros: i64,
    /// What it was.
    description: String,
    /// The charge that it takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    reverses: Option<String>,
    /// When it happened.
    #[schema(inline)]
    occurred_at: Instant,
    /// When it was posted.
    #[schema(inline)]
    posted_at: Instant,
}

impl Transaction {
    fn of(row: Movement, sells: bool) -> Transaction {
        Transaction {
            id: row.id.to_string(),
            kind: row.kind.as_str(),
            meter: Meter::parse(&row.category).map(|meter| meter.to_string()),
            amount_cents: row.amount_cents.0,
            balance_cents: row.balance_cents.0,
            commission_cents: sells.then_some(row.commission_cents.0),
            quantity: row.quantity,
            unit_price_micros: row.unit_price_micros.0,
            description: row.description,
            reverses: row.reverses_id.map(|id| id.to_string()),
            occurred_at: Instant(row.occurred_at),
            posted_at: Instant(row.posted_at),
        }
    }
}

/// A page of transactions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TransactionPage {
    /// The transactions.
    data: Vec<Transaction>,
    /// What to send as `after` for the next page; null on the last one.
    next: Option<String>,
}

impl ListParams {
    /// What is asked for; the cursor is a position in the customer's own book.
    fn read(self) -> Result<(MovementFilter, Cursor, i64), Problem> {
        let invalid = |field| Problem::at(Code::FieldInvalid, field);
        let after = match self.after.as_deref() {
            None => Cursor::Start,
            Some(text) => {
                let seq = text.parse().ok().filter(|seq| *seq > 0);
                Cursor::OlderThan(seq.ok_or_else(|| invalid("after"))?)
            }
        };
        let limit = self.limit.unwrap_or(ROWS);
        if !(1..=MOST_ROWS).contains(&limit) {
            return Err(invalid("limit"));
        }
        let kind =
            |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if self.kind.as_deref().is_some_and(|text| text.is_empty() || !kind(text)) {
            return Err(invalid("kind"));
        }
        let (from, to) = (self.from.map(|day| day.0), self.to.map(|day| day.0));
        Ok((MovementFilter { category: self.kind, from, to, ..MovementFilter::default() }, after, limit))
    }
}

/// The transactions of a customer, newest first.
#[utoipa::path(get, path = "/api/v1/customers/{customer}/transactions", tag = "customers", operation_id = "list_transactions",
    params(("customer" = String, Path, description = "Number, `external_id` or id."), ListParams),
    responses((status = 200, body = TransactionPage, description = "A page of transactions.")))]
pub(super) async fn transactions(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Params(params): Params<ListParams>,
) -> Result<Json<TransactionPage>, Problem> {
    let scope = caller.may(ApiScope::Read)?;
    let (filter, cursor, limit) = params.read()?;
    let customer = named(&app, scope, &name).await?;
    let rows =
        store::movements::list_movements(&app.db, scope, customer.id, &filter, cursor, limit + 1).await?;
    let more = i64::try_from(rows.len()).is_ok_and(|rows| rows > limit);
    let kept: Vec<Movement> = rows.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).collect();
    let next = kept.last().filter(|_| more).map(|row| row.seq.to_string());
    let data = kept.into_iter().map(|row| Transaction::of(row, caller.sells())).collect();
    Ok(Json(TransactionPage { data, next }))
}

/// A customer to be set up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomerBody {
    /// Your own name for it and the idempotency key: the same one is set up once.
    #[schema(min_length = 1, max_length = 100, example = "crm-4711")]
    external_id: String,
    /// Company name.
    #[schema(min_length = 1, max_length = 200, example = "Friseursalon Eleganz")]
    name: String,
    /// The reseller's number, for keys of the platform; without it the customer is a direct one. Resellers set up their own customers.
    #[schema(example = "R-101")]
    reseller: Option<String>,
}

impl CustomerBody {
    fn text(field: &'static str, text: &str, most: usize) -> Result<String, Problem> {
        let text = text.trim();
        let fits = (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if fits { Ok(text.to_owned()) } else { Err(Problem::at(Code::FieldInvalid, field)) }
    }

    async fn read(self, app: &App, scope: Scope) -> Result<NewCustomer, Problem> {
        let external_id = CustomerBody::text("external_id", &self.external_id, EXTERNAL_ID_CHARS)?;
        // It would be read as one of our ids wherever it names a customer.
        if TenantId::parse(&external_id).is_some() {
            return Err(Problem::at(Code::FieldInvalid, "external_id"));
        }
        let name = CustomerBody::text("name", &self.name, NAME_CHARS)?;
        let reseller = match self.reseller.as_deref() {
            None => scope.reseller(),
            Some(number) => Some(reseller_named(app, scope, number).await?),
        };
        Ok(NewCustomer { external_id, name, reseller })
    }
}

/// Sets up a customer. It gets the next free number, and the prices of its reseller or the default ones.
#[utoipa::path(post, path = "/api/v1/customers", tag = "customers", operation_id = "create_customer",
    request_body = CustomerBody,
    responses(
        (status = 200, body = Customer, description = "It had been set up before with the same content."),
        (status = 201, body = Customer, description = "It is set up."),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "name_taken"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is wrong; `field` says which."),
    ))]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<CustomerBody>,
) -> Result<Response, Problem> {
    let scope = caller.may(ApiScope::CustomersWrite)?;
    let new = body.read(&app, scope).await?;
    match customers::open(&app, &caller.author(), new).await? {
        Opened::New(tenant) => {
            let place = format!("/api/v1/customers/{}", tenant.number);
            let head = [(header::LOCATION, place)];
            Ok((StatusCode::CREATED, head, Json(Customer::from(tenant))).into_response())
        }
        Opened::Known(tenant) => Ok(Json(Customer::from(tenant)).into_response()),
        Opened::Taken => Err(Problem::at(Code::NameTaken, "external_id")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_have_no_control_characters() {
        assert_eq!(CustomerBody::text("name", "  Salon  ", 10), Ok("Salon".to_owned()));
        for wrong in ["", "   ", "a\0b", "a\nb", "elf Zeichen"] {
            assert_eq!(CustomerBody::text("name", wrong, 10), Err(Problem::at(Code::FieldInvalid, "name")));
        }
    }
}
