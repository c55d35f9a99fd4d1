// What visitors add to events, in the place where it stands. Without this file all of it works by pages of its own.
"use strict";

// Whether somebody is signed in here; who it is only the server knows.
function signedIn() {
  return /(?:^|;\s*)signed_in=1/.test(document.cookie);
}

// Going and interested: what was answered comes for all events of the page at once, and is changed in place.
function attend() {
  const form = () => document.getElementById("rsvp");
  const buttons = (id = "") => document.querySelectorAll(`button[form=rsvp]${id && `[value="${id}"]`}`);
  const json = { Accept: "application/json" };
  const busy = new Set();
  const asked = new WeakSet(); // buttons; a list that changed has new ones

  function show({ events, signed_in: known }) {
    for (const [id, event] of Object.entries(events)) {
      for (const button of buttons(id)) {
        if (button.name === "none") continue;
        if (known) button.setAttribute("aria-pressed", event.answer === button.name);
        const number = button.querySelector("b") ?? document.createElement("b");
        number.textContent = event[button.name] || "";
        if (number.textContent && !number.parentNode) button.append(" ", number);
      }
    }
  }

  async function ask({ again = false } = {}) {
    if (!form() || !signedIn()) return;
    const wanted = [...buttons()].filter((button) => again || !asked.has(button));
    if (!wanted.length) return;
    for (const button of wanted) asked.add(button);
    const ids = [...new Set(wanted.map((button) => button.value))];
    try {
      const answer = await fetch(`${form().action}?events=${ids}`, { headers: json });
      if (answer.ok) show(await answer.json());
    } catch {} // offline: what is there stays
  }

  async function send(button) {
    const id = button.value;
    if (busy.has(id)) return;
    busy.add(id);
    // a second press takes it back
    const said = button.getAttribute("aria-pressed") === "true" ? "none" : button.name;
    try {
      const answer = await fetch(form().action, { method: "POST", headers: json, body: new URLSearchParams({ [said]: id }) });
      if (!answer.ok) throw new Error(answer.status);
      show(await answer.json());
    } catch {
      plainly(said, id); // the page that comes says what is wrong
    } finally {
      busy.delete(id);
    }
  }

  function plainly(name, value) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    form().append(field);
    form().submit();
    field.remove();
  }

  addEventListener("submit", (event) => {
    if (event.target !== form() || event.submitter?.form !== form() || !signedIn()) return;
    if (!event.submitter.hasAttribute("form")) return; // of a plain page
    event.preventDefault();
    send(event.submitter);
  });
  ask();
  addEventListener("htmx:afterSettle", () => ask());
  addEventListener("pageshow", ({ persisted }) => persisted && ask({ again: true }));
}

// Comments: one's own come into the page, and what is sent is answered there.
function talk() {
  const place = () => document.getElementById("comments");
  if (!place()?.dataset.part || !signedIn()) return;

  function put(html, focus) {
    const old = place();
    const before = { name: old.querySelector("[name=name]")?.value, text: old.querySelector("[name=text]")?.value };
    const open = old.querySelector("details")?.open;
    const at = document.activeElement;
    const cursor = old.contains(at) && at.name ? [at.name, at.selectionStart, at.selectionEnd] : null;
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("comments");
    if (!fresh) return false;
    old.replaceWith(fresh);
    if (focus) {
      (fresh.querySelector("[aria-invalid=true]") ?? fresh.querySelector("[role=status]"))?.focus();
    } else {
      // what somebody has begun to write while this was on its way
      for (const [name, value] of Object.entries(before)) {
        const field = fresh.querySelector(`[name=${name}]`);
        if (field && value) field.value = value;
      }
      if (open) fresh.querySelector("details").open = true;
      if (cursor) {
        const field = fresh.querySelector(`[name=${cursor[0]}]`);
        field?.focus();
        field?.setSelectionRange?.(cursor[1], cursor[2]);
      }
    }
    return true;
  }

  function fail(form) {
    let said = form.querySelector(".failed");
    if (!said) {
      said = document.createElement("p");
      said.className = "wrong failed";
      said.setAttribute("role", "alert");
      form.append(said);
    }
    said.textContent = place().dataset.failed;
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.closest("#comments") || !signedIn()) return;
    event.preventDefault();
    const button = form.querySelector("button");
    if (button.disabled) return;
    button.disabled = true;
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { "X-In-Place": "1" },
      });
      // the session has ended: what was written is kept until who wrote it has signed in
      if (response.redirected) return location.assign(response.url);
      if (response.status >= 500 || !put(await response.text(), true)) throw new Error(response.status);
    } catch {
      fail(form);
      button.disabled = false;
    }
  });

  fetch(place().dataset.part, { headers: { "X-In-Place": "1" } })
    .then((response) => (response.status === 200 ? response.text() : ""))
    .then((html) => html && put(html, false))
    .catch(() => {}); // the page is whole without it
}

// It comes after the page where static/js/page.js fetches it.
for (const part of [attend, talk]) {
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", part);
  else part();
}
