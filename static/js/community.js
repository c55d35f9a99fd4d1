// What visitors add to events, in the place where it stands. Without this file all of it works by pages of its own.
"use strict";

// Whether somebody is signed in here; who it is only the server knows.
function signedIn() {
  return /(?:^|;\s*)signed_in=1/.test(document.cookie);
}

// Comments: one's own come into the page, and what is sent is answered there.
function talk() {
  const place = () => document.getElementById("comments");
  if (!place()?.dataset.part || !signedIn()) return;

  function put(html, focus) {
    const old = place();
    const before = { name: old.querySelector("[name=name]")?.value, text: old.querySelector("[name=text]")?.value };
    const open = old.querySelector("details")?.open;
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

addEventListener("DOMContentLoaded", talk);
