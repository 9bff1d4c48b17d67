"""The page of the bots in a real browser: who is registered, who is connected, and what an operator does about it."""

import json
import signal

import pytest
from websockets.exceptions import ConnectionClosed

import qq
from admin_client import AdminClient, admin_token
from browser import Browser
from relay import PATIENCE, Relay

# The page's time limits, so short that a test need not wait for them.
SHORT_PATIENCE = "(() => { const real = AbortSignal.timeout; AbortSignal.timeout = () => real.call(AbortSignal, 500); })()"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="module")
def token():
    return admin_token()


@pytest.fixture(scope="module")
def relay(tmp_path_factory, token):
    folder = tmp_path_factory.mktemp("relay")
    (folder / "bots.yaml").write_text("bots: {}\n")
    flags = ("--access", "registered", "--bots", "bots.yaml", "--admin-port", "0")
    with Relay(*flags, folder=folder, env={"HOOKWIRE_ADMIN_TOKEN": token}) as relay:
        yield relay


@pytest.fixture(scope="module")
def admin(relay, token):
    return AdminClient(relay.admin_url, token)


@pytest.fixture
def page(browser, relay, token):
    """The page with the operator logged in."""
    page = browser.page(relay.admin_url)
    page.wait("document.querySelector('#connect button').textContent", "the page's words")
    page.type("#token", token)
    page.click("#connect button[type=submit]")
    page.wait("document.querySelector('#status').dataset.state === 'live'", "the page to be live")
    return page


def row(name):
    return f"document.querySelector('tr[data-bot={json.dumps(name)}]')"


def cells(page, name):
    return page.run(f"[...{row(name)}.cells].map((cell) => cell.textContent)")


def submit(page, **fields):
    """Fills in the form over the page and sends it."""
    page.wait("document.querySelector('dialog[open]') !== null", "the form")
    for name, value in fields.items():
        page.type("#form-" + name, value)
    page.click("#dialog-send")


def open_bot(page, name):
    page.wait(row(name) + " !== null", "the bot's row")
    page.run(row(name) + ".querySelector('button').click()")
    page.wait(f"document.querySelector('#details h2')?.textContent === {json.dumps(name)}", "the bot's details")


def test_wrong_token(browser, relay, token):
    """Who has no token sees nothing, and is told why."""
    page = browser.page(relay.admin_url)
    page.wait("document.querySelector('#connect button').textContent")
    page.type("#token", "not the token")
    page.click("#connect button[type=submit]")
    page.wait("document.querySelector('#door-error').textContent", "a reason")
    assert "ASCII" in page.text("#door-error")
    page.run("document.querySelector('#token').value = ''")
    page.type("#token", "not-the-token")
    page.click("#connect button[type=submit]")
    page.wait("document.querySelector('#door-error').textContent.includes('HOOKWIRE_ADMIN_TOKEN')", "a reason")
    assert not page.run("document.querySelector('#door').hidden") and page.run("document.querySelector('#desk').hidden")


def test_add_and_remove(page, relay, secret):
    """A bot is registered by the form, its webhook is served, and removing it ends both that and its sockets."""
    page.click("#add")
    submit(page, name="shop", secret=secret, appid="1029")
    page.wait("document.querySelector('#details h2')?.textContent === 'shop'", "the new bot's details")
    page.wait("document.querySelector('#details').textContent.includes('/webhook/qq/shop')", "its addresses")
    body = qq.event()
    with relay.bot(secret, "/ws/" + secret) as bot:
        answer = relay.request("POST", "/webhook/qq/shop", body, qq.signed_headers(secret, body))
        assert answer.status == 200
        assert bot.recv(timeout=PATIENCE).encode() == body
        page.wait(f"{row('shop')}.cells[2].textContent === '1'", "the socket")
        page.wait(f"{row('shop')}.cells[3].textContent === '1'", "the event")
        page.click("#remove")
        submit(page)
        with pytest.raises(ConnectionClosed) as end:
            bot.recv(timeout=PATIENCE)
    assert (end.value.rcvd.code, end.value.rcvd.reason) == (4001, "revoked")
    page.wait(row("shop") + " === null", "the row to go")
    assert relay.request("POST", "/webhook/qq/shop", body, qq.signed_headers(secret, body)).status == 404
    assert not page.complaints and not page.dialogs


