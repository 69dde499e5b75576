"""Pages in a real browser, which must not complain."""

from contextlib import contextmanager

from playwright.sync_api import sync_playwright

from oscillator_field.figures.painters.browser import find_browser

LOCAL = ("file:", "data:", "blob:")
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@contextmanager
def chromium():
    """A browser, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=QUIET)
        yield browser
        browser.close()


@contextmanager
def watched_page(browser, **options):
    """A page that must have no error in its console, and must not ask the network for anything."""
    page = browser.new_page(**options)
    complaints = []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: request.url.startswith(LOCAL) or complaints.append(request.url))
    yield page
    page.close()
    assert complaints == []
