//! More of what a person does: several windows side by side, the keyboard, an impatient mouse.

use super::browser::{Browser, DESKTOP};
use serde_json::{Value, json};

/// WebDriver's codes of keys without a character.
pub mod key {
    /// Forward to the next field.
    pub const TAB: &str = "\u{e004}";
    /// Follows a link, sends a form.
    pub const ENTER: &str = "\u{e007}";
    /// Presses a button, chooses a radio button.
    pub const SPACE: &str = " ";
    /// Closes what is open.
    pub const ESCAPE: &str = "\u{e00c}";
    /// The next radio button of a group.
    pub const RIGHT: &str = "\u{e014}";
}

/// The most steps of the tabulator that any page may need.
const STEPS: usize = 80;

/// A window, to come back to.
#[derive(Clone, Debug)]
pub struct Window(String);

impl Browser {
    /// The window that is looked at.
    pub fn window(&self) -> Window {
        let handle = self.driver.get("window").expect("a window");
        Window(handle.as_str().expect("a handle").to_owned())
    }

    /// Opens another window beside this one and looks at it. Both stay visible, so that both stay live.
    pub fn new_window(&self) -> Window {
        self.another("window")
    }

    /// Opens a tab in front of this one and looks at it; the one behind is hidden.
    pub fn new_tab(&self) -> Window {
        self.another("tab")
    }

    fn another(&self, kind: &str) -> Window {
        let opened = self.driver.post("window/new", &json!({ "type": kind })).expect("a new window");
        let window = Window(opened["handle"].as_str().expect("a handle").to_owned());
        self.look_at(&window);
        self.viewport(DESKTOP);
        self.dark(false);
        self.focus();
        window
    }

    /// Turns to another window.
    pub fn look_at(&self, window: &Window) {
        self.driver.post("window", &json!({ "handle": window.0 })).expect("an open window");
    }