def test_tokens(page, relay, admin, secret):
    """A token is shown once; who is connected by it, where and since when is seen; revoking it ends its sockets only."""
    admin.add("desk", secret)
    open_bot(page, "desk")
    page.click("#add-token")
    fits = "document.querySelector('#form-expires').checkValidity()"
    page.wait("document.querySelector('#form-expires') !== null", "the form")
    for text, is_fit in (("2099-01-31T12:00:00Z", True), ("2099-1-31", False), ("soon", False), ("90d", True)):
        page.run(f"document.querySelector('#form-expires').value = '{text}'")
        assert page.run(fits) == is_fit, text
    page.run("document.querySelector('#form-expires').value = ''")
    submit(page, name="laptop", expires="2099-01-31")
    page.wait("document.querySelector('#token-once') !== null", "the token")
    token = qq.known_secret(page.text("#token-once"))
    assert page.run("document.activeElement.id") == "dialog-send"
    for _ in range(2):
        page.key("Escape")
    assert page.run("document.querySelector('dialog[open] #token-once') !== null")
    page.click("#dialog-have")
    page.wait("document.querySelector('#token-once') === null", "the form to go")
    assert token.startswith("hwt_") and token not in page.run("document.body.textContent")
    page.wait("document.querySelector('[data-token=laptop]') !== null", "the node to know the token")
    headers = {"Authorization": "Bearer " + token}
    with relay.bot("", "/ws/desk", additional_headers=headers) as by_token, relay.bot("", "/ws/" + secret) as by_secret:
        page.wait("document.querySelectorAll('#details table tbody tr').length === 3", "two sockets and a token")
        shown = page.text("#details")
        assert "laptop" in shown and "by secret" in shown and "raw" in shown
        page.click("#revoke-laptop")
        submit(page)
        with pytest.raises(ConnectionClosed) as end:
            by_token.recv(timeout=PATIENCE)
        assert (end.value.rcvd.code, end.value.rcvd.reason) == (4001, "revoked")
        page.wait("document.querySelector('[data-token=laptop]') === null", "the token to go")
        body = qq.event()
        relay.deliver(secret, body)
        assert by_secret.recv(timeout=PATIENCE).encode() == body


def test_a_token_that_cannot_be_copied(page, admin, secret):
    """What is shown this once stays where it could not be copied."""
    admin.add("shy", secret)
    open_bot(page, "shy")
    page.run(
        "(() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no'));"
        " document.execCommand = () => false; })()"
    )
    page.click("#add-token")
    submit(page, name="laptop")
    page.wait("document.querySelector('#token-once') !== null", "the token")
    qq.known_secret(page.text("#token-once"))
    page.click("dialog:has(#token-once) #dialog-send")
    page.wait("document.querySelector('dialog:has(#token-once) .error').textContent", "the reason")
    assert page.run("document.querySelector('#token-once') !== null")


def test_details_stay_under_the_hand(page, relay, admin, secret):
    """What is selected to be copied stays so while events come."""
    admin.add("lively", secret)
    open_bot(page, "lively")
    page.run("getSelection().selectAllChildren(document.querySelector('#details .mono dd'))")
    chosen = page.run("getSelection().toString()")
    assert chosen
    relay.deliver(secret, qq.event())
    page.wait("document.querySelector('#details').textContent.includes('Events1')", "the event to be counted")
    assert page.run("getSelection().toString()") == chosen


def test_notice_on_a_telephone(page, admin, secret):
    """Where the details cover the table, what is said is seen all the same."""
    admin.add("small", secret)
    page.resize(390, 844, mobile=True)
    open_bot(page, "small")
    there = "document.querySelector('#listing').checkVisibility({visibilityProperty: true})"
    assert page.run("document.activeElement.id") == "details" and not page.run(there)
    page.key("Escape")
    page.wait(f"document.activeElement.id === 'listing' && {there}", "the table")
    open_bot(page, "small")
    page.click("#rotate")
    submit(page, secret=qq.secret())
    page.wait("!document.querySelector('#notice').hidden && !document.querySelector('dialog[open]')", "the notice")
    assert page.run(
        "(() => { const box = document.querySelector('#notice').getBoundingClientRect();"
        " return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)?.id === 'notice'; })()"
    )


