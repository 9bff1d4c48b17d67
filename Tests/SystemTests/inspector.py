"""The inspector as its user has it: a page in a browser that is connected to a bot."""

import json

from relay import PATIENCE


class Inspector:
    """A page of a relay, connected with a secret."""

    def __init__(self, browser, port, secret, **options):
        self.port, self.secret = port, secret
        self.page = browser.page(f"http://127.0.0.1:{port}/", **options)
        self.page.wait("document.querySelector('#connect button').textContent", "the page's words")
        self.page.type("#secret", secret)
        self.page.click("#connect button[type=submit]")
        self.await_live()

    def await_live(self):
        self.page.wait("document.querySelector('#status').dataset.state === 'live'", "the page to be live")

    @property
    def kept(self):
        """How many requests the page shows and keeps, as it says itself."""
        shown, kept = (int(word) for word in self.page.text("#kept").replace("of", " ").split()[:2])
        return shown, kept

    def await_kept(self, count, seconds=PATIENCE):
        said = f"document.querySelector('#kept').textContent.includes('of {count} shown')"
        self.page.wait(said, f"{count} requests", seconds)

    def rows(self):
        """The cells of the rows that are elements now, the newest first."""
        return self.page.run(
            "[...document.querySelectorAll('.row')].sort((a, b) => a.dataset.index - b.dataset.index)"
            ".map((row) => Object.fromEntries([...row.children].map((cell) => [cell.className, cell.textContent])))"
        )

    def await_row(self, text, **cells):
        """Waits for a row with a text, and returns it."""
        word = json.dumps(text)
        self.page.wait(
            f"[...document.querySelectorAll('.row .text')].some((cell) => cell.textContent.includes({word}))",
            f"a row with {text!r}",
        )
        return next(row for row in self.rows() if text in row["text"])

    def open(self, text):
        """Opens the request with a text by a click."""
        self.await_row(text)
        word = json.dumps(text)
        row = self.page.run(f"[...document.querySelectorAll('.row')].find((row) => row.textContent.includes({word})).id")
        self.page.click(f"[id='{row}']")
        self.page.wait("!document.querySelector('#details').hidden", "the details")

    def search(self, text):
        self.page.run("document.querySelector('#search').value = ''")
        self.page.type("#search", text)
        if not text:
            self.page.run("document.querySelector('#search').dispatchEvent(new Event('input'))")

    def secret_is_nowhere(self):
        """In no address, title, history or storage of the page's, and not in its document."""
        places = self.page.run(
            "JSON.stringify([location.href, document.title, history.state, {...localStorage}, {...sessionStorage},"
            " document.documentElement.outerHTML, document.querySelector('#secret').value])"
        )
        entries = self.page.call("Page.getNavigationHistory")["entries"]
        asked = [(request["url"], request.get("postData")) for request in self.page.requests]
        return self.secret not in places + json.dumps(entries) + json.dumps(asked)

    def stays_at_home(self):
        """Nothing was asked of anybody but the relay."""
        return {url for request in self.page.requests if not (url := request["url"]).startswith(
            (f"http://127.0.0.1:{self.port}/", "about:", "blob:", "data:"))} == set()
