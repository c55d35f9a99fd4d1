"use strict";
// Keys press what the page shows: a button or link names its keys in data-key. Without this file all works by click.
// It is loaded before the page is drawn, so that no key is lost on the way from one pair to the next.
document.addEventListener("keydown", function (event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.repeat || event.defaultPrevented) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const key = event.key.toLowerCase();
  const target = document.querySelector('[data-key~="' + CSS.escape(key) + '"]');
  if (!target || document.documentElement.dataset.going) return;
  event.preventDefault();
  target.click();
});
// One decision a page: a second press while the answer is on its way decides nothing.
document.addEventListener("submit", function (event) {
  if (event.target.method !== "post") return;
  if (document.documentElement.dataset.going) event.preventDefault();
  document.documentElement.dataset.going = "yes";
});
window.addEventListener("pageshow", function () {
  delete document.documentElement.dataset.going;
});
document.addEventListener("DOMContentLoaded", function () {
  for (const form of document.querySelectorAll("form[data-select-all]")) {
    const head = form.querySelector("thead th");
    const boxes = form.querySelectorAll("td.tick input");
    if (!head || !boxes.length) continue;
    const all = document.createElement("input");
    all.type = "checkbox";
    all.setAttribute("aria-label", "Tick all of this page");
    all.addEventListener("change", function () {
      for (const box of boxes) box.checked = all.checked;
    });
    head.append(all);
  }
});
