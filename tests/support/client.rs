//! A reader without a browser: real HTTP over TCP, a cookie jar, forms with the token of the page they stand on. It follows no redirect.

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{HeaderMap, Method, Request};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::collections::BTreeMap;
use std::time::Duration;

/// No answer of a working site takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// A reader with its cookies. A clone is the same reader in another window, with a jar of its own from then on.
#[derive(Clone, Debug)]
pub struct Client {
    http: Http<HttpConnector, Full<Bytes>>,
    base: String,
    /// Cookies by name.
    pub jar: BTreeMap<String, String>,
    /// Headers of every request.
    pub headers: BTreeMap<&'static str, String>,
    /// The token of the last page that had one.
    pub token: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Page {
    /// Method and path, for messages.
    pub asked: String,
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
}

impl Client {
    /// A new reader of the site at `base`.
    pub fn new(base: &str) -> Client {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Client {
            http: Http::builder(TokioExecutor::new()).build(connector),
            base: base.to_owned(),
            jar: BTreeMap::new(),
            headers: BTreeMap::new(),
            token: String::new(),
        }
    }

    /// The same reader at another node.
    pub fn at(&self, base: &str) -> Client {
        Client { base: base.to_owned(), ..self.clone() }
    }

    /// The same reader with one more header.
    pub fn with(&self, name: &'static str, value: &str) -> Client {
        let mut other = self.clone();
        other.headers.insert(name, value.to_owned());
        other
    }

