"""Takes the documentation's pictures of the inspector: `script/pictures`."""

import json
import pathlib
import sys
import tempfile
import threading

import qq
from browser import Browser
from inspector import Inspector
from relay import Relay

# What a bot hears on a good day.
CONVERSATION = [
    "Good morning! Is the stand-up still at ten?", "/weather Zürich", "今天的天气怎么样？", "Can you summarise the last meeting?",
    "谢谢你！", "/remind me at 15:00 to call the bank", "What is the deploy status?", "帮我翻译一下这段话", "See you tomorrow",
]


def group_message(text, number):
    id = f"{number:032x}"
    author = {"id": f"0A1B2C{number:02X}", "member_openid": f"0A1B2C{number:02X}"}
    message = {"id": f"ROBOT1.0_{id}", "content": text, "timestamp": "2026-01-31T12:00:00+00:00", "author": author, "group_openid": "4E5F6A7B"}
    type = "GROUP_AT_MESSAGE_CREATE" if number % 3 else "C2C_MESSAGE_CREATE"
    return json.dumps({"op": 0, "id": f"{type}:{id}", "d": message, "t": type}, ensure_ascii=False).encode()


def main(folder):
    temporary = pathlib.Path(tempfile.mkdtemp())
    with Relay("--reply-timeout", "30s", folder=temporary) as relay, Browser(temporary) as browser:
        secret = qq.secret()
        with relay.bot(secret, path=f"/ws?secret={secret}&consumer=production"):
            inspector = Inspector(browser, relay.port, secret, width=1280, height=760)
            page = inspector.page
            for number, text in enumerate(CONVERSATION):
                relay.deliver(secret, group_message(text, number))
            relay.post(secret, group_message("forged", 99), qq.signed_headers(qq.secret(), b"something else"))
            question = {"responseId": "a", "session": "projects/shop/agent/sessions/7", "queryResult": {"queryText": "Where is my order?"}}
            asking = threading.Thread(
                target=relay.request,
                args=("POST", f"/webhook/dialogflow?secret={secret}", json.dumps(question), {"Content-Type": "application/json"}),
            )
            asking.start()
            inspector.await_row("Where is my order?")
            inspector.open("/remind me")
            page.wait("document.querySelector('#receivers').textContent.includes('production')")
            for theme in ("light", "dark"):
                page.theme(theme)
                page.screenshot(folder / f"inspector-{theme}.png")
            inspector.open("Where is my order?")
            page.type("#reply-text", "On its way")
            page.click("#reply-send")
            asking.join(30)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
