"""What no platform would send is refused with a word for it, and nothing of it reaches the bot: its first event is the
first good one, which has the same id as the bad one had."""

import base64
import json
import os
import time
import urllib.parse

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from dialogflow import DialogflowCX, DialogflowES
from generic import Bearer, GitHub, Standard, StandardAsymmetric
from messenger import Messenger, sign
from platforms import QQ
from relay import PATIENCE
from waiting import until
from webhook_request import Sending, send
from wechat import ACCOUNT, USER, WeChat, WeChatAES, fields

MEGABYTE = 1 << 20
DEEP_JSON = b'{"a":' * 200 + b"1" + b"}" * 200


def xml(inner, before=""):
    """A message that is complete, but for what is put into it and before it."""
    return (
        f"{before}<xml><ToUserName>{ACCOUNT}</ToUserName><FromUserName>{USER}</FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType>text</MsgType>{inner}<MsgId>1</MsgId></xml>"
    ).encode()


LAUGHS = "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 10))
# Each is well-formed XML, or nearly, and none is a message of WeChat's.
XML = {
    "billion laughs": (
        xml("<Content>&lol9;</Content>", f'<!DOCTYPE xml [<!ENTITY lol0 "lol">{LAUGHS}]>'), 400, "forbidden_xml"),
    "quadratic blow-up": (
        xml(f"<Content>{'&a;' * 1000}</Content>", f'<!DOCTYPE xml [<!ENTITY a "{"a" * 1000}">]>'), 400, "forbidden_xml"),
    "document type": (xml("<Content>hi</Content>", "<!DOCTYPE xml>"), 400, "forbidden_xml"),
    "document type behind a declaration": (
        xml("<Content>hi</Content>", '<?xml version="1.0"?>\n<!DOCTYPE xml SYSTEM "x.dtd">'), 400, "forbidden_xml"),
    "external entity": (
        xml("<Content>&f;</Content>", '<!DOCTYPE xml [<!ENTITY f SYSTEM "file:///etc/passwd">]>'), 400, "forbidden_xml"),
    "external entity over HTTP": (
        xml("<Content>&f;</Content>", '<!DOCTYPE xml [<!ENTITY f SYSTEM "http://127.0.0.1:9/">]>'), 400, "forbidden_xml"),
    "parameter entity": (
        xml("<Content>hi</Content>", '<!DOCTYPE xml [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]>'),
        400, "forbidden_xml"),
    "entity that is not there": (xml("<Content>&nbsp;</Content>"), 400, "forbidden_xml"),
    "entity without an end": (xml("<Content>&lt</Content>"), 400, "forbidden_xml"),
    "document type inside": (xml('<!DOCTYPE x [<!ENTITY a "b">]><Content>&a;</Content>'), 400, "forbidden_xml"),
    "processing instruction": (xml('<?xml-stylesheet href="x"?><Content>hi</Content>'), 400, "forbidden_xml"),
    "attribute": (xml('<Content a="1">hi</Content>'), 400, "forbidden_xml"),
    "field twice": (xml("<Content>hi</Content><Content>ho</Content>"), 400, "forbidden_xml"),
    "sender twice": (xml("<FromUserName>somebody else</FromUserName>"), 400, "forbidden_xml"),
    "deep": (xml("<a>" * 100 + "</a>" * 100), 413, "too_large"),
    "deep without an end": (xml("<a>" * 10_000), 413, "too_large"),
    "many elements": (xml(f"<a>{'<b/>' * 1000}</a>"), 413, "too_large"),
    "large": (xml(f"<Content>{'x' * (64 << 10)}</Content>"), 413, "too_large"),
    "truncated": (xml("<Content>hi</Content>")[:-6], 400, "malformed_xml"),
    "another root": (xml("<Content>hi</Content>").replace(b"xml>", b"html>"), 400, "malformed_xml"),
    "two roots": (xml("<Content>hi</Content>") * 2, 400, "malformed_xml"),
    "crossed elements": (xml("<a><b></a></b>"), 400, "malformed_xml"),
    "UTF-16": (xml("<Content>hi</Content>").decode().encode("utf-16"), 400, "malformed_xml"),
    "called UTF-16": (
        xml("<Content>hi</Content>", '<?xml version="1.0" encoding="UTF-16"?>'), 400, "malformed_xml"),
    "UTF-7": (xml("<Content>hi</Content>", '<?xml version="1.0" encoding="utf-7"?>'), 400, "malformed_xml"),
    "broken UTF-8": (xml("<Content>hi</Content>").replace(b"hi", b"\xff\xfe"), 400, "malformed_xml"),
    "overlong UTF-8": (xml("<Content>hi</Content>").replace(b"hi", b"\xc0\xbc!DOCTYPE"), 400, "malformed_xml"),
    # In a text it would be read as U+FFFD, for WeChat does not escape what its users write.
    "NUL": (xml("<Cont\0ent>hi</Content>"), 400, "malformed_xml"),
    "JSON": (b'{"ToUserName":"a"}', 400, "malformed_xml"),
    "nothing": (b"", 400, "malformed_xml"),
    "no fields": (b"<xml></xml>", 400, "missing_fields"),
    "ToUserName missing": (fields(FromUserName=USER, CreateTime=1, MsgType="text", Content="hi"), 400, "missing_fields"),
    "FromUserName missing": (fields(ToUserName=ACCOUNT, CreateTime=1, MsgType="text"), 400, "missing_fields"),
    "CreateTime missing": (fields(ToUserName=ACCOUNT, FromUserName=USER, MsgType="text"), 400, "missing_fields"),
    "MsgType missing": (fields(ToUserName=ACCOUNT, FromUserName=USER, CreateTime=1), 400, "missing_fields"),
    "empty sender": (fields(ToUserName=ACCOUNT, FromUserName="", CreateTime=1, MsgType="text"), 400, "missing_fields"),
}

