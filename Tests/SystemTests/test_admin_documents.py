"""docs/admin.yaml is valid, has every route of the admin API, and says what that answers."""

import http.client
import json
import re
import urllib.parse

import jsonschema
from openapi_spec_validator import validate
from openapi_spec_validator.readers import read_from_filename

import qq
from admin_client import admin_token
from relay import PATIENCE, REPOSITORY, Relay

DOCUMENT, ADDRESS = read_from_filename(str(REPOSITORY / "docs/admin.yaml"))
METHODS = ("get", "post", "patch", "delete")
SECRET = qq.known_secret("a secret of the documents' test")
# What is sent, in this order; the first answers of each path and method are the good ones.
REQUESTS = [
    ("get", "/api/bots", None),
    ("post", "/api/bots", {"name": "docs", "platform": "qq", "secret": SECRET, "appid": "1", "origins": ["https://a.example"]}),
    ("post", "/api/bots", {"name": "docs"}),
    ("get", "/api/bots?limit=1", None),
    ("get", "/api/bots/{name}", None),
    ("get", "/api/bots/nobody", None),
    ("patch", "/api/bots/{name}", {"limits": {"requests": "5/s", "log_bytes": 4096}, "retention": {"count": 5, "age": "1h"}}),
    ("patch", "/api/bots/{name}", {"limits": {"requests": 5}}),
    ("post", "/api/bots/{name}/rotation", {"secret": SECRET + " 2"}),
    ("delete", "/api/bots/{name}/rotation", None),
    ("delete", "/api/bots/{name}/rotation", None),
    ("post", "/api/bots/{name}/tokens", {"name": "home", "scopes": ["receive"], "expires": "1d"}),
    ("get", "/api/bots/{name}", None),
    ("delete", "/api/bots/{name}/tokens/{token}", None),
    ("delete", "/api/bots/{name}/tokens/{token}", None),
    ("post", "/api/lookup", {"secret": SECRET + " 2"}),
    ("post", "/api/lookup", {"secret": "unknown secret"}),
    ("post", "/admin/api", {"action": "is_secrets", "secret": SECRET}),
    ("post", "/admin/api", {"action": "create_secret", "secret": qq.known_secret("of the panel")}),
    ("delete", "/api/bots/{name}", None),
]


def resolve(value):
    """The value with every reference replaced by what it leads to."""
    if isinstance(value, dict):
        if "$ref" in value:
            found = DOCUMENT
            for part in value["$ref"][2:].split("/"):
                found = found[part]
            return resolve(found)
        return {key: resolve(part) for key, part in value.items()}
    return [resolve(part) for part in value] if isinstance(value, list) else value


def test_is_valid():
    validate(DOCUMENT, base_uri=ADDRESS)


def test_every_operation_is_tried():
    tried = {(method, path.split("?")[0].replace("nobody", "{name}")) for method, path, _ in REQUESTS}
    known = {(method, path) for path, item in DOCUMENT["paths"].items() for method in METHODS if method in item}
    assert tried == known


def test_is_true(tmp_path):
    """Each answer has a status and a schema that the document names."""
    token = admin_token()
    (tmp_path / "bots.yaml").write_text("bots: {}\n")
    with Relay("--bots", "bots.yaml", "--admin-port", "0", folder=tmp_path, env={"HOOKWIRE_ADMIN_TOKEN": token}) as relay:
        address = urllib.parse.urlsplit(relay.admin_url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
        for authorization in ({"Authorization": "Bearer " + token}, {}):
            for method, path, body in REQUESTS:
                target = path.replace("{name}", "docs").replace("{token}", "home")
                connection.request(method.upper(), target, json.dumps(body) if body else None, authorization)
                response = connection.getresponse()
                content = response.read()
                template = path.split("?")[0].replace("nobody", "{name}")
                responses = resolve(DOCUMENT["paths"][template][method]["responses"])
                documented = responses.get(str(response.status), responses["default"])
                assert authorization or response.status == 401, (path, response.status)
                assert str(response.status) in responses or response.status >= 400, (path, response.status, content)
                if "content" not in documented:
                    assert content == b""
                    continue
                type = response.headers["Content-Type"].split(";")[0]
                jsonschema.validate(json.loads(content), documented["content"][type]["schema"])


def test_every_route_is_documented():
    """The tables above the routes in the source name no path that the document has not."""
    source = "".join(path.read_text() for path in (REPOSITORY / "Sources/Admin").glob("*Routes.swift"))
    routes = set(re.findall(r'router\.on\(\.(\w+), "(/(?:api|admin)[^"]*)"\)', source))
    assert routes and {(method.lower(), path) for method, path in routes} == {
        (method, path) for path, item in DOCUMENT["paths"].items() for method in METHODS if method in item
    }
