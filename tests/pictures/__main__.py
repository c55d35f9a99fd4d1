"""The pictures of docs/images made anew: make pictures, or python -m tests.pictures. It takes some minutes.

A copy of this clone runs the demo. A browser takes the steps of docs/first-steps.md there, then visitors subscribe,
write, report and send something in, and what they, editors and operators see of it is photographed.
"""

import datetime as dt
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browsers import CHROMIUM, FLAGS
from tests.pictures.site import ROOT, Site, demo, served, take

ADA = "ada@example.org"
FOUR_SOURCES = "Hummingbird Bail Bonds"
CODE = r"\d{3} \d{3}(?= is your code)"


def main() -> None:
    if CHROMIUM is None:
        raise SystemExit("No Chromium is here: apt-get install chromium, or CHROMIUM=path")
    with (
        tempfile.TemporaryDirectory(prefix="nocturne-pictures-") as folder,
        served(ROOT / "docs/examples") as club,
        demo(Path(folder), club) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--no-sandbox"])
        editor = site.editor(browser)
        event = visitors_see(site, browser)
        first_steps(site, editor, club)
        in_trouble(site, club)
        visitors_say(site, browser, event)
        editors_see(site, editor)
        operators_see(editor)
        browser.close()


def first_steps(site: Site, editor: Page, club: str) -> None:
    editor.goto("/admin/events/city/?q=hamburg")
    editor.get_by_role("row", name="Hamburg –", exact=False).first.locator("[name=_selected_action]").check()
    editor.get_by_label("Action:").select_option(label="Activate: serve this city")
    take(editor, "first-city", 480)
    editor.get_by_role("button", name="Run").click()
    expect(editor.locator(".messagelist")).to_contain_text("Hamburg")
    editor.goto("/admin/events/source/add/")
    editor.get_by_label("Address").fill(f"http://{club}/calendar.ics")
    editor.get_by_role("button", name="Look", exact=True).click()
    add = editor.get_by_role("button", name="Add and read it now")
    expect(add).to_be_visible()
    editor.get_by_label("Name:").fill("Kleine Freiheit")
    editor.get_by_label("Publisher:").fill("Kleine Freiheit")
    editor.get_by_label("City:").select_option(label="Hamburg, DE")
    editor.get_by_label("Trust:").fill("80")
    take(editor, "first-source", 1020)
    add.click()
    until(editor, "healthy")
    page = site.page(editor.context.browser)  # type: ignore[arg-type]
    page.goto("/hamburg/")
    until(page, "Midnight Quartet")
    take(page, "first-page", 860)


def until(page: Page, words: str) -> None:
    """Load a page again until it has these words, which a worker brings about."""
    for _ in range(60):
        if words in page.locator("main").inner_text():
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise SystemExit(f"{page.url} does not say {words}.")


def in_trouble(site: Site, club: str) -> None:
    """A source whose page has moved."""
    site.manage("add_source", f"http://{club}/moved.ics", "--exact", "--name=Zum Anker", "--city=de--hamburg")
    site.manage("scrape", "--city=de--hamburg")


def visitors_see(site: Site, browser: Browser) -> str:
    """Returns the address of an event that four sources list."""
    page = site.page(browser, height=900, dark=True)
    page.goto("/")
    take(page, "home", 900)
    friday = dt.date.today() + dt.timedelta(days=(4 - dt.date.today().weekday()) % 7 or 7)
    page.goto(f"/los-angeles/?from={friday}&to={friday}")
    take(page, "city")
    phone = site.page(browser, 390, 844, dark=True)
    phone.goto("/los-angeles/")
    take(phone, "city-phone", 844)
    page = site.page(browser)
    page.goto("/los-angeles/")
    card = page.locator("article, li").filter(has_text="4 sources").get_by_role("link").first
    address = card.get_attribute("href") or ""
    page.goto(address)
    take(page, "event")
    return address


def visitors_say(site: Site, browser: Browser, event: str) -> None:
    page = site.page(browser)
    page.goto("/los-angeles/")
    page.locator("#subscribe-email").fill(ADA)
    page.get_by_role("button", name="Subscribe", exact=True).click()
    page.goto(site.mail(page, rf"{site.address}/subscribe/confirm/[\w.-]+/"))
    page.locator("main form button").click()

    page.goto(f"/account/login/?next={event}")
    page.get_by_label("Your e-mail address").fill(ADA)
    page.get_by_role("button", name="Mail me a code").click()
    page.get_by_label("The code").fill(site.mail(page, CODE))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("Write a comment").click()
    page.get_by_label("Comment", exact=True).fill("Saw them last spring. Come early, the room is small.")
    page.get_by_label("Name", exact=True).fill("Ada")
    page.get_by_role("button", name="Comment", exact=True).click()

    page.goto(f"/report/{event.strip('/').rpartition('-')[2]}/")
    page.locator("[name=reason][value=when]").check()
    page.locator("#report-text").fill("Doors are at eight. The venue says so on its own page.")
    page.locator("#report-email").fill(ADA)
    page.get_by_role("button", name="Send").click()

    page.goto("/submit/")
    soon = dt.date.today() + dt.timedelta(days=9)
    page.locator("main [name=title]").fill("Rooftop Chess and Soup")
    page.locator("main [name=city]").select_option(label="Los Angeles, CA")
    page.locator("main [name=date]").fill(soon.isoformat())
    page.locator("main [name=time]").fill("19:30")
    page.locator("main [name=venue]").fill("The Marigold Room")
    page.locator("main [name=price]").fill("5")
    page.locator("main [name=description]").fill("Twelve boards, two soups. Beginners sit by the stove.")
    page.locator("main [name=email]").fill(ADA)
    page.get_by_role("button", name="Send it").click()
    page.goto(site.mail(page, rf"{site.address}/submit/[\w.:-]+/"))
    page.locator("main form button").first.click()


def editors_see(site: Site, editor: Page) -> None:
    site.manage(
        *("shell", "-c"),
        "import datetime as dt; from django.utils.timezone import now; from events.models import City;"
        "from subscriptions.digests import draft;"
        "draft(City.objects.get(code='ca--los-angeles'), now=now() + dt.timedelta(days=7))",  # which beat leaves alone
    )
    for name, path, height in (
        ("admin-desk", "/admin/", 420),
        ("admin-pairs", "/admin/desk/pairs/", 810),
        ("admin-held", "/admin/desk/held/", 800),
        ("admin-comments", "/admin/desk/comments/", 640),
        ("admin-submission", "/admin/desk/submissions/", 900),
        ("admin-reports", "/admin/desk/reports/", 480),
        ("admin-sources", "/admin/events/source/?o=4", 690),
    ):
        editor.goto(path)
        take(editor, name, height)
    editor.goto(f"/admin/events/event/?q={FOUR_SOURCES}")
    editor.locator("#result_list tbody th a").first.click()
    take(editor, "admin-event", 1000)
    editor.goto("/admin/subscriptions/digest/?q=Los+Angeles")
    editor.locator("#result_list tbody th a").first.click()
    take(editor, "admin-digest", 1150)


def operators_see(editor: Page) -> None:
    editor.goto("/admin/status/")
    take(editor, "admin-status", 1000)


if __name__ == "__main__":
    main()