    /// Gives the page the focus, which no window manager does here: without it keys reach nothing until something was clicked.
    pub fn focus(&self) {
        self.driver.devtools("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }));
    }

    /// Presses a key, or several one after the other.
    pub fn press(&self, keys: &str) {
        let strokes: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }))
            })
            .collect();
        self.act(json!([{ "type": "key", "id": "keyboard", "actions": strokes }]));
    }

    /// Goes forward with the tabulator until what a selector names has the focus.
    pub fn tab_to(&self, css: &str) {
        for _ in 0..STEPS {
            if self.has_focus(css) {
                return;
            }
            self.press(key::TAB);
        }
        panic!("the tabulator never came to `{css}` on {}", self.path());
    }

    /// Waits until what a selector names has the focus.
    pub fn await_focus(&self, css: &str) {
        let so = self.wait(|| Ok(self.has_focus(css)));
        let focus = "return document.activeElement?.outerHTML.slice(0, 120) ?? ''";
        assert!(so, "`{css}` never had the focus on {}, but {}", self.path(), self.script(focus, json!([])));
    }

    /// Whether what a selector names has the focus.
    pub fn has_focus(&self, css: &str) -> bool {
        let focus = "return document.activeElement !== null && document.activeElement.matches(arguments[0])";
        self.script(focus, json!([css])) == json!(true)
    }

    /// Presses the mouse on something that WebDriver takes for hidden although it is seen, because it stands in a closed `details`.
    pub fn tap(&self, css: &str) {
        self.mouse(css, 1);
    }

    /// Presses the mouse twice, as fast as it goes.
    pub fn double_click(&self, css: &str) {
        self.mouse(css, 2);
    }

    /// Presses the mouse and keeps it down, as a slow hand does, until [`Browser::let_go`].
    pub fn hold(&self, css: &str) {
        let to = self.middle(css);
        self.point(json!([to, { "type": "pointerDown", "button": 0 }]));
    }

    /// Lets the mouse go where it is.
    pub fn let_go(&self) {
        self.point(json!([{ "type": "pointerUp", "button": 0 }]));
    }

    fn mouse(&self, css: &str, times: usize) {
        let mut steps = vec![self.middle(css)];
        for _ in 0..times {
            steps.push(json!({ "type": "pointerDown", "button": 0 }));
            steps.push(json!({ "type": "pointerUp", "button": 0 }));
        }
        self.point(json!(steps));
    }

    /// Waits until something can be hit in its middle: the step that moves the mouse there.
    fn middle(&self, css: &str) -> Value {
        const MIDDLE: &str = "const element = document.querySelector(arguments[0]); if (!element) return null; \
            element.scrollIntoView({ block: 'center', behavior: 'instant' }); const box = element.getBoundingClientRect(); \
            const [x, y] = [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)]; \
            return element.contains(document.elementFromPoint(x, y)) ? [x, y] : null";
        let mut middle = Value::Null;
        let hit = self.wait(|| {
            middle = self.script(MIDDLE, json!([css]));
            Ok(!middle.is_null())
        });
        assert!(hit, "the mouse never came to `{css}` on {}", self.path());
        json!({ "type": "pointerMove", "duration": 0, "x": middle[0], "y": middle[1], "origin": "viewport" })
    }

    fn point(&self, steps: Value) {
        let mouse = json!({ "pointerType": "mouse" });
        self.act(json!([{ "type": "pointer", "id": "mouse", "parameters": mouse, "actions": steps }]));
    }

    /// Shows the page as it would be printed, or as before.
    pub fn print_media(&self, paper: bool) {
        let media = if paper { "print" } else { "" };
        self.driver.devtools("Emulation.setEmulatedMedia", json!({ "media": media }));
    }

    /// What a link leads to, fetched by the page itself: `status`, `type`, `disposition` and `text`.
    pub fn fetch(&self, path: &str) -> Value {
        let script = "const done = arguments[1]; fetch(arguments[0]).then(async answer => done({ status: answer.status, \
                      type: answer.headers.get('content-type'), disposition: answer.headers.get('content-disposition'), \
                      text: await answer.text() }), error => done({ failed: String(error) }))";
        self.driver.post("execute/async", &json!({ "script": script, "args": [path] })).expect("an answer")
    }

    /// Chromium drops what is pressed before a page has been painted for the first time; a person could not have seen it either.
    fn act(&self, actions: Value) {
        self.until(
            "the page is painted",
            "return performance.getEntriesByType('paint').length > 0",
            &json!([]),
        );
        self.driver.post("actions", &json!({ "actions": actions })).expect("actions");
    }

    /// Waits until a script's `return` is true.
    pub fn until(&self, what: &str, script: &str, arguments: &Value) {
        let so = self.wait(|| Ok(self.script(script, arguments.clone()) == json!(true)));
        assert!(so, "{what}: never so on {}; the page says: {}", self.path(), self.text("body"));
    }

    /// Waits until an attribute has a value; says what it has when it never does.
    pub fn await_attribute(&self, css: &str, name: &str, value: &str) {
        let so = self.wait(|| Ok(self.attribute(css, name).as_deref() == Some(value)));
        assert!(
            so,
            "`{css}` never had {name}={value} on {}, but {:?}",
            self.path(),
            self.attribute(css, name)
        );
    }

    /// Waits until a text stands in an element, whether WebDriver takes it for visible or not.
    pub fn says(&self, css: &str, text: &str) {
        let script = "return [...document.querySelectorAll(arguments[0])].some(found => found.textContent.includes(arguments[1]))";
        self.until(&format!("`{css}` says `{text}`"), script, &json!([css, text]));
    }

    /// From the next page on, timers that a page sets while it loads run a second late, as on a machine that is busy elsewhere.
    pub fn late_timers(&self) {
        const LATE: &str = "const soon = window.setTimeout; window.setTimeout = (action, after = 0, ...rest) => \
            soon(action, document.readyState === 'complete' ? after : after + 1000, ...rest)";
        self.driver.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": LATE }));
    }

    /// Leaves a mark on the page that a reload would take away.
    pub fn mark(&self) {
        self.script("window.marked = true", json!([]));
    }

    /// Fails when the page was loaded again since it was marked.
    pub fn expect_not_reloaded(&self) {
        let marked = self.script("return window.marked === true", json!([]));
        assert_eq!(marked, json!(true), "{} was loaded again", self.path());
    }

    /// Waits until the page's stream has delivered the state of the account.
    pub fn await_live(&self) {
        self.until(
            "the stream is connected",
            "return !!document.querySelector('[hx-sse\\\\:connect]')?._htmx?.sse?.lastEventId",
            &json!([]),
        );
    }
}
