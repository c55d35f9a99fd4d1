// All that pages do by themselves, in one file, so that little is asked for before a page is painted: the theme that this
// browser has chosen, which is set before that; then the city finder, copying and sharing, and the list that changes in
// place. Pages work without it.
"use strict";

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

// What this browser keeps under a key, with a value the new one; null as a value forgets it.
function remembered(key, value, storage = "localStorage") {
  try {
    if (value === null) window[storage].removeItem(key);
    else if (value !== undefined) window[storage].setItem(key, value);
    return window[storage].getItem(key);
  } catch {
    return null; // storage is forbidden: what is chosen lasts as long as the page
  }
}

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
}

// A theme that is the system's is not remembered, so that the page goes on following the system.
function choose(theme) {
  const own = theme === (dark.matches ? "dark" : "light") ? null : theme;
  show(own);
  remembered("theme", own);
}

function show(theme) {
  if (theme === "dark" || theme === "light") {
    root.dataset.theme = theme;
  } else {
    delete root.dataset.theme;
  }
  document.querySelector(".theme")?.setAttribute("aria-pressed", isDark());
}

show(remembered("theme"));
const { later } = document.currentScript.dataset;
addEventListener("load", () => import(later).catch(() => {})); // which is not needed to paint the page

// What only those who are signed in can do in place; the server sets and deletes that cookie.
addEventListener("DOMContentLoaded", () => {
  const { content: src } = (/(?:^|; )signed_in=1/.test(document.cookie) && document.querySelector("meta[name=community]")) || {};
  if (src) document.head.append(Object.assign(document.createElement("script"), { src }));
});
addEventListener("storage", (event) => event.key === "theme" && show(event.newValue));
dark.addEventListener("change", () => show(root.dataset.theme));

// A card's picture becomes that of its page, and goes back into the card: they share a name while the pages change.
function namePicture(url, transition) {
  const path = url && new URL(url).pathname;
  const picture = document.querySelector(`.card:has(h3 a[href="${CSS.escape(path ?? "")}"]) .picture`);
  if (picture && transition) {
    picture.style.viewTransitionName = "picture";
    transition.finished.catch(() => {}).finally(() => (picture.style.viewTransitionName = ""));
  }
}

addEventListener("pageswap", (event) => namePicture(event.activation?.entry.url, event.viewTransition));
addEventListener("pagereveal", (event) => namePicture(window.navigation?.activation?.from?.url, event.viewTransition));

addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector(".theme");
  button.hidden = false;
  button.setAttribute("aria-pressed", isDark());
  button.addEventListener("click", () => choose(isDark() ? "light" : "dark"));
});

// A list is the same bytes at any hour: what is over tonight is told by the browser's clock.
function tellOver() {
  for (const word of document.querySelectorAll("[data-ends]")) {
    word.hidden = new Date(word.dataset.ends) > Date.now();
    word.closest(".card").classList.toggle("over", !word.hidden);
  }
}
addEventListener("htmx:afterSettle", tellOver);
for (const part of [tellOver, findCities, takeAlong, changeList]) addEventListener("DOMContentLoaded", part); // none costs another

