// For other people's pages: gives each frame of ours the height of what is in it. Takes numbers, from our origin only.
"use strict";
(() => {
  const { origin } = new URL(document.currentScript.src);
  const frames = () => [...document.querySelectorAll("iframe")].filter((one) => one.src.startsWith(`${origin}/embed/`));

  addEventListener("message", (event) => {
    if (event.origin !== origin || !Number.isFinite(event.data)) return;
    const frame = frames().find((one) => one.contentWindow === event.source);
    if (frame) frame.height = Math.min(Math.max(Math.ceil(event.data), 50), 50000);
  });

  // what has been loaded before this script is asked; the others tell by themselves
  for (const frame of frames()) frame.contentWindow.postMessage("height", "*");
})();
