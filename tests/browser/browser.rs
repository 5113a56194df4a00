//! What a person does in the browser, and what the tests look for on every page.

use super::driver::{Driver, PATIENCE, PAUSE, WireError};
use base64::Engine;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

/// axe-core, which finds what keeps people with disabilities out.
const AXE: &str = include_str!("axe.min.js");
/// WebDriver's name for the field that holds an element's id.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A desktop's window.
pub const DESKTOP: (u32, u32) = (1440, 900);
/// A phone's window.
pub const PHONE: (u32, u32) = (390, 844);

/// A browser at one product's address.
#[derive(Debug)]
pub struct Browser {
    pub(super) driver: Driver,
    base_url: String,
}

impl Browser {
    /// A fresh browser without cookies, on a desktop; paths are taken from `base_url` (no slash at its end).
    pub fn open(base_url: &str) -> Browser {
        let browser =
            Browser { driver: Driver::start(), base_url: base_url.trim_end_matches('/').to_owned() };
        browser.viewport(DESKTOP);
        browser.dark(false);
        browser.focus();
        browser
    }

    /// Opens a path of the product, or a whole address.
    pub fn goto(&self, path: &str) {
        let url = if path.starts_with('/') { format!("{}{path}", self.base_url) } else { path.to_owned() };
        self.driver
            .post_to_page("url", &json!({ "url": url }))
            .unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// The address shown, without the product's own beginning.
    pub fn path(&self) -> String {
        let url = self.driver.get("url").expect("an address");
        let url = url.as_str().expect("a text");
        url.strip_prefix(&self.base_url).unwrap_or(url).to_owned()
    }

    /// Loads the page again.
    pub fn reload(&self) {
        self.driver.post_to_page("refresh", &json!({})).expect("reload");
    }

    /// Goes back as the browser's button does.
    pub fn back(&self) {
        self.driver.post_to_page("back", &json!({})).expect("go back");
    }

    /// Fills in the sign-in form and sends it.
    pub fn sign_in(&self, email: &str, password: &str) {
        self.goto("/login");
        self.fill("input[name=email]", email);
        self.fill("input[name=password]", password);
        self.click("form:has(input[name=password]) button[type=submit]");
    }

    /// Clicks what a CSS selector names, once it is there.
    pub fn click(&self, css: &str) {
        self.on(css, "click", &json!({}));
    }

    /// Types over what a field holds.
    pub fn fill(&self, css: &str, text: &str) {
        self.on(css, "clear", &json!({}));
        self.on(css, "value", &json!({ "text": text }));
    }

    /// The text a reader sees there.
    pub fn text(&self, css: &str) -> String {
        self.ask(css, "text").as_str().unwrap_or_default().to_owned()
    }

    /// An attribute's value, if it has one.
    pub fn attribute(&self, css: &str, name: &str) -> Option<String> {
        self.ask(css, &format!("attribute/{name}")).as_str().map(str::to_owned)
    }

    /// How many elements a selector names now.
    pub fn count(&self, css: &str) -> usize {
        let found = self.driver.post("elements", &json!({ "using": "css selector", "value": css }));
        found.expect("a selector").as_array().map_or(0, Vec::len)
    }

    /// Waits until the selector's text contains `text`; says what stands there when it never does.
    pub fn see(&self, css: &str, text: &str) {
        let seen = self.wait(|| self.shows(css, text));
        self.expect_seen(seen, css, text);
    }

    /// The same where no script brings the news: the page is loaded again until it shows them, as a person does it.
    pub fn see_by_reloading(&self, css: &str, text: &str) {
        let seen = self.wait(|| {
            let seen = self.shows(css, text)?;
            if !seen {
                self.reload();
            }
            Ok(seen)
        });
        self.expect_seen(seen, css, text);
    }

    fn shows(&self, css: &str, text: &str) -> Result<bool, WireError> {
        let found = self.driver.post("element", &json!({ "using": "css selector", "value": css }))?;
        let shown = self.driver.get(&format!("element/{}/text", id(&found)))?;
        Ok(shown.as_str().is_some_and(|shown| flat(shown).contains(&flat(text))))
    }

    fn expect_seen(&self, seen: bool, css: &str, text: &str) {
        assert!(seen, "`{css}` never said `{text}` on {}; the page says: {}", self.path(), self.text("body"));
    }

    /// Waits until the address begins with `path`.
    pub fn arrive(&self, path: &str) {
        let arrived = self.wait(|| Ok(self.path().starts_with(path)));
        assert!(
            arrived,
            "never arrived at {path}, but at {}; the page says: {}",
            self.path(),
            self.text("body")
        );
    }

    /// The value of a script's `return`; `arguments` holds its arguments.
    pub fn script(&self, script: &str, arguments: Value) -> Value {
        let answer = self.driver.post("execute/sync", &json!({ "script": script, "args": arguments }));
        answer.unwrap_or_else(|error| panic!("{script:.80}: {error}"))
    }

    /// Sets the window's size; below 600 pixels it is a phone with touch.
    pub fn viewport(&self, (width, height): (u32, u32)) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.driver.devtools("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Asks for dark or light pages, as the system's setting would; nothing moves, so that pictures are steady.
    pub fn dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.driver.devtools("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Switches the pages' scripts off or on, from the next page on.
    pub fn javascript(&self, on: bool) {
        self.driver.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !on }));
    }

