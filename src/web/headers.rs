//! Security headers of every answer.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// Nothing inline, nothing from elsewhere. `form-action` must name Checkout: Chromium applies it to the redirect that answers the form.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; manifest-src 'self'; form-action 'self' https://checkout.stripe.com; frame-ancestors 'none'; base-uri 'none'";

/// The session layer removes its cookie without the attributes it set it with; browsers ignore that for `__Host-` names.
fn secure_removal(headers: &mut HeaderMap) {
    let lines: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    if !lines.iter().any(is_bare_removal) {
        return;
    }
    headers.remove(header::SET_COOKIE);
    for line in lines {
        let whole = match line.to_str() {
            Ok(text) if is_bare_removal(&line) => {
                HeaderValue::from_str(&format!("{text}; Secure; HttpOnly; SameSite=Lax")).unwrap_or(line)
            }
            _ => line,
        };
        headers.append(header::SET_COOKIE, whole);
    }
}

fn is_bare_removal(line: &HeaderValue) -> bool {
    line.to_str().is_ok_and(|text| text.starts_with("__Host-sid=;") && !text.contains("Secure"))
}

/// Sets what the handler has not set itself.
pub async fn secure(request: Request, next: Next) -> Response {
    let signed_in_page = !request.uri().path().starts_with("/static/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 7] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=()",
        ),
    ];
    for (name, value) in fixed {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    secure_removal(headers);
    if signed_in_page {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    response
}
