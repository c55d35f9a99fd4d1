// Of every page: the theme that this browser has chosen, set before anything is painted, and word of being offline.
"use strict";

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

function chosenTheme() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null; // storage is forbidden: the choice lasts as long as the page
  }
}

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
}

// A theme that is the system's is not remembered, so that the page goes on following the system.
function choose(theme) {
  const own = theme === (dark.matches ? "dark" : "light") ? null : theme;
  show(own);
  try {
    own ? localStorage.setItem("theme", own) : localStorage.removeItem("theme");
  } catch {}
}

function show(theme) {
  if (theme === "dark" || theme === "light") {
    root.dataset.theme = theme;
  } else {
    delete root.dataset.theme;
  }
  document.querySelector(".theme")?.setAttribute("aria-pressed", isDark());
}

show(chosenTheme());
addEventListener("storage", (event) => event.key === "theme" && show(event.newValue));
dark.addEventListener("change", () => show(root.dataset.theme));

// A card's picture becomes that of its page, and goes back into the card: they share a name while the pages change.
function namePicture(url, transition) {
  const path = url && new URL(url).pathname;
  const picture = document.querySelector(`.card:has(h3 a[href="${CSS.escape(path ?? "")}"]) .picture`);
  if (picture && transition) {
    picture.style.viewTransitionName = "picture";
    transition.finished.finally(() => (picture.style.viewTransitionName = ""));
  }
}

addEventListener("pageswap", (event) => namePicture(event.activation?.entry.url, event.viewTransition));
addEventListener("pagereveal", (event) => namePicture(window.navigation?.activation?.from?.url, event.viewTransition));

function tellOffline() {
  document.querySelector(".offline").hidden = navigator.onLine;
}

addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector(".theme");
  button.hidden = false;
  button.setAttribute("aria-pressed", isDark());
  button.addEventListener("click", () => choose(isDark() ? "light" : "dark"));
  tellOffline();
  addEventListener("online", tellOffline);
  addEventListener("offline", tellOffline);
});