    /// Errors and violations of the content security policy since the last call, as the console shows them. What the browser's own
    /// pages complain about, such as the one a fresh window begins with, is not ours.
    pub fn console(&self) -> Vec<String> {
        let entries = self.driver.post("se/log", &json!({ "type": "browser" })).expect("the console");
        let entries = entries.as_array().cloned().unwrap_or_default();
        let text = |entry: &Value, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        entries
            .iter()
            .filter(|entry| {
                entry["level"] == "SEVERE" || entry["source"] == "security" || entry["source"] == "violation"
            })
            .filter(|entry| !text(entry, "message").starts_with("chrome://"))
            .map(|entry| {
                format!("{} {}: {}", text(entry, "level"), text(entry, "source"), text(entry, "message"))
            })
            .collect()
    }

    /// Fails when the console has shown anything that contains none of `expected` (such as "422" for a refused form).
    pub fn expect_quiet(&self, expected: &[&str]) {
        let mut loud = self.console();
        loud.retain(|entry| !expected.iter().any(|part| entry.contains(part)));
        assert!(loud.is_empty(), "the console on {}:\n{}", self.path(), loud.join("\n"));
    }

    /// Accessibility findings (WCAG 2.2 A and AA, and good practice) of the page as it stands.
    pub fn findings(&self) -> Vec<String> {
        self.script(AXE, json!([]));
        let run = "const done = arguments[0]; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', \
                   'best-practice'], resultTypes: ['violations'] }).then(done, error => done({ failed: String(error) }))";
        let result =
            self.driver.post("execute/async", &json!({ "script": run, "args": [] })).expect("axe runs");
        assert!(result["failed"].is_null(), "axe: {}", result["failed"]);
        let passed = result["passes"].as_array().map_or(0, Vec::len);
        assert!(passed > 0, "axe looked at nothing");
        let violations = result["violations"].as_array().cloned().unwrap_or_default();
        let nodes = violations.iter().flat_map(|violation| {
            let nodes = violation["nodes"].as_array().cloned().unwrap_or_default();
            nodes.into_iter().map(|node| {
                format!(
                    "{}: {} at {} {}",
                    violation["id"], violation["help"], node["target"], node["failureSummary"]
                )
            })
        });
        nodes.collect()
    }

    /// Fails when axe finds anything.
    pub fn expect_accessible(&self) {
        let findings = self.findings();
        assert!(findings.is_empty(), "accessibility of {}:\n{}", self.path(), findings.join("\n"));
    }

    /// How much wider the page is than its window, if it is, and what reaches beyond it.
    pub fn sideways(&self) -> Option<String> {
        const BEYOND: &str = "const page = document.documentElement; if (page.scrollWidth <= page.clientWidth) return null; \
            const beyond = [...document.querySelectorAll('body *')].filter(part => part.getBoundingClientRect().right > page.clientWidth + .5); \
            return `${page.scrollWidth} > ${page.clientWidth}: ` + beyond.slice(-3).map(part => part.outerHTML.slice(0, 120)).join(' | ')";
        let beyond = self.script(BEYOND, json!([]));
        beyond.as_str().map(|beyond| format!("{} is wider than its window: {beyond}", self.path()))
    }

    /// Fails when the page is wider than its window.
    pub fn expect_no_sideways_scroll(&self) {
        assert_eq!(self.sideways(), None);
    }

    /// Writes a picture of the whole page to `target/screenshots/{name}.png`.
    pub fn screenshot(&self, name: &str) {
        let picture = self
            .driver
            .devtools("Page.captureScreenshot", json!({ "format": "png", "captureBeyondViewport": true }));
        let data = picture["data"].as_str().expect("a picture");
        let bytes = base64::engine::general_purpose::STANDARD.decode(data).expect("base64");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        std::fs::write(folder.join(format!("{name}.png")), bytes).expect("write a picture");
    }

    /// Asks an element something, once it is there; again while the page is still moving it about.
    fn ask(&self, css: &str, question: &str) -> Value {
        let mut answer = None;
        self.wait(|| {
            let found = self.driver.post("element", &json!({ "using": "css selector", "value": css }))?;
            answer = Some(self.driver.get(&format!("element/{}/{question}", id(&found)))?);
            Ok(true)
        });
        answer.unwrap_or_else(|| panic!("there is no `{css}` on {}", self.path()))
    }

    /// Does something to an element; tries again while the page is still moving it about.
    fn on(&self, css: &str, command: &str, body: &Value) {
        let mut last = None;
        let done = self.wait(|| {
            let found = self.driver.post("element", &json!({ "using": "css selector", "value": css }))?;
            match self.driver.post(&format!("element/{}/{command}", id(&found)), body) {
                Ok(_) => Ok(true),
                Err(error) => {
                    last = Some(format!("{error}"));
                    Err(error)
                }
            }
        });
        assert!(
            done,
            "could not {command} `{css}` on {}: {}",
            self.path(),
            last.unwrap_or_else(|| "there is none".into())
        );
    }

    /// Asks again until it is so, or patience ends.
    pub(super) fn wait(&self, mut so: impl FnMut() -> Result<bool, WireError>) -> bool {
        let begun = Instant::now();
        loop {
            match so() {
                Ok(true) => return true,
                Ok(false) => {}
                Err(error) if is_passing(&error.error) => {}
                Err(error) => panic!("{error}"),
            }
            if begun.elapsed() > PATIENCE {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Errors that end by themselves when the page has settled.
fn is_passing(error: &str) -> bool {
    ["no such element", "stale element reference", "element click intercepted", "element not interactable"]
        .contains(&error)
}

fn id(element: &Value) -> String {
    element[ELEMENT].as_str().expect("an element").to_owned()
}

/// Text with every kind of space as one plain space, as a reader takes it.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
