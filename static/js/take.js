// Copying and sharing: buttons that are there only where the browser can do it. Without this the text can be selected
// with a click, and the link is a link.
"use strict";

function offer() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  for (const button of document.querySelectorAll("[data-share]")) button.hidden = !navigator.share;
}

offer();
addEventListener("htmx:afterSettle", offer);

addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-share]");
  if (!button) return;
  if (button.dataset.share) {
    // who closes the list of programs has changed their mind; that is no error
    await navigator.share({ title: button.dataset.title, url: button.dataset.share }).catch(() => {});
    return;
  }
  const text = document.getElementById(button.dataset.copy);
  const said = button.parentElement.querySelector("[data-copied]");
  try {
    await navigator.clipboard.writeText(text.textContent);
    said.textContent = said.dataset.copied;
  } catch {
    getSelection().selectAllChildren(text); // not permitted: it is selected, for the keys that copy
  }
});
