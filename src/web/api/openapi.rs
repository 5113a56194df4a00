//! The description of the API (OpenAPI 3.1), made from its handlers and bodies.

use super::problem::{Code, ProblemDocument};
use super::{commissions, customers, holds, prices, problem, usage};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::LazyLock;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, ObjectBuilder, OpenApi as Document, Ref, RefOr, Response as Answer,
    ResponseBuilder,
};
use utoipa::{Modify, OpenApi};

/// The usage API of a Guthaben installation: report usage exactly once, ask whether a call may start, read balances, transactions and
/// prices, set up customers.
///
/// Amounts are whole euro cents including VAT, unit prices millionths of a euro, instants RFC 3339. Customers are named by their number,
/// by your `external_id` or by our id. Errors are problem documents (RFC 9457) with a stable `code`; every `type` explains itself.
///
/// Every key has a limit of requests per minute, 60 unless it was given a higher one. It is counted per node. Every answer says how many
/// requests are left (`RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset` in seconds); a refused one when to come again
/// (`Retry-After`). A batch of events is one request.
#[derive(OpenApi)]
#[openapi(
    info(title = "Guthaben", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    servers((url = "/", description = "This installation.")),
    security(("key" = [])),
    modifiers(&Common),
    components(schemas(ProblemDocument, usage::EventBody, usage::EventResult)),
    tags(
        (name = "usage", description = "Usage that happened."),
        (name = "holds", description = "Usage that is going to happen: may it, and for how long?"),
        (name = "customers", description = "Customers, what they have and what they pay."),
        (name = "commissions", description = "What resellers earn."),
        (name = "documents", description = "About this API."),
    ),
    paths(usage::create, holds::create, holds::extend, holds::capture, holds::release, customers::create, customers::show, customers::balance, customers::transactions, prices::index, commissions::show, problem::show, show),
)]
struct Api;

/// What all calls have in common: the key, its limits, and the problems that any of them can have.
struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("gut_live_…");
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme.build()));
        for (path, item) in &mut document.paths.paths {
            let operations =
                [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                complete(path, operation);
            }
        }
    }
}

/// Adds the answers and heads that a call need not name itself.
fn complete(path: &str, operation: &mut Operation) {
    let keyed = operation.security.is_none();
    let mut statuses = vec![StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE];
    if keyed {
        statuses.extend([StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS]);
    }
    if operation.request_body.is_some() {
        statuses.extend([
            StatusCode::BAD_REQUEST,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ]);
    }
    if path.contains('{') {
        statuses.extend([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND]);
    }
    let is_query = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query);
    if operation.parameters.iter().flatten().any(is_query) {
        statuses.extend([StatusCode::NOT_FOUND, StatusCode::UNPROCESSABLE_ENTITY]);
    }
    let responses = &mut operation.responses.responses;
    for status in statuses {
        responses.entry(status.as_str().to_owned()).or_insert_with(|| RefOr::T(problem(status)));
    }
    if keyed {
        for answer in responses.values_mut() {
            if let RefOr::T(answer) = answer {
                limits(answer);
            }
        }
    }
}

/// A problem document with the codes that belong to a status.
fn problem(status: StatusCode) -> Answer {
    let codes = Code::ALL.iter().filter(|code| code.status() == status).map(|code| code.as_str());
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new()
        .description(codes.collect::<Vec<_>>().join(", "))
        .content("application/problem+json", content)
        .build()
}

fn limits(answer: &mut Answer) {
    let whole = || ObjectBuilder::new().schema_type(Type::Integer);
    for name in ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"] {
        let header = HeaderBuilder::new().schema(Some(whole())).build();
        answer.headers.entry(name.to_owned()).or_insert(header.into());
    }
}

/// The description as JSON, made once.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let mut document = Api::openapi();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.to_json().expect("the description is plain data")
});

/// This description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "documents", security(()), operation_id = "describe",
    responses((status = 200, body = serde_json::Value, description = "OpenAPI 3.1.")))]
pub(super) async fn show() -> Response {
    let head = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (head, DOCUMENT.as_str()).into_response()
}