def test_rotation(page, relay, admin, secret):
    """Both secrets hold until the rotation ends."""
    new = qq.secret()
    admin.add("turn", secret)
    open_bot(page, "turn")
    page.click("#rotate")
    submit(page, secret=new)
    page.wait("document.querySelector('#end-rotation') !== null", "the rotation")
    for known in (secret, new):
        body = qq.event()
        assert relay.request("POST", "/webhook/qq/turn", body, qq.signed_headers(known, body)).status == 200
    page.click("#end-rotation")
    submit(page)
    page.wait("document.querySelector('#end-rotation') === null", "the end of the rotation")
    body = qq.event()
    assert relay.request("POST", "/webhook/qq/turn", body, qq.signed_headers(secret, body)).status == 401
    assert secret not in page.run("document.documentElement.outerHTML")


def test_a_node_that_hangs(browser, tmp_path, token, secret):
    """A node that does not answer is not called live, what is asked of it fails with a sentence, and it comes back."""
    (tmp_path / "bots.yaml").write_text("bots: {}\n")
    with Relay("--bots", "bots.yaml", "--admin-port", "0", folder=tmp_path, env={"HOOKWIRE_ADMIN_TOKEN": token}) as relay:
        page = browser.page(relay.admin_url)
        page.wait("document.querySelector('#connect button').textContent", "the page's words")
        page.run(SHORT_PATIENCE)
        page.type("#token", token)
        page.click("#connect button[type=submit]")
        page.wait("document.querySelector('#status').dataset.state === 'live'", "the page to be live")
        relay.signal(signal.SIGSTOP)
        try:
            page.wait("document.querySelector('#status').dataset.state === 'trying'", "the page to notice")
            page.click("#add")
            submit(page, name="late", secret=secret)
            page.wait("document.querySelector('dialog .error')?.textContent.includes('has not answered within')", "a sentence")
        finally:
            relay.signal(signal.SIGCONT)
        page.wait("document.querySelector('#status').dataset.state === 'live'", "the page to be live again")


def test_search_and_language(page, admin):
    """Bots are found by name, and the page speaks Chinese."""
    for name in ("needle", "haystack"):
        admin.add(name, qq.secret(), "generic")
    page.wait(row("needle") + " !== null", "the bots")
    page.type("#search", "need")
    page.wait(row("haystack") + " === null", "the others to go")
    assert cells(page, "needle")[:2] == ["needle", "generic"]
    page.click("#language")
    languages = {page.text("#add")}
    page.click("#language")
    languages.add(page.text("#add"))
    assert languages == {"Add a bot", "添加机器人"}


def test_at_home(page, relay, token):
    """The page asks nobody else, keeps the token to itself, and is held to its own files."""
    assert page.run("document.cookie") == "" and token not in page.run("document.documentElement.outerHTML")
    assert page.run("JSON.stringify({...localStorage, ...sessionStorage})").count(token) == 0
    hosts = page.run("[...new Set(performance.getEntriesByType('resource').map((entry) => new URL(entry.name).host))]")
    assert hosts == [relay.admin_url.split("//")[1].strip("/")]
    assert not page.violations


def test_a_notice_goes_with_its_cause(page, admin):
    """A refusal that passes is not said for longer than it lasts; and a search says how far it looked."""
    page.run(
        "(() => { const real = fetch; window.fails = 1; window.fetch = (...words) => window.fails-- > 0"
        " ? Promise.resolve(new Response(JSON.stringify({detail: 'The registry is away.'}), {status: 503})) : real(...words); })()"
    )
    page.wait("document.querySelector('#notice').textContent.includes('registry is away')", "the notice")
    page.wait("document.querySelector('#notice').hidden", "the notice to go")
    for number in range(101):
        admin.add(f"many-{number:03}", qq.secret(), "generic")
    page.wait("!document.querySelector('#more').hidden", "a second page")
    page.wait("document.querySelector('#counts').textContent.includes('of the first 100 bots: 0')", "of how many sockets are counted")
    page.type("#search", "zzz")
    page.wait("document.querySelector('#empty').textContent.includes('first 100 bots')", "how far the search went")
    page.click("#more")
    page.wait("document.querySelector('#counts').textContent.endsWith(' · Connected 0')", "all sockets to be counted")


def test_focus(page):
    """Who connects by the keyboard is in the list of the bots, and not at the page's beginning again."""
    page.wait("document.activeElement.id === 'listing'", "the focus")