    /// Asks for a page.
    pub async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, None).await
    }

    /// Sends a form; the last page's token goes along unless `fields` bring one.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut all = fields.to_vec();
        let token = self.token.clone();
        if !fields.iter().any(|(name, _)| *name == "csrf_token") {
            all.push(("csrf_token", &token));
        }
        self.send(Method::POST, path, Some(encoded(&all))).await
    }

    /// Sends whatever bytes; with a body it says that they are a form.
    pub async fn send(&mut self, method: Method, path: &str, body: Option<Vec<u8>>) -> Page {
        let asked = format!("{method} {path}");
        let response = self.request(method, path, body).await;
        let (parts, body) = response.into_parts();
        let bytes = tokio::time::timeout(PATIENCE, body.collect()).await;
        let bytes = bytes.unwrap_or_else(|_| panic!("{asked}: the answer does not end"));
        // A connection that is cut in the middle leaves what had come.
        let bytes = bytes.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let page = Page {
            asked,
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        };
        if let Some(token) = page.value("csrf_token") {
            self.token = token;
        }
        page
    }

    async fn request(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> hyper::Response<Incoming> {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let mut request = Request::builder().method(method).uri(&url);
        if !self.jar.is_empty() {
            let pairs: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if body.is_some() && !self.headers.contains_key("content-type") {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let request = request.body(Full::new(Bytes::from(body.unwrap_or_default()))).expect("a request");
        let answer = tokio::time::timeout(PATIENCE, self.http.request(request)).await;
        let answer = answer.unwrap_or_else(|_| panic!("{url}: no answer"));
        let response = answer.unwrap_or_else(|error| panic!("{url}: {error:?}"));
        self.keep_cookies(response.headers());
        response
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for line in headers.get_all("set-cookie") {
            let line = line.to_str().expect("a readable cookie");
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            if value.is_empty() || attributes.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Opens a stream of server-sent events.
    pub async fn stream(&mut self, path: &str) -> Stream {
        let response = self.request(Method::GET, path, None).await;
        let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        Stream { status: response.status().as_u16(), kind, body: response.into_body(), rest: String::new() }
    }
}

impl Page {
    /// The text of a header; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// Checks the status and gives the page on.
    #[track_caller]
    pub fn expect(self, status: u16) -> Page {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.body);
        self
    }

    /// Checks that the page is a redirect to `path` and gives it on.
    #[track_caller]
    pub fn leads_to(self, path: &str) -> Page {
        assert_eq!((self.status, self.location()), (303, path), "{}", self.asked);
        self
    }

    /// Checks that the page shows a text.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        assert!(self.body.contains(text), "{}: `{text}` is not on the page:\n{}", self.asked, self.body);
    }

    /// Checks that the page does not show a text.
    #[track_caller]
    pub fn hides(&self, text: &str) {
        assert!(!self.body.contains(text), "{}: `{text}` is on the page", self.asked);
    }

    /// The attributes of every tag of a kind, in their order.
    pub fn tags(&self, kind: &str) -> Vec<BTreeMap<String, String>> {
        let open = format!("<{kind} ");
        let bodies = self.body.match_indices(&open).map(|(at, _)| &self.body[at + open.len()..]);
        bodies.map(|rest| attributes(&rest[..rest.find('>').unwrap_or(rest.len())])).collect()
    }

    /// What stands in a field: its value, for radio buttons the checked one's.
    pub fn value(&self, name: &str) -> Option<String> {
        let mut inputs = self.tags("input").into_iter().filter(|input| {
            input.get("name").is_some_and(|of| of == name)
                && (input.get("type").is_none_or(|kind| kind != "radio") || input.contains_key("checked"))
        });
        inputs.next().map(|input| input.get("value").cloned().unwrap_or_default())
    }

    /// The balance that the page shows: the machine value of the first amount of money.
    pub fn money(&self) -> String {
        let amount = self.tags("data").into_iter().next().expect("an amount on the page");
        amount["value"].clone()
    }
}

/// A form as browsers send it.
pub fn encoded(fields: &[(&str, &str)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
}

/// Sends raw bytes to the site at `base` and gives back what comes until it hangs up.
pub async fn exchange(base: &str, request: &[u8]) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = base.trim_start_matches("http://");
    let mut connection = tokio::net::TcpStream::connect(address).await.expect("a connection");
    // The server may answer and hang up before everything was sent.
    let _ = connection.write_all(request).await;
    let mut answer = vec![];
    let reading = tokio::time::timeout(PATIENCE, connection.read_to_end(&mut answer)).await;
    let _ = reading.expect("the server hangs up in time");
    String::from_utf8_lossy(&answer).into_owned()
}

/// `name="value"` pairs and bare names; quotes are always double in our templates.
fn attributes(tag: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = tag.trim();
    while !rest.is_empty() {
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => ("", after),
        };
        found.insert(name.to_owned(), unescaped(value));
        rest = after.trim_start();
    }
    found
}

fn unescaped(text: &str) -> String {
    // The numbers that askama writes; the ampersand last, or it would make new ones.
    let pairs = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    pairs.into_iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

/// An open stream of server-sent events.
#[derive(Debug)]
pub struct Stream {
    /// Status of its answer.
    pub status: u16,
    /// Its content type.
    pub kind: String,
    body: Incoming,
    rest: String,
}

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// Its data, lines joined.
    pub data: String,
}

impl Stream {
    /// The next event with data; comments are skipped. `None` when the server ended the stream.
    ///
    /// Panics when neither comes in time.
    pub async fn next(&mut self) -> Option<Event> {
        let next = tokio::time::timeout(PATIENCE, self.read()).await;
        next.expect("the stream says something in time")
    }

    /// Whatever comes within `time`, comments too; `None` when nothing does.
    pub async fn within(&mut self, time: Duration) -> Option<Event> {
        tokio::time::timeout(time, self.read()).await.ok().flatten()
    }

    async fn read(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.rest.split_once("\n\n") {
                let event = parse(block);
                self.rest = rest.to_owned();
                if !event.data.is_empty() {
                    return Some(event);
                }
                continue;
            }
            let frame = self.body.frame().await?.ok()?;
            if let Ok(bytes) = frame.into_data() {
                self.rest.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
    }
}

fn parse(block: &str) -> Event {
    let mut event = Event::default();
    for line in block.lines() {
        match line.split_once(':') {
            Some(("id", id)) => event.id = id.trim().to_owned(),
            Some(("data", data)) => {
                event.data.push_str(data.strip_prefix(' ').unwrap_or(data));
                event.data.push('\n');
            }
            _ => {}
        }
    }
    event
}
