"""WeChat's official accounts, in both modes, against `wechatpy`: what it makes is understood, and what is answered it
opens."""

import json

import pytest
import wechatpy

from envelope_bot import EnvelopeBot
from webhook_request import Sending, send
from wechat import ACCOUNT, USER, WeChat, WeChatAES, fields

both_modes = pytest.mark.parametrize("kind", [WeChat, WeChatAES], ids=["plain", "aes"])

MESSAGES = {
    "text": ({"Content": "你好 & <b>"}, "text", "你好 & <b>"),
    "empty text": ({"Content": ""}, "text", None),
    "image": ({"MsgType": "image", "Content": None, "PicUrl": "http://x/?a=1&b=2", "MediaId": "m"}, "image", None),
    "voice": ({"MsgType": "voice", "Content": None, "MediaId": "m", "Recognition": "嗨"}, "voice", "嗨"),
    "voice that nobody understood": ({"MsgType": "voice", "Content": None, "MediaId": "m"}, "voice", None),
    "location": (
        {"MsgType": "location", "Content": None, "Location_X": "23.1", "Location_Y": "113.3", "Scale": 20, "Label": "x"},
        "location", None),
    "subscription": ({"MsgType": "event", "Content": None, "MsgId": None, "Event": "subscribe"}, "event.subscribe", None),
    "menu": (
        {"MsgType": "event", "Content": None, "MsgId": None, "Event": "CLICK", "EventKey": "K"}, "event.CLICK", None),
}


@both_modes
@pytest.mark.parametrize("echo", ["5837397520665436492", "a+b/c=&d e", "x" * 1024])
def test_handshake(relay, secret, kind, echo):
    """The platform's check of the URL has its echo back, as it is."""
    answer = send(relay, kind(secret).handshake(echo))
    assert (answer.status, answer.body.decode()) == (200, echo)
    assert answer.headers.get_content_type() == "text/plain"


def test_handshake_without_a_body(relay, secret):
    """HEAD works where GET does, for whoever only looks whether the URL is good."""
    answer = send(relay, WeChat(secret).handshake("1").but(method="HEAD"))
    assert (answer.status, answer.body) == (200, b"")


def test_handshake_at_any_time(relay, secret):
    """The check of the URL tells nobody anything, and is not asked to be fresh."""
    assert send(relay, WeChat(secret).handshake("1", timestamp=1_400_000_000)).body == b"1"


@both_modes
@pytest.mark.parametrize("changes, type, text", MESSAGES.values(), ids=MESSAGES.keys())
def test_message(relay, secret, kind, changes, type, text):
    """Every kind of message: the envelope has what `wechatpy` reads in it."""
    platform = kind(secret)
    xml = platform.message(**changes)
    with EnvelopeBot(relay, secret) as bot:
        sending = Sending(relay, platform.post(xml))
        event = bot.receive()
        read = wechatpy.parse_message(xml)
        assert (event["type"], event.get("text")) == (type, text)
        assert event["sender"] == read.source == USER and event["conversation"] == read.target == ACCOUNT
        assert type == (f"event.{changes['Event']}" if read.type == "event" else read.type)
        if read.id:
            assert event["id"] == str(read.id)
        assert bot.reply(event, text="ok")["outcome"] == "accepted"
        assert platform.said(sending.answered()) == "ok"


def test_compatible_mode(relay, secret):
    """In compatible mode the message is there twice: what counts is the encrypted one, which is signed."""
    platform = WeChatAES(secret)
    body = platform.message(Content="forged").replace(
        b"</xml>", f"<Encrypt><![CDATA[{(encrypted := platform.encrypted(platform.message(Content='true')))}]]></Encrypt></xml>".encode()
    )
    with EnvelopeBot(relay, secret) as bot:
        sending = Sending(relay, platform.post_encrypted(encrypted, body=body))
        event = bot.receive()
        assert event["text"] == "true"
        bot.reply(event, text="ok")
        assert platform.said(sending.answered()) == "ok"


