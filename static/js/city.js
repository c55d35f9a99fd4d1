// The list changes in place. It works without this: every link has its address, every form its action.
"use strict";

{
  const TRIES = 3;
  const $ = (selector) => document.querySelector(selector);
  const isMore = (element) => element.matches(".pages [rel=next]");
  let pending = null; // what has failed and is asked for again: { element, path, tries, timer }
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

  addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (pending && detail.elt !== pending.element) forget(); // something else is wanted now
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
    const patience = 1000 * xhr.getResponseHeader("Retry-After"); // of what was asked for too often
    if (xhr.status >= 400 && xhr.status < 500 && !patience) return element.href && location.assign(element.href);
    const tries = pending?.element === element ? pending.tries + 1 : 1;
    pending = { element, path: requestConfig.path, tries };
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
    forget();
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
    try {
      sessionStorage.setItem(place, JSON.stringify({ pages, y: scrollY }));
    } catch {} // without storage the list begins at its top
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
    try {
      wanted = JSON.parse(sessionStorage.getItem(place));
    } catch {
      return;
    }
    if (wanted?.pages > 1) comeBack();
    else wanted = null; // the browser finds the place by itself
  });
}
