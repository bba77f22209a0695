# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Reads Resources/Documentation/openapi.json: operations, what to send, and whether an answer is as documented."""

import io
import json
import os
import re
import xml.etree.ElementTree
import zipfile

import jsonschema

from orthanc_server import VERSION

RESOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir)
PATH = os.path.join(RESOURCES, "Documentation", "openapi.json")
VERBS = ("get", "post", "put", "delete")
# The members of an Operation Object of OpenAPI 3.1 that we use
OPERATION_MEMBERS = {"tags", "operationId", "summary", "description", "parameters", "requestBody", "responses"}

with open(PATH, encoding="utf-8") as stream:
    DOCUMENT = json.load(stream)


def resolve(value):
    """What a reference stands for."""
    while "$ref" in value:
        place = DOCUMENT
        for step in value["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        value = place
    return value


def make_validator(schema):
    return jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def find_errors(schema, value):
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
            for error in make_validator(schema).iter_errors(value)]


def walk(value, path=""):
    """Every object below, with where it is."""
    if isinstance(value, dict):
        yield path, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from walk(child, f"{path}/{key}")


class Operation:
    def __init__(self, path, verb, fields):
        self.path, self.verb, self.fields = path, verb, fields
        self.name = fields["operationId"]
        self.parameters = [resolve(parameter) for parameter in fields.get("parameters", [])]
        self.responses = {status: resolve(answer) for status, answer in fields["responses"].items()}
        self.body = resolve(fields["requestBody"])["content"] if "requestBody" in fields else {}

    def parameters_in(self, place):
        return [parameter for parameter in self.parameters if parameter["in"] == place]

    def find_parameter(self, name):
        return next((parameter for parameter in self.parameters if parameter["name"] == name), None)

    def get_members(self):
        """Of the JSON body: name -> schema."""
        schema = self.body.get("application/json", {}).get("schema", {})
        members = {}

        def collect(part):
            part = resolve(part)
            members.update(part.get("properties", {}))
            for child in part.get("allOf", []) + part.get("anyOf", []):
                collect(child)

        collect(schema)
        return members


OPERATIONS = {fields["operationId"]: Operation(path, verb, fields)
              for path, item in DOCUMENT["paths"].items() for verb, fields in item.items()}


# Values

def flatten(schema):
    """The schema with what "allOf" and references add."""
    schema = dict(resolve(schema))
    for part in schema.pop("allOf", []):
        schema = {**flatten(part), **schema}
    return schema


def list_invalid(schema):
    """Values that must be refused; empty if anything is accepted."""
    flat = flatten(schema)
    if flat.get("x-accepts-anything"):
        return []
    if "x-invalid" in flat:
        return [flat["x-invalid"]]
    kind = flat.get("type")
    if "enum" in flat:
        return ["nonsense", 7]
    if kind in ("boolean", "object", "array"):
        return ["nonsense", 7]
    if kind == "integer":
        wrong = ["nonsense", 1.5]
        wrong += [flat["minimum"] - 1] if "minimum" in flat else []
        return wrong + ([flat["maximum"] + 1] if "maximum" in flat else [])
    return [7] if kind == "string" else []


def list_invalid_arguments(parameter):
    """The same for a text in a query or header."""
    schema = {**flatten(parameter["schema"]), **{key: value for key, value in parameter.items() if key[:2] == "x-"}}
    if schema.get("type") == "string" and not {"enum", "x-invalid", "x-accepts-anything"} & set(schema):
        raise AssertionError(f"{parameter['name']}: what is wrong for it is not documented")
    return [str(value) for value in list_invalid(schema) if value != 7]


def list_valid_arguments(parameter):
    schema = flatten(parameter["schema"])
    return [str(value) for value in schema.get("enum", [parameter["example"]])]


def names_field(details, name):
    """Whether an error names an argument, header or member, whatever its hyphens and case."""
    def simplify(text):
        return text.lower().replace("-", "").removeprefix("document")
    return simplify(name) in details.lower().replace("-", "")


# Answers

def check_binary(mime, content):
    if mime == "application/zip":
        assert zipfile.is_zipfile(io.BytesIO(content))
    elif mime == "application/x-iso9660-image":
        assert content[32769:32774] == b"CD001"
    elif mime == "image/png":
        assert content.startswith(b"\x89PNG")
    elif mime == "application/pdf":
        assert content.startswith(b"%PDF-")


def check_events(events, text):
    """Server-Sent Events: every one has a name that is documented, and data as documented."""
    seen = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            seen.append(fields)
            errors = find_errors(events[fields["event"]], json.loads(fields["data"]))
            assert not errors, (errors, fields)
    return seen


def check_content(answer, mime, media, is_whole):
    if mime == "text/event-stream":
        assert check_events(media["x-events"], answer.text)
    elif media["schema"].get("$ref") == "#/components/schemas/Error" or mime == "application/json":
        errors = find_errors(media["schema"], answer.json())
        assert not errors, (errors[:5], answer.text[:2000])
    elif mime == "application/xml":
        assert xml.etree.ElementTree.fromstring(answer.content).tag == "root"
    elif media["schema"].get("type") == "string":
        errors = find_errors(media["schema"], answer.text)
        assert not errors, errors
    elif is_whole:
        check_binary(mime, answer.content)


def check_headers(documented, answer):
    for name, header in documented.items():
        header = resolve(header)
        if name in answer.headers:
            errors = find_errors(header["schema"], answer.headers[name])
            assert not errors, (name, errors)
        else:
            assert not header.get("required"), f"{name} is missing: {answer.headers}"


def check_answer(operation, answer, mime=None):
    """The answer is one of those that are documented for the operation; of this type if one is given."""
    documented = operation.responses.get(str(answer.status_code))
    assert documented is not None, f"{answer.status_code} is not documented: {answer.text[:500]}"
    check_headers(documented.get("headers", {}), answer)
    content = documented.get("content", {})
    emptiness = documented.get("x-empty")
    if emptiness == "always" or not content or (emptiness and not answer.content):
        assert answer.content == b"", answer.content[:500]
        return
    found = answer.headers.get("Content-Type", "").split(";")[0]
    if found == "" and "text/plain" in content:
        # Orthanc 1.10.1 names no type with a status
        assert VERSION < (1, 12, 0)
        found = "text/plain"
    assert found in content or "*/*" in content, f"{found} is not documented: {answer.text[:500]}"
    assert mime in (None, found), (mime, found)
    check_content(answer, found, content.get(found, content.get("*/*")),
                  is_whole=not re.search(r"[?&](offset|length)=", answer.request.url))


# The sources

def read_source(path):
    with open(os.path.join(RESOURCES, os.pardir, "Plugin", path), encoding="utf-8") as source:
        return source.read()


def read_routes():
    """Of Plugin/RouteTable.cpp, in their order: regular expression, feature, verbs."""
    rows = re.findall(r'\{ Feature::(\w+),\s*"([^"]+)",\s*([^{}]*?)\}', read_source("RouteTable.cpp"))
    routes = []
    for feature, uri, columns in rows:
        handlers = [column.strip() for column in columns.split(",")]
        assert len(handlers) == len(VERBS), uri
        routes.append((re.compile(uri), feature,
                       [verb for verb, handler in zip(VERBS, handlers) if handler != "nullptr"]))
    return routes
