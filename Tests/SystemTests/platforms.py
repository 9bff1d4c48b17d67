"""Every platform's side of its webhook, by name. Each event of one instance has the same id."""

import qq
from dialogflow import DialogflowCX, DialogflowES
from generic import Bearer, GitHub, Standard, StandardAsymmetric
from messenger import Messenger
from webhook_request import Request
from wechat import WeChat, WeChatAES


class QQ:
    name = "qq"
    acknowledgement = qq.ACKNOWLEDGED

    def __init__(self, secret):
        self.secret = secret
        self.id = qq.event_id()

    def event(self, text="hello"):
        return self.post(qq.event(text, self.id))

    def post(self, body):
        return Request("/webhook", {"secret": self.secret}, body, qq.signed_headers(self.secret, body))


PLATFORMS = {
    "qq": QQ,
    "dialogflow-es": DialogflowES,
    "dialogflow-cx": DialogflowCX,
    "wechat": WeChat,
    "wechat-aes": WeChatAES,
    "messenger": Messenger,
    "github": GitHub,
    "standard": Standard,
    "standard-asymmetric": StandardAsymmetric,
    "bearer": Bearer,
}
# Those whose request waits for the bot's reply.
SYNCHRONOUS = {name: kind for name, kind in PLATFORMS.items() if hasattr(kind, "fallback")}

