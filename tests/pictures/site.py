"""The demo in a folder of its own, a visitor's and an editor's browser, and the pictures that are taken of it."""

import contextlib
import functools
import http.server
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs/images"
LEFT_OUT = (".git", ".venv", ".data", ".env", "__pycache__", ".*_cache")
LARGEST = 200_000  # bytes
PATIENCE = 60_000  # ms


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """What `python3 -m http.server` does with a folder; its host and port."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


@contextlib.contextmanager
def demo(folder: Path, allow: str) -> Iterator["Site"]:
    """`make run` in a copy of the clone, until the block ends."""
    clone = folder / "clone"
    shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(*LEFT_OUT))
    port = free_port()
    unlimited = {f"RATE_LIMIT_{what}": "0" for what in ("REQUESTS_PER_MINUTE", "REQUESTS_PER_HOUR", "BURST")}
    variables = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "FETCH_ALLOW": allow, **unlimited}
    with subprocess.Popen(
        [sys.executable, "manage.py", "dev", "--port", str(port)],
        cwd=clone,
        env=variables,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            if not any(line.startswith("Ctrl-C") for line in process.stdout):
                raise SystemExit("The demo did not start.")
            yield Site(clone, f"http://127.0.0.1:{port}", variables)
        finally:
            process.send_signal(signal.SIGINT)


@dataclass(frozen=True)
class Site:
    clone: Path
    address: str
    variables: dict[str, str]

    def manage(self, *arguments: str) -> None:
        """A command of manage.py; what it says is shown only if it fails."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, check=False, cwd=self.clone, env=self.variables, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)}: {done.stdout}{done.stderr}")

    def page(self, browser: Browser, width: int = 1280, height: int = 960, *, dark: bool = False) -> Page:
        """A page of somebody whom the site does not know."""
        context = browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            locale="en-GB",
        )
        context.set_default_timeout(PATIENCE)
        return context.new_page()

    def editor(self, browser: Browser) -> Page:
        """A page of the administrator, without the long list of all pages at its side."""
        login = json.loads((self.clone / ".data/admin.json").read_text())
        page = self.page(browser)
        page.goto("/admin/")
        page.locator("[name=username]").fill(login["email"])
        page.locator("[name=password]").fill(login["password"])
        page.locator("[type=submit]").click()
        page.locator("#logout-form").wait_for()
        page.evaluate("localStorage.setItem('django.admin.navSidebarIsOpen', 'false')")
        return page

    def mail(self, page: Page, pattern: str) -> str:
        """The first match in the text of the mail that was written last and has one; mail is written by a worker."""
        for _ in range(60):
            for link in page.request.get("/dev/mail/").text().split('href="')[1:]:
                if link.startswith("/dev/mail/2") and (
                    found := re.search(pattern, page.request.get(link.partition('"')[0]).text())
                ):
                    return found[0]
            page.wait_for_timeout(1000)
        raise SystemExit(f"No mail says {pattern}.")


def take(page: Page, name: str, height: int = 960, *, at: str = "") -> None:
    """A picture of what is in the window, made `height` high; with `at`, from this element on."""
    width = (page.viewport_size or {"width": 1280})["width"]
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_load_state("networkidle")
    page.evaluate("at => at ? document.querySelector(at).scrollIntoView() : scrollTo(0, 0)", at)
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(300)  # lazy pictures
    page.wait_for_load_state("networkidle")
    drawn = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    file = IMAGES / f"{name}.png"
    drawn.save(file, optimize=True)
    if file.stat().st_size > LARGEST:
        drawn.quantize().save(file, optimize=True)  # 256 colours are a third of the bytes, and skies with edges
    print(f"{file.name}: {file.stat().st_size // 1000} kB", flush=True)