ANOTHER = "somebody-elses-secret"
STALE = 1_400_000_000

QQ_REQUESTS = {
    "GET": (lambda p: p.event().but(method="GET"), 405, None),
    "another secret's signature": (
        lambda p: p.event().but(headers={"X-Signature-Ed25519": QQ(ANOTHER).event().headers["X-Signature-Ed25519"]}),
        401, None),
    "no signature": (lambda p: p.event().but(headers={"X-Signature-Ed25519": None}), 401, None),
    "another body": (lambda p: p.event().but(body=p.event("other").body), 401, None),
    "no secret": (lambda p: p.event().but(query={"secret": None}), None, "missing_secret"),
    "oversized": (lambda p: p.event("x" * MEGABYTE), 413, "body_too_large"),
}

MESSENGER = {
    "another secret's signature": (lambda p: p.post(p.event().body, secret=ANOTHER), 401, "wrong_signature"),
    "another body": (lambda p: p.event().but(body=p.event("other").body), 401, "wrong_signature"),
    "one more byte": (lambda p: p.event().but(body=p.event().body + b"\n"), 401, "wrong_signature"),
    "no signature": (lambda p: p.event().but(headers={"X-Hub-Signature-256": None}), 401, "missing_signature"),
    "SHA-1 alone": (
        lambda p: p.event().but(
            headers={"X-Hub-Signature-256": None, "X-Hub-Signature": sign(p.secret, p.event().body, "sha1")}
        ),
        401, "missing_signature"),
    "SHA-1 as SHA-256": (
        lambda p: p.event().but(headers={"X-Hub-Signature-256": sign(p.secret, p.event().body, "sha1")}),
        401, "malformed_signature"),
    "half a signature": (
        lambda p: p.event().but(headers={"X-Hub-Signature-256": sign(p.secret, p.event().body)[:-2]}),
        401, "malformed_signature"),
    "no secret": (lambda p: p.event().but(query={"secret": None}), 400, "missing_secret"),
    "wrong verify token": (lambda p: p.handshake().but(query={"hub.verify_token": "x"}), 403, "wrong_verify_token"),
    "no verify token to compare": (
        lambda p: p.handshake().but(query={"verify_token": None}), 400, "missing_verify_token"),
    "no verify token at all": (
        lambda p: p.handshake().but(query={"verify_token": None, "hub.verify_token": None}), 400, "not_a_handshake"),
    "empty verify tokens": (
        lambda p: p.handshake().but(query={"verify_token": "", "hub.verify_token": ""}), 400, "missing_verify_token"),
    "another mode": (lambda p: p.handshake().but(query={"hub.mode": "unsubscribe"}), 400, "not_a_handshake"),
    "a page for a challenge": (lambda p: p.handshake("<script>alert(1)</script> "), 400, "not_a_handshake"),
    "handshake without a secret": (lambda p: p.handshake().but(query={"secret": None}), 400, "missing_secret"),
    "event by GET": (lambda p: p.event().but(method="GET"), 400, "not_a_handshake"),
    "event by PUT": (lambda p: p.event().but(method="PUT"), 405, "not_post"),
    "no JSON": (lambda p: p.post(b"object=page"), 400, "malformed_json"),
    "half of the JSON": (lambda p: p.post(p.event().body[:-1]), 400, "malformed_json"),
    "nothing": (lambda p: p.post(b""), 400, "malformed_json"),
    "a list": (lambda p: p.post(b"[1]"), 400, "not_an_object"),
    "no object": (lambda p: p.post(b'{"entry":[]}'), 400, "missing_object"),
    "an object that is a number": (lambda p: p.post(b'{"object":1}'), 400, "missing_object"),
    "deep JSON": (lambda p: p.post(DEEP_JSON), 400, "malformed_json"),
    "oversized": (lambda p: p.event("x" * MEGABYTE), 413, "body_too_large"),
}


