//! What the simulator's pages share: the stylesheet, the strict headers, German amounts and times, and the guard against foreign sites.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::connect_info::ConnectInfo;
use axum::http::{Extensions, HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};

use super::Inner;

/// The pages' own stylesheet.
pub(super) async fn stylesheet() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, include_str!("../../../static/simulator/sim.css")).into_response()
}

/// The pages' own icon, so that no browser looks for one elsewhere.
pub(super) async fn icon() -> Response {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "no-cache")];
    (headers, include_str!("../../../static/simulator/sim.svg")).into_response()
}

/// A page with its headers. Forms may lead to `targets` besides the simulator: the merchant's pages that a payment returns to.
pub(super) fn page(status: StatusCode, template: &impl Template, targets: &[&str]) -> Response {
    let html = match template.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a simulator page did not render");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let origins: Vec<String> = targets.iter().filter_map(|target| origin(target)).collect();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
        origins.join(" ")
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (status, headers, Html(html)).into_response()
}

/// `http://host:port` of a URL, if it is one that may stand in a policy.
fn origin(url: &str) -> Option<String> {
    let uri: Uri = url.replace("{CHECKOUT_SESSION_ID}", "x").parse().ok()?;
    let authority = uri.authority()?.as_str().to_owned();
    let plain = authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    plain.then(|| format!("{}://{authority}", uri.scheme_str().unwrap_or("http")))
}

/// 303 to an address.
pub(super) fn see_other(url: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, url.to_owned())]).into_response()
}

/// Whether a request that changes something was sent from another site's page.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    matches!(text("sec-fetch-site"), Some("cross-site" | "same-site"))
}

/// Whether a request to the control interface comes from this machine and means it: a loopback peer, and no foreign host name.
pub(super) fn is_local(sim: &Inner, headers: &HeaderMap, extensions: &Extensions) -> bool {
    if let Some(ConnectInfo(peer)) = extensions.get::<ConnectInfo<SocketAddr>>()
        && !peer.ip().to_canonical().is_loopback()
    {
        return false;
    }
    let Some(host) = headers.get(header::HOST) else { return true };
    // A name that merely resolves to this machine could belong to an attacker's page.
    let host = host
        .to_str()
        .ok()
        .and_then(|host| host.parse::<Uri>().ok())
        .and_then(|uri| uri.host().map(str::to_owned));
    let own = sim.settings.public_base.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
    host.is_some_and(|host| {
        ["localhost", "127.0.0.1", "[::1]"].contains(&host.as_str()) || Some(&host) == own.as_ref()
    })
}

/// Cents as a German amount: `1.234,56 €`, `−4,00 €`.
pub(super) fn euro(cents: i64) -> String {
    let digits = (cents.unsigned_abs() / 100).to_string();
    let mut whole = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            whole.push('.');
        }
        whole.push(digit);
    }
    let sign = if cents < 0 { "\u{2212}" } else { "" };
    format!("{sign}{whole},{:02}\u{a0}€", cents.unsigned_abs() % 100)
}

fn zoned(seconds: i64) -> Option<jiff::Zoned> {
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap_or(jiff::tz::TimeZone::UTC);
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_zoned(zone))
}

/// A moment as Germans write it: `23.11.2026, 14:05:09`.
pub(super) fn moment(seconds: i64) -> String {
    zoned(seconds).map_or_else(|| seconds.to_string(), |at| at.strftime("%d.%m.%Y, %H:%M:%S").to_string())
}

/// The UTC day as `2026-11-23`.
pub(super) fn iso_day(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| String::new(), |at| at.strftime("%Y-%m-%d").to_string())
}

/// A card number or IBAN in groups of four.
pub(super) fn grouped(text: &str) -> String {
    text.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_times_and_origins_are_written_right() {
        assert_eq!(euro(123_456), "1.234,56\u{a0}€");
        assert_eq!(euro(-400), "\u{2212}4,00\u{a0}€");
        assert_eq!(euro(100_000_000), "1.000.000,00\u{a0}€");
        assert_eq!(moment(1_795_439_109), "23.11.2026, 14:05:09");
        assert_eq!(iso_day(1_795_439_109), "2026-11-23");
        assert_eq!(
            origin("http://a.example:80/x?s={CHECKOUT_SESSION_ID}").as_deref(),
            Some("http://a.example:80")
        );
        assert_eq!(origin("http://a;script-src/x"), None);
        assert_eq!(grouped("4242424242424242"), "4242 4242 4242 4242");
    }
}