// The city finder as a combobox (WAI-ARIA 1.2), the nearest city, and the last one, which only the browser knows.
// Without this the form leads to a page of results.
function findCities() {
  function lastCity() {
    try {
      return JSON.parse(remembered("city"));
    } catch {
      return null; // nothing that we have written
    }
  }

  const here = document.querySelector("meta[name=city]");
  if (here) remembered("city", JSON.stringify({ name: here.content, path: here.dataset.path }));

  function suggest(kind, city) {
    const link = document.querySelector(`.suggestions .${kind}`);
    if (!link || !city || !/^\/[^/\\]+\/$/.test(city.path)) return;
    link.textContent = link.dataset.words.replace("{city}", city.name);
    link.href = city.path;
    link.hidden = false;
  }

  suggest("back", lastCity());

  function combobox(form) {
    const input = form.querySelector("input");
    const list = form.querySelector("[role=listbox]");
    const said = form.querySelector("[aria-live]");
    const options = () => [...list.querySelectorAll("[role=option]")];
    let active = -1;
    let asked = "";
    let timer;
    let request;
    const set = (name, value) => input.setAttribute(`aria-${name}`, value);

    input.setAttribute("role", "combobox");
    input.setAttribute("autocomplete", "off");
    set("autocomplete", "list");
    set("haspopup", "listbox");
    set("controls", list.id);
    set("expanded", "false");

    function mark(index) {
      const all = options();
      active = all.length ? (index + all.length) % all.length : -1;
      all.forEach((option, number) => option.setAttribute("aria-selected", number === active));
      if (active < 0) return input.removeAttribute("aria-activedescendant");
      set("activedescendant", all[active].id);
      all[active].scrollIntoView({ block: "nearest" });
    }

    function show(open) {
      list.hidden = !open;
      set("expanded", open);
      if (open) return;
      active = -1;
      input.removeAttribute("aria-activedescendant");
    }

    async function ask() {
      const text = input.value.trim();
      if (text === asked) return show(options().length > 0);
      request?.abort();
      request = new AbortController();
      asked = text;
      if (!text) {
        list.replaceChildren();
        said.textContent = "";
        return show(false);
      }
      try {
        const answer = await fetch(`${form.dataset.options}?q=${encodeURIComponent(text)}`, { signal: request.signal });
        if (!answer.ok) throw new Error(answer.status);
        const found = document.createRange().createContextualFragment(await answer.text());
        said.textContent = found.querySelector("[data-said]").dataset.said;
        list.replaceChildren(...found.querySelectorAll("[role=option]"));
        show(options().length > 0);
      } catch (error) {
        if (error.name === "AbortError") return;
        asked = ""; // asked again with the next key
        list.replaceChildren();
        show(false);
        said.textContent = form.dataset.failed;
      }
    }

    const go = (option) => location.assign(option.dataset.path);

    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, 150);
    });
    input.addEventListener("keydown", (event) => {
      const keys = {
        ArrowDown: () => (list.hidden ? ask() : mark(active + 1)),
        ArrowUp: () => (list.hidden ? ask() : mark(active < 0 ? -1 : active - 1)),
        Home: () => active >= 0 && (mark(0), true),
        End: () => active >= 0 && (mark(-1), true),
        Enter: () => active >= 0 && (go(options()[active]), true),
        Escape: () => {
          if (!list.hidden) return show(false);
          input.value = "";
          ask();
        },
      };
      if (event.isComposing || !(event.key in keys) || keys[event.key]() === false) return;
      event.preventDefault();
    });
    input.addEventListener("blur", () => show(false));
    list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the field
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) go(option);
    });
  }

  // Where somebody is leaves the browser rounded to a kilometre, and only to be answered.
  function nearest(form, done, { aloud }) {
    const said = form.querySelector("[aria-live]");
    const fail = (words) => {
      if (!aloud) return;
      said.textContent = words;
      said.classList.remove("hidden");
      form.querySelector(".nearest").removeAttribute("aria-busy");
    };
    navigator.geolocation.getCurrentPosition(
      async ({ coords }) => {
        const body = new URLSearchParams({ latitude: coords.latitude.toFixed(2), longitude: coords.longitude.toFixed(2) });
        try {
          const answer = await fetch(form.dataset.nearest, { method: "POST", body });
          const { city, said: words } = await answer.json();
          if (city) done(city);
          else fail(words);
        } catch {
          fail(form.dataset.lost);
        }
      },
      (error) => fail(error.code === error.PERMISSION_DENIED ? form.dataset.denied : form.dataset.lost),
      { maximumAge: 600000, timeout: 10000 },
    );
  }

  for (const form of document.querySelectorAll(".city-finder")) {
    combobox(form);
    if (!("geolocation" in navigator) || !isSecureContext) continue;
    const button = form.querySelector(".nearest");
    button.hidden = false;
    button.addEventListener("click", () => {
      button.setAttribute("aria-busy", "true");
      nearest(form, (city) => location.assign(city.path), { aloud: true });
    });
    if (document.querySelector(".suggestions .nearby")) {
      navigator.permissions?.query({ name: "geolocation" }).then(({ state }) => {
        if (state === "granted") nearest(form, (city) => suggest("nearby", city), { aloud: false });
      });
    }
  }
}

// Copying and sharing: buttons that are there only where the browser can do it. Without this the text can be selected
// with a click, and the link is a link.
function takeAlong() {
  function offer() {
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
    for (const button of document.querySelectorAll("[data-share]")) button.hidden = !navigator.share;
  }

  offer();
  addEventListener("htmx:afterSettle", offer);

  addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-share]");
    if (!button) return;
    const { share: url, title } = button.dataset;
    if (url) return navigator.share({ title, url }).catch(() => {}); // who closes the list of programs has changed their mind
    const text = document.getElementById(button.dataset.copy);
    const said = button.parentElement.querySelector("[data-copied]");
    try {
      await navigator.clipboard.writeText(text.textContent);
      said.textContent = said.dataset.copied;
    } catch {
      getSelection().selectAllChildren(text); // not permitted: it is selected, for the keys that copy
    }
  });
}

