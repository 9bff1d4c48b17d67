"""A bot's reply as a page in a browser: it has the origin of the inspector's, where secrets are, and must get at none."""

import json
import threading

import qq
from browser import Browser
from envelope_bot import EnvelopeBot, webhook
from inspector import Inspector
from relay import Relay

PAGE = """<!doctype html><title>of the attacker</title><h1>hello</h1><script>
document.title = "ran";
navigator.serviceWorker.register(%s, {scope: "/"}).finally(() => { document.title = "registered"; });
</script>"""
WORKER = "self.addEventListener('install', () => self.skipWaiting());"


class Attacker:
    """A bot of anybody's that answers every request with what its query asks for. Use `with`."""

    def __init__(self, relay, secret):
        self.relay, self.secret = relay, secret
        self.asked = []

    def __enter__(self):
        self._bot = EnvelopeBot(self.relay, self.secret)
        self._bot.__enter__()
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()
        return self

    def _answer(self):
        worker = webhook(self.secret, reply="1", part="worker")
        for frame in self._bot.socket:
            event = json.loads(frame)
            if "replytoken" not in event:
                continue
            self.asked.append(event["query"])
            if event["query"] == "part=worker":
                headers, body = {"Content-Type": "text/javascript", "Service-Worker-Allowed": "/"}, WORKER
            else:
                headers = {"Content-Type": "text/html", "Content-Security-Policy": "sandbox allow-scripts allow-same-origin"}
                body = PAGE % json.dumps(worker)
            reply = {"type": "reply", "token": event["replytoken"], "headers": headers, "body": body}
            self._bot.socket.send(json.dumps(reply))

    def __exit__(self, *_):
        self._bot.__exit__()
        self._thread.join()


def test_pages(tmp_path, secret):
    """A page that a bot replies with runs nothing, and its service worker is refused even to a script that may run."""
    others = qq.secret()
    with Relay(folder=tmp_path) as relay, Browser(tmp_path) as browser, Attacker(relay, others) as attacker:
        page = Inspector(browser, relay.port, secret).page
        page.go(relay.url + webhook(others, reply="1", part="page"))
        assert page.text("h1") == "hello" and page.run("document.title") == "of the attacker"
        assert page.run("window.origin") == "null"
        # A page of the relay's own origin, without a policy that would forbid it.
        page.go(relay.url + "/inspector/counts")
        worker = json.dumps(webhook(others, reply="1", part="worker"))
        register = f"navigator.serviceWorker.register({worker}, {{scope: '/'}})"
        assert page.run(register + ".then(() => 'registered', (error) => error.name)") == "TypeError"
        assert page.run("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
        assert attacker.asked == ["part=page"]
