// The city finder as a combobox (WAI-ARIA 1.2), the nearest city, and the last one, which only the browser knows.
// Without this the form leads to a page of results.
"use strict";

{
  const stored = (value) => {
    try {
      if (value) localStorage.setItem("city", JSON.stringify(value));
      return JSON.parse(localStorage.getItem("city"));
    } catch {
      return null; // no storage, or nothing that we have written
    }
  };

  const here = document.querySelector("meta[name=city]");
  if (here) stored({ name: here.content, path: here.dataset.path });

  function suggest(kind, city) {
    const link = document.querySelector(`.suggestions .${kind}`);
    if (!link || !city || !/^\/[^/\\]+\/$/.test(city.path)) return;
    link.textContent = link.dataset.words.replace("{city}", city.name);
    link.href = city.path;
    link.hidden = false;
  }

  suggest("back", stored());

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