def dialogflow(p, body):
    return p.event().but(body=body)


DIALOGFLOW = {
    "no secret": (lambda p: p.event().but(query={"secret": None}), 401, "missing_secret"),
    "empty bearer": (
        lambda p: p.event().but(query={"secret": None}, headers={"Authorization": "Bearer "}), 401, "missing_secret"),
    "broken basic": (
        lambda p: p.event().but(query={"secret": None}, headers={"Authorization": "Basic !"}), 401, "missing_secret"),
    "a field that is none": (lambda p: p.event().but(query={"header": "a b"}), 400, "malformed_header"),
    "GET": (lambda p: p.event().but(method="GET", body=b""), 405, "not_post"),
    "PUT": (lambda p: p.event().but(method="PUT"), 405, "not_post"),
    "no JSON": (lambda p: dialogflow(p, b"hi"), 400, "malformed_json"),
    "half of the JSON": (lambda p: dialogflow(p, p.event().body[:-1]), 400, "malformed_json"),
    "nothing": (lambda p: dialogflow(p, b""), 400, "malformed_json"),
    "a list": (lambda p: dialogflow(p, b"[]"), 400, "not_an_object"),
    "no query": (lambda p: dialogflow(p, b'{"responseId":"1","session":"s"}'), 400, "not_a_query"),
    "a query that is a text": (lambda p: dialogflow(p, b'{"queryResult":"hi"}'), 400, "not_a_query"),
    "deep JSON": (lambda p: dialogflow(p, DEEP_JSON), 400, "malformed_json"),
    "oversized": (lambda p: p.event("x" * MEGABYTE), 413, "body_too_large"),
}

