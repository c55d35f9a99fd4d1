// The service worker: what was seen before is there without a network, and says how old it is. Only whole pages that are
// the same for everybody are kept: never a fragment, never what is private.
"use strict";

const SETTINGS = {{ settings|safe }};
const SHELL = `shell-${SETTINGS.version}`;
const PAGES = "pages";
const FILES = "files";
const MOST = { [PAGES]: 40, [FILES]: 150 };
const PATIENCE = 6000; // milliseconds that a page may take where an older copy of it is there

addEventListener("install", (event) => {
  const fresh = [SETTINGS.offline, ...SETTINGS.shell].map((url) => new Request(url, { cache: "reload" }));
  event.waitUntil(caches.open(SHELL).then((shell) => shell.addAll(fresh)).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil(succeed().then(() => clients.claim()));
});

// Pages that were kept are of former releases, and need the style of those: their shells become files like others.
async function succeed() {
  const [shell, files] = await Promise.all([SHELL, FILES].map((name) => caches.open(name)));
  for (const name of (await caches.keys()).filter((one) => ![SHELL, PAGES, FILES].includes(one))) {
    const former = await caches.open(name);
    for (const request of await former.keys()) {
      if (isFile(new URL(request.url)) && !(await shell.match(request))) {
        await files.put(request, await former.match(request));
      }
    }
    await caches.delete(name);
  }
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || ![location.origin, SETTINGS.cdn].includes(url.origin)) {
    return;
  }
  if (request.mode === "navigate" && request.destination === "document") {
    event.respondWith(page(event));
  } else if (isFile(url)) {
    event.respondWith(file(event));
  }
});

function isFile(url) {
  return SETTINGS.files.some((prefix) => url.pathname.startsWith(prefix));
}

async function page(event) {
  const kept = await (await caches.open(PAGES)).match(event.request);
  const asked = fetch(event.request).then((response) => {
    event.waitUntil(keepPage(event.request, response.clone()));
    return response;
  });
  try {
    const response = await (kept ? Promise.race([asked, tooLong()]) : asked);
    // a proxy says so while the site itself is away
    return kept && [502, 503, 504].includes(response.status) ? dated(kept) : response;
  } catch {
    asked.catch(() => {});
    return kept ? dated(kept) : (await caches.match(SETTINGS.offline)) ?? Response.error();
  }
}

function tooLong() {
  return new Promise((_, reject) => setTimeout(reject, PATIENCE));
}

function isForAll(response) {
  const control = response.headers.get("Cache-Control") ?? "";
  const type = response.headers.get("Content-Type") ?? "";
  return response.status === 200 && !response.redirected && type.startsWith("text/html") &&
    /\bpublic\b/.test(control) && !/private|no-store/.test(control);
}

async function keepPage(request, response) {
  if (new URL(request.url).pathname === SETTINGS.offline) {
    return; // it lists what was kept, and is in the shell
  }
  const pages = await caches.open(PAGES);
  if (isForAll(response) || [404, 410].includes(response.status)) {
    await pages.delete(request); // what is put again is the newest
  }
  if (isForAll(response)) {
    const headers = new Headers(response.headers);
    headers.set("X-Kept", new Date().toISOString());
    ["Content-Encoding", "Content-Length"].forEach((name) => headers.delete(name));
    await pages.put(request, new Response(await response.text(), { headers }));
    await trim(PAGES);
  }
}

// A kept page, with the time when it was fetched where its script finds it.
async function dated(kept) {
  const html = await kept.text();
  return new Response(html.replace("<html ", `<html data-kept="${kept.headers.get("X-Kept")}" `), {
    headers: kept.headers,
  });
}

// A name with a hash in it means the same file for ever; others are asked for, and kept for when nobody answers.
async function file(event) {
  const kept = await caches.match(event.request);
  const same = /[.\/-][0-9a-f]{12,}[.-]/.test(new URL(event.request.url).pathname);
  if (kept && same) {
    return kept;
  }
  try {
    const response = await fetch(event.request);
    if (response.status === 200 && response.type === "basic") {
      const copy = response.clone();
      event.waitUntil(caches.open(FILES).then((files) => files.put(event.request, copy)).then(() => trim(FILES)));
    }
    return response;
  } catch {
    return kept ?? Response.error();
  }
}

async function trim(name) {
  const cache = await caches.open(name);
  const keys = await cache.keys(); // the oldest first
  await Promise.all(keys.slice(0, -MOST[name]).map((key) => cache.delete(key)));
}
