"""Dialogflow's side of its webhook: requests and answers are Google's own messages, of its client libraries."""

import importlib
import secrets

from webhook_request import Request


def library(name):
    """A client library of Google's. It takes seconds to load, which tests of other things should not wait for."""
    return importlib.import_module(f"google.cloud.{name}")


class _Dialogflow:
    name = "dialogflow"
    fallback = b"{}"

    def __init__(self, secret):
        self.secret = secret
        self.id = secrets.token_hex(18)

    def event(self, text="hello"):
        """A user's words; the same id every time."""
        types = library(self.library)
        body = types.WebhookRequest.to_json(self.query(types, text)).encode()
        return Request("/webhook/dialogflow", {"secret": self.secret}, body, {"Content-Type": "application/json"})

    def parsed(self, answer):
        """The answer as the agent reads it: unknown members and wrong types are errors."""
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
        return library(self.library).WebhookResponse.from_json(answer.body.decode())


class DialogflowES(_Dialogflow):
    library = "dialogflow_v2"

    def query(self, types, text):
        return types.WebhookRequest(
            session="projects/p/agent/sessions/user-1",
            response_id=self.id,
            query_result=types.QueryResult(
                query_text=text, language_code="en", parameters={"city": "Bern"},
                intent=types.Intent(name="projects/p/agent/intents/1", display_name="greet"),
            ),
        )

    def said(self, answer):
        return self.parsed(answer).fulfillment_text


class DialogflowCX(_Dialogflow):
    library = "dialogflowcx_v3"

    def query(self, types, text):
        return types.WebhookRequest(
            detect_intent_response_id=self.id,
            text=text,
            fulfillment_info=types.WebhookRequest.FulfillmentInfo(tag="greet"),
            session_info=types.SessionInfo(session="projects/p/locations/l/agents/a/sessions/user-1"),
        )

    def said(self, answer):
        messages = self.parsed(answer).fulfillment_response.messages
        assert len(messages) == 1
        return "".join(messages[0].text.text)
