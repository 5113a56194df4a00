//! A ChromeDriver of one test's own, and the few words of WebDriver (W3C) that the tests speak with it over loopback HTTP.
//!
//! Blocking on purpose: a test reads like what a person does, while the server under test runs on its own threads.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

const MISSING: &str =
    "Chromium and ChromeDriver are needed: install them (Debian: `apt-get install chromium chromium-driver`)";

/// Starts the driver and outlives it: when the test's end of the pipe closes, however the test ended, everything in the
/// group is ended and the browser's folder `$1` removed, which needs patience while the browser still writes to it.
const KEEPER: &str = r#"
chromedriver --port=0 --log-level=SEVERE &
cat >/dev/null
trap '' TERM
kill -TERM 0
wait
for attempt in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf "$1" 2>/dev/null
    [ -e "$1" ] || break
    sleep 0.2
done
kill -KILL 0
"#;

/// The longest that anything awaited may take, on a machine that has other work as well; reached only by what never comes.
pub const PATIENCE: Duration = Duration::from_secs(40);
/// Between two questions: the browser and the server need the processor more than the next question does.
pub const PAUSE: Duration = Duration::from_millis(10);
/// The longest that a page may load or a script may run.
const LOADING: Duration = Duration::from_secs(90);
/// The longest that the driver may take for an answer: longer than anything that it waits for itself.
const ANSWERING: Duration = Duration::from_secs(180);

/// A running driver with one browser session.
#[derive(Debug)]
pub struct Driver {
    port: u16,
    session: String,
    keeper: Child,
    /// Closing it ends the keeper.
    lifeline: Option<ChildStdin>,
}

/// What the driver answers instead of a value.
#[derive(Debug)]
pub struct WireError {
    /// `no such element` and so on.
    pub error: String,
    /// The driver's words.
    pub message: String,
}

impl std::fmt::Display for WireError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.error, self.message)
    }
}

impl Driver {
    /// Starts ChromeDriver on a free port, and Chromium with a profile of its own.
    pub fn start() -> Driver {
        let profile = tempfile::Builder::new()
            .prefix("guthaben-chromium-")
            .tempdir()
            .expect("a temporary folder")
            .keep();
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "guthaben-browser-keeper"]).arg(&profile);
        keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut keeper = keeper.spawn().expect("start a shell");
        let lifeline = keeper.stdin.take();
        let port = announced_port(BufReader::new(keeper.stdout.take().expect("its output")));
        let mut driver = Driver { port, session: String::new(), keeper, lifeline };
        let created = driver.send("POST", "/session", Some(&capabilities(&profile.to_string_lossy())));
        let created = created.unwrap_or_else(|error| panic!("{MISSING}: {error}"));
        created["sessionId"].as_str().expect("a session").clone_into(&mut driver.session);
        let loading = LOADING.as_millis();
        let timeouts = json!({ "implicit": 0, "pageLoad": loading, "script": loading });
        driver.post("timeouts", &timeouts).expect("set timeouts");
        driver
    }

    /// A command of the session.
    pub fn post(&self, command: &str, body: &Value) -> Result<Value, WireError> {
        self.send("POST", &format!("/session/{}/{command}", self.session), Some(body))
    }

    /// A command to the page as a whole. Chromium refuses those, without having begun, while one document takes the place of
    /// another: then it is given again.
    pub fn post_to_page(&self, command: &str, body: &Value) -> Result<Value, WireError> {
        const BETWEEN: &str = "Not attached to an active page";
        let begun = Instant::now();
        loop {
            match self.post(command, body) {
                Err(error) if error.message.contains(BETWEEN) && begun.elapsed() < PATIENCE => {
                    std::thread::sleep(PAUSE);
                }
                answer => return answer,
            }
        }
    }

    /// A question to the session.
    pub fn get(&self, command: &str) -> Result<Value, WireError> {
        self.send("GET", &format!("/session/{}/{command}", self.session), None)
    }

    /// A command of the browser's own protocol (Chrome DevTools).
    pub fn devtools(&self, command: &str, parameters: Value) -> Value {
        let answer = self.post_to_page("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }));
        answer.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, WireError> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let (head, answer) =
            self.exchange(method, path, &body).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let mut answer: Value =
            serde_json::from_slice(&answer).unwrap_or_else(|error| panic!("{path}: {head} {error}"));
        let value = answer["value"].take();
        match value["error"].as_str() {
            Some(error) if !head.contains(" 200 ") => {
                let message = value["message"].as_str().unwrap_or_default().to_owned();
                Err(WireError { error: error.to_owned(), message })
            }
            _ => Ok(value),
        }
    }

    /// One request on a connection of its own: status line and body.
    fn exchange(&self, method: &str, path: &str, body: &str) -> std::io::Result<(String, Vec<u8>)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(ANSWERING))?;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json; charset=utf-8\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}",
            self.port
        )?;
        let mut reader = BufReader::new(stream);
        let (mut status, mut expected) = (String::new(), None);
        reader.read_line(&mut status)?;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) =
                line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            {
                expected = value.trim().parse::<u64>().ok().filter(|_| !name.is_empty());
            }
        }
        let mut answer = vec![];
        reader.take(expected.unwrap_or(u64::MAX)).read_to_end(&mut answer)?;
        Ok((status, answer))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The keeper kills what is left, so a driver that no longer answers is no failure of the test.
        if !self.session.is_empty() {
            let _ = self.exchange("DELETE", &format!("/session/{}", self.session), "");
        }
        drop(self.lifeline.take());
        let _ = self.keeper.wait();
    }
}

/// Reads the driver's greeting, which names its port.
fn announced_port(output: impl BufRead) -> u16 {
    let mut said = String::new();
    for line in output.lines().map_while(Result::ok) {
        let port =
            line.split_once("started successfully on port ").map(|(_, port)| port.trim_end_matches('.'));
        if let Some(port) = port.and_then(|port| port.parse().ok()) {
            return port;
        }
        said.push_str(&line);
    }
    panic!("{MISSING}. ChromeDriver said: {said}");
}

fn capabilities(profile: &str) -> Value {
    let profile = format!("--user-data-dir={profile}");
    let flags = [
        "--headless=new",
        // As root, which a container usually is, Chromium refuses to start with its sandbox. It only sees our own pages.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-extensions",
        "--disable-quic",
        "--disable-sync",
        "--no-first-run",
        "--no-default-browser-check",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        "--lang=de-DE",
        "--window-size=1440,900",
        &profile,
    ];
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "goog:chromeOptions": { "args": flags, "prefs": { "intl.accept_languages": "de-DE,de" } },
        "goog:loggingPrefs": { "browser": "ALL" },
        "unhandledPromptBehavior": "ignore",
    } } })
}
