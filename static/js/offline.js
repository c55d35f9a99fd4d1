// Pages that were seen before, without a network: starts the service worker, and says when a page is an old one. A module
// that page.js asks for when the page is there.
const page = document.documentElement;
const notice = document.querySelector(".offline");
const words = new Intl.RelativeTimeFormat(page.lang, { numeric: "auto" });

function ago(since) {
  const minutes = Math.round((Date.parse(since) - Date.now()) / 60000);
  const [number, unit] =
    minutes > -60 ? [minutes, "minute"] : minutes > -2880 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"];
  return words.format(number, unit);
}

// Without a network, or with an answer that did not come, the page says what it is.
function tell() {
  const { kept } = page.dataset;
  notice.hidden = navigator.onLine && !kept;
  if (kept) {
    notice.textContent = notice.dataset.kept.replace("{ago}", ago(kept));
  }
}

// On the page for what was not kept: what was.
async function listKept(list) {
  const pages = await caches.open("pages");
  for (const request of (await pages.keys()).reverse()) {
    const response = await pages.match(request);
    const title = new DOMParser().parseFromString(await response.text(), "text/html").title;
    const item = list.appendChild(document.createElement("li"));
    const link = item.appendChild(document.createElement("a"));
    link.href = request.url;
    link.textContent = title;
    item.append(" ", ago(response.headers.get("X-Kept")));
  }
  list.closest("[hidden]")?.toggleAttribute("hidden", !list.children.length);
}

tell();
["online", "offline"].forEach((name) => addEventListener(name, tell));
if ("serviceWorker" in navigator) {
  const { worker } = document.querySelector("script[data-later]").dataset;
  worker && navigator.serviceWorker.register(worker, { updateViaCache: "none" }).catch(() => {});
  const list = document.getElementById("kept");
  list && listKept(list);
}