WECHAT = {
    "another token's signature": (lambda p: p.post(p.message(), token=ANOTHER), 401, "wrong_signature"),
    "another nonce": (lambda p: p.event().but(query={"nonce": "1"}), 401, "wrong_signature"),
    "another timestamp": (lambda p: p.event().but(query={"timestamp": str(int(time.time()) + 7)}), 401, "wrong_signature"),
    "no timestamp": (lambda p: p.event().but(query={"timestamp": None}), 401, "missing_signature"),
    "no nonce": (lambda p: p.event().but(query={"nonce": None}), 401, "missing_signature"),
    "a timestamp that is none": (lambda p: p.event().but(query={"timestamp": "+1"}), 401, "malformed_timestamp"),
    "long ago": (lambda p: p.post(p.message(), timestamp=STALE), 401, "stale_timestamp"),
    "far ahead": (lambda p: p.post(p.message(), timestamp=int(time.time()) + 3600), 401, "stale_timestamp"),
    "no secret": (lambda p: p.event().but(query={"secret": None}), 400, "missing_secret"),
    "event by GET": (lambda p: p.event().but(method="GET"), 400, "not_a_handshake"),
    "event by PUT": (lambda p: p.event().but(method="PUT"), 405, "not_post"),
    "handshake of another token": (lambda p: p.handshake(token=ANOTHER), 401, "wrong_signature"),
    "handshake without a signature": (lambda p: p.handshake().but(query={"signature": None}), 401, "missing_signature"),
    "handshake without an echo": (lambda p: p.handshake().but(query={"echostr": None}), 400, "not_a_handshake"),
    "oversized": (lambda p: p.event("x" * MEGABYTE), 413, "body_too_large"),
}
WECHAT_PLAIN = WECHAT | {
    "no signature": (lambda p: p.event().but(query={"signature": None}), 401, "missing_signature"),
    "half a signature": (lambda p: p.event().but(query={"signature": "0" * 38}), 401, "malformed_signature"),
    "encrypted, without a key": (
        lambda p: p.event().but(query={"encrypt_type": "aes", "msg_signature": "0" * 40}), 400, "missing_aes_key"),
    **{
        name: (lambda p, document=document: p.post(document), status, reason)
        for name, (document, status, reason) in XML.items()
    },
}


def sealed(p, document):
    """A ciphertext of any bytes: `wechatpy` takes a text."""
    plain = os.urandom(16) + len(document).to_bytes(4, "big") + document + p.app_id.encode()
    return encrypted(p, padded(plain))


def padded(plain):
    count = 32 - len(plain) % 32
    return plain + bytes([count]) * count


