// What HTML and htmx cannot do alone. Every page works without this file; it only makes it quicker and kinder.
(() => {
  const html = document.documentElement;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // A refused form: its summary has `autofocus`. Browsers that honour that only on fields get it from here.
  window.addEventListener("load", () => {
    const summary = document.querySelector("#error-summary[autofocus]");
    if (summary && document.activeElement === document.body) summary.focus();
  });

  // The cents of the large balance are lighter. A highlight range does that without markup inside <data>.
  const shadeCents = () => {
    if (!window.Highlight || !CSS.highlights) return;
    const ranges = all("#balance .money").flatMap((money) => {
      const text = money.firstChild;
      const at = text ? Math.max(text.data.lastIndexOf(","), text.data.lastIndexOf(".")) : -1;
      if (at < 0) return [];
      const range = new Range();
      range.setStart(text, at);
      range.setEnd(text, text.data.length);
      return [range];
    });
    CSS.highlights.set("cents", new Highlight(...ranges));
  };

  // A second click on a form that is already on its way must not send it twice. The server refuses doubles as well.
  const release = (form) => {
    delete form.dataset.busy;
    for (const button of all("[aria-busy=true]", form)) {
      button.removeAttribute("aria-busy");
      button.disabled = false;
    }
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // The attribute, because a field named "method" hides the property.
    if (form.getAttribute("method") !== "post") return;
    if (form.dataset.busy) return event.preventDefault();
    form.dataset.busy = "1";
    const button = event.submitter;
    if (!button) return;
    button.setAttribute("aria-busy", "true");
    // Only after the form data is collected: a disabled button would not send its value.
    setTimeout(() => { button.disabled = true; });
  });
  // A page that comes back from the back-forward cache is not busy any more.
  window.addEventListener("pageshow", (event) => { if (event.persisted) all("form[data-busy]").forEach(release); });
  document.addEventListener("htmx:finally:request", (event) => {
    const form = event.target.closest?.("form[data-busy]");
    if (form) release(form);
  });

  // Top-up: a preset empties the free amount, typing a free amount chooses "other", so the two never disagree.
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.form) return;
    if (field.name === "amount") {
      const other = field.form.querySelector("[name=amount_choice][value=other]");
      if (other && field.value) other.checked = true;
    }
    if (field.name === "amount_choice") {
      const amount = field.form.elements.amount;
      if (field.value === "other") amount.focus();
      else amount.value = "";
    }
  });

  // A form that the browser brought back keeps what was chosen, but its summary was rendered for the preset: it asks again. So does a page
  // from the back-forward cache, which may have been left while it asked. Browsers bring fields back before `pageshow`.
  const isChanged = (field) => field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
  window.addEventListener("pageshow", (event) => {
    const fields = all("form.pay [hx-get] input");
    const field = event.persisted ? fields[0] : fields.find(isChanged);
    field?.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // Empty filters stay out of the address, so that a filtered view is a short link.
  document.addEventListener("htmx:config:request", (event) => {
    const { request } = event.detail.ctx;
    if (request.method !== "GET" || !request.body) return;
    for (const [key, value] of [...request.body]) if (value === "") request.body.delete(key);
  });

  // "/" goes to the search field of the page, unless someone is typing.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    const search = document.querySelector("main input[type=search]");
    if (!search) return;
    event.preventDefault();
    search.closest("details")?.setAttribute("open", "");
    search.focus();
  });

  // Invoker commands for browsers that do not know them yet.
  if (!("command" in HTMLButtonElement.prototype)) {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[commandfor]");
      const dialog = button && document.getElementById(button.getAttribute("commandfor"));
      if (!dialog) return;
      if (button.getAttribute("command") === "show-modal") dialog.showModal();
      if (button.getAttribute("command") === "close") dialog.close();
    });
  }

  // The live balance: says whether the stream is alive, and asks every 15 s while it is not.
  const live = { source: null, since: new Date(), grace: 0, poll: 0 };
  const clock = (at) => at.toLocaleTimeString(html.lang, { hour: "2-digit", minute: "2-digit" });
  const showLive = (on) => {
    for (const label of all(".live[data-off]")) {
      label.dataset.on ??= label.textContent;
      label.classList.toggle("live--off", !on);
      label.textContent = on ? label.dataset.on : label.dataset.off.replace("{time}", clock(live.since));
    }
  };
  const alive = () => {
    clearTimeout(live.grace);
    clearInterval(live.poll);
    live.grace = live.poll = 0;
    live.since = new Date();
    showLive(true);
  };
  const dead = () => {
    if (live.grace || live.poll) return;
    // A short gap, a deployment or a tab that wakes up, is not worth a word.
    live.grace = setTimeout(() => {
      live.grace = 0;
      showLive(false);
      const ask = () => document.hidden || htmx.trigger(live.source, "balance:poll", {}, false);
      live.poll = setInterval(ask, 15000);
      ask();
    }, 3000);
  };
  const isStream = (event) => event.target.matches?.("[hx-sse\\:connect]");
  const onStream = (name, action) => document.addEventListener(name, (event) => {
    if (!isStream(event)) return;
    live.source = document.querySelector("[data-balance-poll]") || event.target;
    action(event);
  });
  onStream("htmx:sse:after:connection", alive);
  onStream("htmx:sse:after:message", () => { live.since = new Date(); });
  onStream("htmx:sse:before:connection", (event) => { if (event.detail.connection.attempt > 0) dead(); });
  onStream("htmx:sse:error", (event) => {
    // Nobody is signed in any more: the page that stayed open shows nothing, and asks nothing, of a stranger.
    if (event.detail.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
    else dead();
  });
  onStream("htmx:sse:close", dead);
  onStream("htmx:response:error", dead);
  onStream("htmx:error", dead);
  document.addEventListener("htmx:after:swap", (event) => {
    if (!event.target.matches?.("[data-balance-poll]") || !live.poll) return;
    live.since = new Date();
    showLive(false);
  });
  window.addEventListener("pagehide", () => clearTimeout(live.grace));

  document.addEventListener("htmx:after:swap", shadeCents);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", shadeCents);
  else shadeCents();

  // htmx begins by a timer, on a busy machine later than `pageshow` and than the first click, and hears of neither. The page is parsed and
  // everything above listens: it begins now, and when the timer runs nothing is left to do, or streams would be opened twice.
  htmx.initialize();
  htmx.initialize = () => {};
})();
