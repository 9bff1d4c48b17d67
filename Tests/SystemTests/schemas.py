"""The JSON Schemas of docs/, and what they say of a message."""

import json

import jsonschema
import referencing

from relay import REPOSITORY

FOLDER = REPOSITORY / "docs/schemas"


def _load():
    documents = {path.name: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
    registry = referencing.Registry().with_resources(
        (name, referencing.Resource.from_contents(document)) for name, document in documents.items()
    )
    formats = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return {
        name.removesuffix(".schema.json"): jsonschema.Draft202012Validator(
            document, registry=registry, format_checker=formats
        )
        for name, document in documents.items()
    }


validators = _load()


def check(name, message):
    """Fails where a message is not what its schema says."""
    errors = [f"{error.json_path}: {error.message}" for error in validators[name].iter_errors(message)]
    assert not errors, (errors, message)
    for member, schema in validators[name].schema["properties"].items():
        if isinstance(message.get(member), str) and "contentSchema" in schema:
            jsonschema.validate(json.loads(message[member]), schema["contentSchema"])
    return message