// The list of a city changes in place. Without this every link has its address, every form its action.
function changeList() {
  const TRIES = 3;
  const $ = (selector) => document.querySelector(selector);
  if (!$("#trouble")) return; // no page of a city
  const isMore = (element) => element.matches(".pages [rel=next]");
  let pending = null; // what has failed and is asked for again: { element, target, path, tries, timer }
  let focused = ""; // the id of what had the focus before the list changed
  let open = []; // the ids of the folds that were open

  // --- what is asked for and what comes ---

  function tell(what) {
    const trouble = $("#trouble");
    trouble.hidden = !what;
    for (const part of trouble.children) part.hidden = !part.classList.contains(what);
  }

  function forget() {
    clearTimeout(pending?.timer);
    pending = null;
    tell("");
  }

  // Something else is wanted now in its place. More of the list that is still shown, or an answer to a card, is not that.
  function supersede(target) {
    if (target.contains(pending?.target)) forget();
  }

  addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.elt !== pending?.element) supersede(detail.target);
    if (!isMore(detail.elt)) keepPlace();
    detail.target.setAttribute("aria-busy", "true");
  });

  function again() {
    if (!pending) return;
    clearTimeout(pending.timer);
    if (!document.contains(pending.element)) return forget();
    htmx.ajax("GET", pending.path, { source: pending.element }).catch(() => {}); // an event tells of it
  }

  // A list is asked for again, each time after twice as long; then somebody is asked whether to go on.
  function failed({ detail }) {
    const { elt: element, target, xhr, requestConfig } = detail;
    target.removeAttribute("aria-busy");
    if (requestConfig.verb !== "get") return element.closest("form")?.submit(); // the browser says what is wrong
    if (element !== pending?.element && pending?.target.contains(target)) return; // a part of what is asked for again
    const patience = 1000 * xhr.getResponseHeader("Retry-After"); // of what was asked for too often
    if (xhr.status >= 400 && xhr.status < 500 && !patience) return element.href && location.assign(element.href);
    const tries = pending?.element === element ? pending.tries + 1 : 1;
    pending = { element, target, path: requestConfig.path, tries };
    if (tries > TRIES || patience > 10_000) return tell("failed");
    tell("waiting");
    pending.timer = setTimeout(again, Math.max(patience, 500 * 2 ** (tries - 1)));
  }

  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) addEventListener(name, failed);
  addEventListener("online", again);
  $("#trouble button").addEventListener("click", () => {
    if (!pending) return;
    pending.tries = 0;
    tell("waiting");
    again();
  });

  // --- the focus stays on the control that was used, and what was open stays open ---

  addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.xhr.status === 429 && detail.requestConfig.verb === "get") {
      Object.assign(detail, { shouldSwap: false, isError: true }); // what says so is no list
    }
    if (!detail.shouldSwap) return;
    supersede(detail.target);
    focused = detail.target.contains(document.activeElement) ? document.activeElement.id || "nothing" : "";
    open = [...document.querySelectorAll("details[id][open]")].map((fold) => fold.id);
    if (detail.target.matches(".pages")) known = document.querySelectorAll("#results .card h3 a").length;
  });

  addEventListener("htmx:afterSwap", () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  });

  addEventListener("htmx:afterSettle", ({ detail }) => {
    const element = detail.requestConfig?.elt;
    if (!element) return;
    if (isMore(element)) return added();
    if (!focused || document.activeElement !== document.body) return;
    const next = document.getElementById(focused) || $(".chosen a") || $("#filters > summary");
    next?.focus({ preventScroll: true });
  });

  // --- more on scrolling; who comes back finds as many pages and the same place ---

  const key = () => `place:${location.pathname}${location.search}`;
  let place = key(); // of the list that is seen: going back changes the address before the list
  let known = 0;
  let wanted = null;
  let pages = 1;

  function keepPlace() {
    remembered(place, JSON.stringify({ pages, y: scrollY }), "sessionStorage");
  }

  function added() {
    pages += 1;
    $("#turned").textContent = $(".where-in-pages").textContent;
    if (focused) document.querySelectorAll("#results .card h3 a")[known]?.focus({ preventScroll: true });
    comeBack();
  }

  function comeBack() {
    if (!wanted) return;
    const next = $(".pages [rel=next]");
    if (pages < wanted.pages && next) return htmx.trigger(next, "click");
    scrollTo({ top: wanted.y, behavior: "instant" });
    wanted = null;
  }

  addEventListener("pagehide", keepPlace);
  addEventListener("htmx:pushedIntoHistory", () => {
    place = key();
    pages = 1;
  });
  addEventListener("load", () => {
    const [visit] = performance.getEntriesByType("navigation");
    if (!["back_forward", "reload"].includes(visit?.type)) return;
    wanted = JSON.parse(remembered(place, undefined, "sessionStorage"));
    if (wanted?.pages > 1) comeBack();
    else wanted = null; // the browser finds the place by itself
  });
}
