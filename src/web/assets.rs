//! Files of `static/`, embedded, under a name that carries the hash of their content.
//!
//! The layered stylesheets are served as one `guthaben.css` and the scripts as one `guthaben.js`: two deferred script tags race,
//! and htmx's stream would then sometimes not connect.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/static"]
struct Files;

/// Order matters: the first file names the layers.
const STYLES: [&str; 7] = ["tokens", "reset", "base", "layout", "components", "utilities", "print"];
const SCRIPTS: [&str; 3] = ["htmx.min", "hx-sse.min", "app"];

struct Served {
    base: String,
    files: HashMap<String, (Cow<'static, [u8]>, &'static str)>,
}

static SERVED: LazyLock<Served> = LazyLock::new(|| {
    let mut files = HashMap::new();
    for name in Files::iter().filter(|name| !name.starts_with("css/") && !name.starts_with("js/")) {
        let file = Files::get(&name).expect("an embedded file");
        files.insert(name.to_string(), (file.data, content_type(&name)));
    }
    let join = |folder: &str, names: &[&str], suffix: &str| {
        let parts = names.iter().map(|name| {
            let file = Files::get(&format!("{folder}/{name}.{suffix}")).expect("an embedded file");
            String::from_utf8_lossy(&file.data).into_owned()
        });
        Cow::Owned(parts.collect::<Vec<_>>().join("\n").into_bytes())
    };
    files.insert("guthaben.css".to_owned(), (join("css", &STYLES, "css"), "text/css; charset=utf-8"));
    files.insert("guthaben.js".to_owned(), (join("js", &SCRIPTS, "js"), "text/javascript; charset=utf-8"));
    let mut names: Vec<&String> = files.keys().collect();
    names.sort();
    let mut hash = Sha256::new();
    for name in names {
        hash.update(name.as_bytes());
        hash.update(&files[name].0);
    }
    let hash: String = hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Served { base: format!("/static/{hash}"), files }
});

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("css") => "text/css; charset=utf-8",
        Some("png") => "image/png",
        _ => "text/plain; charset=utf-8",
    }
}

/// Where pages find the files: `/static/{hash}`.
pub fn base() -> &'static str {
    &SERVED.base
}

/// Serves a file; an old hash gets the present file, but nobody may keep it.
pub async fn serve(Path((hash, name)): Path<(String, String)>) -> Response {
    let Some((data, kind)) = SERVED.files.get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let current = base().ends_with(&format!("/{hash}"));
    let keep = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, keep)];
    (headers, data.clone()).into_response()
}

/// Browsers ask for this name whatever the page says.
pub async fn favicon() -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    let data = SERVED.files.get("favicon.svg").map(|(data, _)| data.clone()).unwrap_or_default();
    (headers, data).into_response()
}
