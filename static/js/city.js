// The list works without this: every link has its address, every form its action.
"use strict";

addEventListener("htmx:beforeRequest", (event) => {
  event.detail.target.setAttribute("aria-busy", "true");
});

// After turning a page, reading goes on at the top of the list.
addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.requestConfig?.elt.closest(".pages")) {
    const heading = document.querySelector("#results .night h2");
    if (heading) {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
  }
});

// What cannot be fetched as a fragment is asked for as a page, and the browser says what is wrong.
function visit(event) {
  const element = event.detail.elt;
  if (element.href) {
    location.assign(element.href);
  } else if (element.closest("form")) {
    element.closest("form").submit();
  }
}

addEventListener("htmx:sendError", visit);
addEventListener("htmx:responseError", visit);
