"""WeChat's side of an official account's webhook: signed, encrypted, decrypted and read by `wechatpy`."""

import base64
import itertools
import os
import secrets
import time

import wechatpy
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import deserialize_reply
from wechatpy.utils import WeChatSigner, check_signature

import qq
from webhook_request import Request

_ids = itertools.count(23_000_000_000_000_000)

ACCOUNT, USER = "gh_7f083739789a", "oia2TjuEGTNoeX76QEjQNrcURxG8"


def signature(*parts):
    signer = WeChatSigner()
    signer.add_data(*parts)
    return signer.signature


def fields(**members):
    """A message's XML: numbers plain, texts as CDATA, as the platform writes them."""
    lines = (
        f"<{name}>{value}</{name}>" if isinstance(value, int) else f"<{name}><![CDATA[{value}]]></{name}>"
        for name, value in members.items()
        if value is not None
    )
    return f"<xml>{''.join(lines)}</xml>".encode()


class WeChat:
    """An official account in plain mode."""

    name = "wechat"
    fallback = b"success"

    def __init__(self, secret):
        self.secret = self.token = secret
        self.id = next(_ids)

    @property
    def parameters(self):
        return {"secret": self.token}

    def event(self, text="hello", **changes):
        """A user's message; the same id every time, unless another is given."""
        return self.post(self.message(Content=text, **changes))

    def message(self, **changes):
        members = {
            "ToUserName": ACCOUNT,
            "FromUserName": USER,
            "CreateTime": int(time.time()),
            "MsgType": "text",
            "Content": "hello",
            "MsgId": self.id,
        }
        return fields(**(members | changes))

    def post(self, xml, **how):
        """A request with that XML, signed now with the account's token, or as said."""
        return self._request(xml, **how)

    def handshake(self, echo="5837397520665436492", **how):
        return self._request(b"", **how).but(method="GET", query={"echostr": echo, "openid": None})

    def _request(self, body, token=None, timestamp=None, nonce=None):
        timestamp, nonce = str(int(time.time()) if timestamp is None else timestamp), nonce or secrets.token_hex(5)
        proof = signature(token or self.token, timestamp, nonce)
        if token is None:
            check_signature(self.token, proof, timestamp, nonce)
        query = {"signature": proof, "timestamp": timestamp, "nonce": nonce, "openid": USER}
        return Request("/webhook/wechat", self.parameters | query, body, {"Content-Type": "text/xml"})

    def opened(self, answer):
        """The message that the platform reads in an answer."""
        return answer.body.decode()

    def said(self, answer):
        """What the user sees."""
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/xml; charset=utf-8")
        reply = deserialize_reply(self.opened(answer))
        assert (reply.type, reply.target, reply.source) == ("text", USER, ACCOUNT)
        assert abs(int(reply.time) - time.time()) < 600
        return reply.content


class WeChatAES(WeChat):
    """An official account in safe mode."""

    def __init__(self, secret):
        super().__init__(secret)
        self.app_id = "wx" + secrets.token_hex(8)
        self.aes_key = qq.known_secret(base64.b64encode(os.urandom(32)).decode().rstrip("="))
        self.crypto = WeChatCrypto(self.token, self.aes_key, self.app_id)

    @property
    def parameters(self):
        return {"secret": self.token, "aes_key": self.aes_key, "app_id": self.app_id}

    def encrypted(self, xml):
        """The ciphertext of a message, in Base64."""
        sealed = self.crypto.encrypt_message(xml.decode(), "0")
        return sealed.split("<Encrypt><![CDATA[")[1].split("]]>")[0]

    def post(self, xml, **how):
        return self.post_encrypted(self.encrypted(xml), **how).but(plain=xml)

    def post_encrypted(self, encrypted, token=None, body=None, **how):
        """A request with that ciphertext, signed."""
        body = fields(ToUserName=ACCOUNT, Encrypt=encrypted) if body is None else body
        request = self._request(body, token=token, **how)
        timestamp, nonce = request.query["timestamp"], request.query["nonce"]
        proof = signature(token or self.token, timestamp, nonce, encrypted)
        return request.but(query={"encrypt_type": "aes", "msg_signature": proof})

    def opened(self, answer):
        sealed = wechatpy.utils.to_text(answer.body)
        members = wechatpy.parser.xmltodict.parse(sealed)["xml"]
        return self.crypto.decrypt_message(sealed, members["MsgSignature"], members["TimeStamp"], members["Nonce"])