def encrypted(p, plain):
    key = base64.b64decode(p.aes_key + "=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def unpadded(p, document=b"<xml></xml>", app_id=None, length=None):
    """A message before it is padded, to 32 bytes less one, so that any padding fits."""
    document += b" " * (-(20 + len(document) + len(app_id or p.app_id)) % 32)
    length = len(document) if length is None else length
    return b"r" * 16 + length.to_bytes(4, "big") + document + (app_id or p.app_id).encode()


# What a signed ciphertext can be, other than the encryption of a message.
CIPHERTEXTS = {
    "padding of zeros": lambda p: encrypted(p, unpadded(p) + bytes(32)),
    "padding too long": lambda p: encrypted(p, unpadded(p) + bytes([33]) * 32),
    "padding of another number": lambda p: encrypted(p, unpadded(p) + bytes([31]) + bytes([32]) * 31),
    "padding whose last byte differs": lambda p: encrypted(p, unpadded(p) + bytes([32]) * 31 + bytes([2])),
    "no padding": lambda p: encrypted(p, unpadded(p, b"<xml></xml>" + b"\xff" * 3) + b"\xff" * 32),
    "one bit changed": lambda p: changed(p, -1),
    "one block less": lambda p: base64.b64encode(base64.b64decode(p.encrypted(p.message()))[:-16]).decode(),
    "another app id": lambda p: encrypted(p, unpadded(p, app_id="wx0000000000000000") + bytes([32]) * 32),
    "length too long": lambda p: encrypted(p, unpadded(p, length=1 << 20) + bytes([32]) * 32),
    "length of four gigabytes": lambda p: encrypted(p, unpadded(p, length=0xFFFF_FFFF) + bytes([32]) * 32),
    "length too short": lambda p: encrypted(p, unpadded(p, length=3) + bytes([32]) * 32),
    "another key": lambda p: WeChatAES(p.token).encrypted(p.message()),
    "not whole blocks": lambda p: base64.b64encode(os.urandom(33)).decode(),
    "one block": lambda p: encrypted(p, bytes([16]) * 16),
    "no Base64": lambda p: "this is no Base64!",
}


def changed(p, index):
    ciphertext = bytearray(base64.b64decode(p.encrypted(p.message())))
    ciphertext[index] ^= 1
    return base64.b64encode(ciphertext).decode()


WECHAT_AES = WECHAT | {
    "no signature": (lambda p: p.event().but(query={"msg_signature": None}), 401, "missing_signature"),
    "half a signature": (lambda p: p.event().but(query={"msg_signature": "0" * 38}), 401, "malformed_signature"),
    "another ciphertext": (
        lambda p: p.event().but(body=fields(ToUserName=ACCOUNT, Encrypt=p.encrypted(p.message()))),
        401, "wrong_signature"),
    "plain mode's signature": (
        lambda p: p.event().but(query={"msg_signature": p.event().query["signature"]}), 401, "wrong_signature"),
    "not encrypted": (lambda p: WeChat.post(p, p.message()), 401, "not_encrypted"),
    "no ciphertext": (lambda p: p.post_encrypted("", body=fields(ToUserName=ACCOUNT)), 400, "missing_fields"),
    "no app id": (lambda p: p.event().but(query={"app_id": None}), 400, "missing_app_id"),
    "half a key": (lambda p: p.event().but(query={"aes_key": p.aes_key[:20]}), 400, "malformed_aes_key"),
    # The app id behind it is whole, so this is a message, of broken XML.
    "one bit changed in the middle": (lambda p: p.post_encrypted(changed(p, 40)), 400, "malformed_xml"),
    **{f"{name} inside": (lambda p, d=document: p.post_encrypted(sealed(p, d)), status, reason)
       for name, (document, status, reason) in XML.items() if name != "large"},
    **{f"{name} outside": (
        lambda p, d=document: p.post_encrypted(
            p.encrypted(p.message()),
            body=d.replace(b"<ToUserName>", f"<Encrypt>{p.encrypted(p.message())}</Encrypt><ToUserName>".encode(), 1)),
        status, reason)
       # Outside nothing is read but the ciphertext: what else is there twice is a list, for all that is known.
       for name, (document, status, reason) in XML.items()
       if reason in ("forbidden_xml", "too_large") and not name.endswith(" twice")},
    "two ciphertexts": (
        lambda p: p.post_encrypted("a", body=b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>"), 400, "forbidden_xml"),
    **{name: (lambda p, make=make: p.post_encrypted(make(p)), 400, "undecryptable")
       for name, make in CIPHERTEXTS.items()},
}

GENERIC = {
    "no secret": (lambda p: p.event().but(query={"secret": None}), 400, "missing_secret"),
    "an unknown scheme": (lambda p: p.event().but(query={"scheme": "md5"}), 400, "unknown_scheme"),
    "oversized": (lambda p: p.event("x" * MEGABYTE), 413, "body_too_large"),
}
GITHUB = GENERIC | {
    "another secret's signature": (lambda p: p.post(p.event().body, secret=ANOTHER), 401, "wrong_signature"),
    "another body": (lambda p: p.event().but(body=b"{}"), 401, "wrong_signature"),
    "no signature": (lambda p: p.event().but(headers={"X-Hub-Signature-256": None}), 401, "missing_signature"),
    "half a signature": (
        lambda p: p.event().but(headers={"X-Hub-Signature-256": "sha256=00"}), 401, "malformed_signature"),
    "no prefix": (
        lambda p: p.event().but(headers={"X-Hub-Signature-256": sign(p.secret, p.event().body)[7:]}),
        401, "malformed_signature"),
    "a field that is none": (lambda p: p.event().but(query={"header": "a b"}), 400, "malformed_header"),
    "a reply of another word": (lambda p: p.event().but(query={"reply": "true"}), 400, "malformed_reply"),
    "GET without a signature": (
        lambda p: p.event().but(method="GET", body=b"", headers={"X-Hub-Signature-256": None}), 401, "missing_signature"),
    "GET with another body's signature": (lambda p: p.event().but(method="GET", body=b""), 401, "wrong_signature"),
}
SIGNED = GENERIC | {
    "another body": (lambda p: p.event().but(body=b"{}"), 401, "wrong_signature"),
    "another id": (lambda p: p.event().but(headers={"webhook-id": "msg_2"}), 401, "wrong_signature"),
    "another moment": (
        lambda p: p.event().but(headers={"webhook-timestamp": str(int(time.time()) + 7)}), 401, "wrong_signature"),
    "no id": (lambda p: p.event().but(headers={"webhook-id": None}), 401, "missing_signature"),
    "no timestamp": (lambda p: p.event().but(headers={"webhook-timestamp": None}), 401, "missing_signature"),
    "no signature": (lambda p: p.event().but(headers={"webhook-signature": None}), 401, "missing_signature"),
    "a timestamp that is none": (
        lambda p: p.event().but(headers={"webhook-timestamp": "1e9"}), 401, "malformed_timestamp"),
    "long ago": (lambda p: p.post(b"{}", timestamp=STALE), 401, "stale_timestamp"),
    "far ahead": (lambda p: p.post(b"{}", timestamp=int(time.time()) + 3600), 401, "stale_timestamp"),
    "an unknown version": (
        lambda p: p.event().but(headers={"webhook-signature": "v9,AAAA"}), 401, "wrong_signature"),
    "no Base64": (lambda p: p.event().but(headers={"webhook-signature": "v1,!"}), 401, "malformed_signature"),
}
STANDARD = SIGNED | {
    "another secret's signature": (
        lambda p: p.post(b"{}", secret=Standard("").secret), 401, "wrong_signature"),
    "called v1a": (
        lambda p: p.event().but(headers={"webhook-signature": p.event().headers["webhook-signature"].replace("v1", "v1a")}),
        401, "wrong_signature"),
    "a secret that is none": (lambda p: p.event().but(query={"secret": "whsec_!"}), 400, "malformed_standard_secret"),
    "a public key in its place": (
        lambda p: p.event().but(query={"secret": "whpk_" + p.secret[6:]}), 400, "malformed_standard_secret"),
}
ASYMMETRIC = SIGNED | {
    "another key's signature": (
        lambda p: p.post(b"{}", key=Ed25519PrivateKey.generate()), 401, "wrong_signature"),
    # Whoever knows the public key could make it, if it were ever taken for a shared one.
    "the public key as a shared one": (
        lambda p: p.event().but(headers={"webhook-signature": Standard.sign(
            p, int(p.event().headers["webhook-timestamp"]), p.event().body, secret="whsec_" + p.secret[5:])}),
        401, "wrong_signature"),
}
BEARER = {name: case for name, case in GENERIC.items() if name != "no secret"} | {
    "no token": (lambda p: p.event().but(headers={"Authorization": None}), 401, "missing_token"),
    "empty token": (lambda p: p.event().but(headers={"Authorization": "Bearer "}), 401, "missing_token"),
    "another way": (lambda p: p.event().but(headers={"Authorization": f"Digest {p.secret}"}), 401, "missing_token"),
    "another token than the URL's": (lambda p: p.post(b"{}", secret=ANOTHER).but(query={"secret": p.secret}), 401,
                                     "wrong_secret"),
}

KINDS = {
    "qq": (QQ, QQ_REQUESTS),
    "messenger": (Messenger, MESSENGER),
    "dialogflow-es": (DialogflowES, DIALOGFLOW),
    "dialogflow-cx": (DialogflowCX, DIALOGFLOW),
    "wechat": (WeChat, WECHAT_PLAIN),
    "wechat-aes": (WeChatAES, WECHAT_AES),
    "github": (GitHub, GITHUB),
    "standard": (Standard, STANDARD),
    "standard-asymmetric": (StandardAsymmetric, ASYMMETRIC),
    "bearer": (Bearer, BEARER),
}
CASES = [
    pytest.param(kind, *case, id=f"{platform}: {name}")
    for platform, (kind, cases) in KINDS.items()
    for name, case in cases.items()
]


def answering(relay, secret):
    """A bot whose frames are answers."""
    return relay.bot(secret, path="/ws?" + urllib.parse.urlencode({"secret": secret, "reply": "1"}))


def gets_as_its_first(bot, relay, good):
    """A good event is the first that the bot gets."""
    sending = Sending(relay, good)
    assert bot.recv(timeout=PATIENCE).encode() == good.delivered
    bot.send("hi")
    assert sending.answered().status == 200


@pytest.mark.parametrize("kind, make, status, reason", CASES)
def test_refused(relay, secret, kind, make, status, reason):
    """A clear problem; and the bot's first event is the good one that follows."""
    platform = kind(secret)
    with answering(relay, platform.secret) as bot:
        answer = send(relay, make(platform))
        problem = json.loads(answer.body)
        assert (answer.status, problem["reason"]) == (status or answer.status, reason or problem["reason"])
        assert 400 <= answer.status < 500 and problem["status"] == answer.status
        assert answer.headers["Content-Type"] == "application/problem+json" and problem["detail"].endswith((".", "…"))
        assert platform.secret not in answer.body.decode()
        gets_as_its_first(bot, relay, platform.event("good"))


def test_one_answer_to_what_cannot_be_decrypted(relay, secret):
    """Padding, length, app id or key: to whoever can sign, all that can be wrong looks the same, or a message could be
    guessed byte by byte. To whoever cannot, a broken ciphertext looks like a whole one."""
    platform = WeChatAES(secret)

    def looks(request):
        answer = send(relay, request)
        return answer.status, answer.body, sorted(name for name, _ in answer.headers.items() if name != "Date")

    assert len({repr(looks(platform.post_encrypted(make(platform)))) for make in CIPHERTEXTS.values()}) == 1
    unsigned = [make(platform) for make in CIPHERTEXTS.values()] + [platform.encrypted(platform.message())]
    answers = {repr(looks(platform.post_encrypted(ciphertext, token=ANOTHER))) for ciphertext in unsigned}
    assert len(answers) == 1 and "wrong_signature" in answers.pop()


def test_another_secret_is_another_bot(relay, secret):
    """Dialogflow signs nothing: what has another secret is another bot's, and this one hears nothing of it."""
    platform = DialogflowES(secret)
    with answering(relay, secret) as bot:
        assert send(relay, DialogflowES(ANOTHER).event()).body == b"{}"
        gets_as_its_first(bot, relay, platform.event("good"))


def test_path_of_another_platform(start, secret):
    """QQ's path is the shortest: another platform's check of it is told so, and is counted and logged."""
    relay = start()
    check = relay.get(f"/webhook?secret={secret}&signature=x&echostr=1")
    post = relay.request("POST", f"/webhook?secret={secret}", XML["nothing"][0])
    for answer, status, reason in [(check, 405, "method_not_allowed"), (post, 400, "not_an_object")]:
        problem = json.loads(answer.body)
        assert (answer.status, problem["reason"]) == (status, reason)
        assert "This is QQ's path: others are /webhook/wechat" in problem["detail"]
    assert check.headers["Allow"] == "POST"
    assert 'outcome="method_not_allowed"' in relay.get("/metrics").body.decode()
    assert relay.get(f"/webhook/telegram?secret={secret}").status == 404
    for reason in ("method_not_allowed", "unknown_platform"):
        until(lambda reason=reason: reason in relay.log, lambda reason=reason: f"no {reason} in {relay.log}")


@pytest.mark.parametrize("path", ["/webhook/nonsense", "/webhook/", "/webhook/WeChat", "/webhook/wechat/x/y"])
def test_unknown_platform(relay, secret, path):
    """A platform that there is not is a problem, not a page."""
    answer = send(relay, GitHub(secret).event().but(path=path))
    assert answer.status == 404 and answer.headers["Content-Type"] == "application/problem+json"