@both_modes
@pytest.mark.parametrize("text", ["]]>", "a\nb\tc", "&amp;<xml>", "你" * 682, "x" * 2048, "\U0001f600"])
def test_text(relay, secret, kind, text):
    """Whatever text the bot answers, `wechatpy` reads it in the passive reply."""
    platform = kind(secret)
    with EnvelopeBot(relay, secret) as bot:
        sending = Sending(relay, platform.event())
        assert bot.reply(bot.receive(), text=text)["outcome"] == "accepted"
        assert platform.said(sending.answered()) == text


@both_modes
def test_own_xml(relay, secret, kind):
    """A bot's own XML goes out as it is, or encrypted: it need not know the key."""
    platform = kind(secret)
    own = fields(ToUserName=USER, FromUserName=ACCOUNT, CreateTime=1, MsgType="text", Content="我的").decode()
    with EnvelopeBot(relay, secret) as bot:
        sending = Sending(relay, platform.event())
        assert bot.reply(bot.receive(), body=own)["outcome"] == "accepted"
        assert platform.opened(sending.answered()) == own


@both_modes
def test_saying_nothing(relay, secret, kind):
    """`success` is never encrypted, whoever says it."""
    platform = kind(secret)
    with EnvelopeBot(relay, secret) as bot:
        sending = Sending(relay, platform.event())
        assert bot.reply(bot.receive(), body="success")["outcome"] == "accepted"
        assert (sending.answered().status, sending.answer.body) == (200, b"success")


@both_modes
@pytest.mark.parametrize(
    "reply",
    [
        {"text": "x" * 2049}, {"text": "a\0b"}, {"body": "hi"}, {"body": "<html></html>"}, {"body": {"a": 1}},
        {"body": '<!DOCTYPE xml [<!ENTITY a "b">]><xml><A>&a;</A></xml>'}, {"status": 500, "body": "success"},
    ],
    ids=["long", "NUL", "no XML", "another root", "JSON", "document type", "another status"],
)
def test_unfit(relay, secret, kind, reply):
    """What WeChat would take for a failure, and show as one, is unfit; the request waits for another."""
    platform = kind(secret)
    with EnvelopeBot(relay, secret) as bot:
        sending = Sending(relay, platform.event())
        event = bot.receive()
        assert bot.reply(event, **reply)["outcome"] == "unfit"
        bot.reply(event, text="fit")
        assert platform.said(sending.answered()) == "fit"


def test_events_that_are_repeated(relay, secret):
    """Events have no id: user, time and name tell them apart."""
    platform = WeChat(secret)

    def event(name, time):
        members = {"MsgType": "event", "Content": None, "MsgId": None, "Event": name, "CreateTime": time}
        return platform.post(platform.message(**members))

    with EnvelopeBot(relay, secret) as bot:
        moments = [("subscribe", 1), ("subscribe", 1), ("subscribe", 2), ("unsubscribe", 2)]
        sendings = []
        for moment in moments:
            sendings.append(Sending(relay, event(*moment)))
            if moment not in moments[: len(sendings) - 1]:
                received = bot.receive()
                bot.reply(received, text="/".join(map(str, moment)))
                sendings[-1].answered()
        said = [platform.said(sending.answered()) for sending in sendings]
        assert said == ["/".join(map(str, moment)) for moment in moments]


def test_credentials_stay(relay, secret):
    """Key, app id, token and signatures are not among what the bot gets; the rest of the query is."""
    platform = WeChatAES(secret)
    with EnvelopeBot(relay, secret) as bot:
        sending = Sending(relay, platform.event())
        event = bot.receive()
        assert event["query"] == f"openid={USER}"
        text = json.dumps(event)
        assert not [word for word in (secret, platform.aes_key, platform.app_id) if word in text]
        bot.reply(event, text="ok")
        sending.answered()
