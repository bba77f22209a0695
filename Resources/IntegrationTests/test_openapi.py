# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""
Resources/Documentation/openapi.json says what the server does: every route, verb, argument, member, header, status
and schema is tried, and nothing else is answered.
"""

import glob
import itertools
import json
import os
import re

import jsonschema
import pytest
import requests

import openapi_file
from dicom_samples import make_study
from document_samples import make_cda, make_pdf, make_png, make_stl, make_uri
from openapi_file import (DOCUMENT, OPERATION_MEMBERS, OPERATIONS, VERBS, check_answer, check_events, find_errors,
                          flatten, list_invalid, list_invalid_arguments, list_valid_arguments, names_field, read_routes,
                          read_source, resolve)
from occupant import Occupant
from orthanc_server import CAN_STREAM, VERSION, wait_until
from receiver import Receiver
from test_switches import read_resource

ALL = list(OPERATIONS.values())
UNKNOWN = {"job": "00000000-0000-4000-8000-000000000000", "archive": "00000000-0000-4000-8000-000000000000",
           "file": "nothing.yml", "asset": "nothing.css", "volume": "9", "output": "nothing"}
UNKNOWN_RESOURCE = "00000000-00000000-00000000-00000000-00000000"
SAMPLES = {"application/pdf": make_pdf(), "text/xml": make_cda(), "model/stl": make_stl(),
           "model/obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "model/mtl": b"newmtl red\nKd 1 0 0\n",
           "image/png": make_png(), "application/octet-stream": make_pdf()}
# Another JPEG than a real one is refused, and that is said by test_documents.py
NOT_SENT = {"image/jpeg"}

# What a walk over a server in good health does not meet, and where it is tested
ELSEWHERE = {"413": "needs 2 GiB: test_archive_streaming.py", "500": "needs damage: test_faults.py",
             "503": "needs overload or a shutdown: test_job_console.py, test_durability.py",
             "501": "depends on the host: followJob here, previews in test_documents.py",
             "405": "jobs of Orthanc before 1.12: here, on those"}
# Outputs of Orthanc's own jobs, which only exist in newer versions than those that are tested
NO_OUTPUTS = {("getOutput", "200"), ("deleteOutput", "200")}


# The file itself

def test_the_file_is_openapi():
    assert re.fullmatch(r"3\.1\.\d+", DOCUMENT["openapi"])
    assert set(DOCUMENT) == {"openapi", "info", "servers", "security", "tags", "paths", "webhooks", "components"}
    assert {"title", "version", "license", "description"} == set(DOCUMENT["info"])
    names = [fields["operationId"] for item in DOCUMENT["paths"].values() for fields in item.values()]
    assert len(names) == len(set(names))
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    for path, item in DOCUMENT["paths"].items():
        assert path.startswith("/") and set(item) <= set(VERBS), path
    for operation in ALL:
        assert set(operation.fields) <= OPERATION_MEMBERS, operation.name
        assert set(operation.fields["tags"]) <= tags and operation.fields["summary"], operation.name
        in_path = {parameter["name"] for parameter in operation.parameters_in("path")}
        assert in_path == set(re.findall(r"\{(\w+)\}", operation.path)), operation.name
        keys = [(parameter["in"], parameter["name"]) for parameter in operation.parameters]
        assert len(keys) == len(set(keys)), operation.name
        assert any(status[0] in "24" for status in operation.responses), operation.name


def test_references_and_components():
    references = [value["$ref"] for _, value in openapi_file.walk(DOCUMENT) if "$ref" in value]
    for reference in references:
        assert isinstance(resolve({"$ref": reference}), dict), reference
    components = {f"#/components/{kind}/{name}" for kind, members in DOCUMENT["components"].items()
                  for name in members if kind != "securitySchemes"}
    assert components == set(references), "a component that nothing refers to"


def test_schemas_and_examples():
    for path, value in openapi_file.walk(DOCUMENT):
        if path.endswith("/schema") or re.fullmatch(r"/components/schemas/\w+", path):
            jsonschema.Draft202012Validator.check_schema(value)
            for example in value.get("examples", []):
                assert not find_errors(value, example), path
        for name, schema in value.get("properties", {}).items() if "/schema" in path else ():
            for example in schema.get("examples", []):
                assert not find_errors(schema, example), (path, name)
        if "schema" in value:
            examples = [item["value"] for item in value.get("examples", {}).values() if "value" in item]
            examples += [value["example"]] if "example" in value else []
            for example in examples:
                assert not find_errors(value["schema"], example), (path, example)
    for parameter in DOCUMENT["components"]["parameters"].values():
        assert parameter["description"] and "example" in parameter, parameter["name"]
        assert parameter["in"] != "path" or parameter["required"]


# Against the sources

def test_routes_are_those_of_the_table():
    routes = read_routes()
    found = {}
    for path, item in DOCUMENT["paths"].items():
        concrete = re.sub(r"\{volume\}", "1", re.sub(r"\{(?!volume)\w+\}", "x", path))
        row = next((index for index, (uri, _, _) in enumerate(routes) if uri.fullmatch(concrete)), None)
        assert row is not None, f"{path} is no route"
        _, feature, verbs = routes[row]
        found.setdefault(row, set()).update(item)
        assert {tag for fields in item.values() for tag in fields["tags"]} == {feature}, path
        assert set(item) <= set(verbs), path
    for index, (uri, _, verbs) in enumerate(routes):
        assert found.get(index) == set(verbs), f"{uri.pattern} is not documented, or not with all verbs"


def read_handlers():
    folder = os.path.join(openapi_file.RESOURCES, os.pardir, "Plugin")
    return "\n".join(read_source(os.path.relpath(path, folder)) for part in ("Rest", "Http")
                     for path in sorted(glob.glob(os.path.join(folder, part, "*.cpp"))))


def test_arguments_and_headers_are_those_that_the_code_reads():
    source = read_handlers()
    documented = {place: {parameter["name"] for operation in ALL for parameter in operation.parameters_in(place)}
                  for place in ("query", "header")}

    arguments = set(re.findall(r'(?:FindArgument|HasArgument|GetUnsignedArgument)\("([\w-]+)"', source))
    arguments |= set(re.findall(r'(?:ReadBooleanArgument|ReadTimeArgument|SplitArgument)\(request, "([\w-]+)"', source))
    arguments |= set(re.findall(r'constexpr const char\* NAME = "([\w-]+)"', source))
    assert arguments - {"encrypt", "password"} == documented["query"]    # those two are always refused

    headers = set(re.findall(r'FindHeader\("([\w-]+)"\)', source))
    general = {"accept", "accept-encoding", "authorization", "content-type", "content-disposition"}
    options = {name.lower() for name in documented["header"] if name.startswith("Document-")}
    assert headers - general == {name.lower() for name in documented["header"]} - options
    fields = re.search(r"FIELDS = \{(.*?)\};", read_source("Rest/DocumentRequest.cpp"), re.DOTALL).group(1)
    assert {name.removeprefix("document-").replace("-", "") for name in options} == \
        {name.lower() for name in re.findall(r'\{"(\w+)",', fields)}


def test_members_are_those_that_the_code_reads():
    archive = read_source("Rest/ArchiveRequestParser.cpp") + read_source("Rest/MediaFields.cpp")
    names = set(re.findall(r'Read(?:Boolean|String)\(fields, "(\w+)"', archive))
    names |= set(re.findall(r'(?:fields\[|fields\.isMember\(|GetInteger\(fields, |body\[)"(\w+)"', archive))
    names |= set(re.findall(r'constexpr const char\* FIELD = "(\w+)"', archive))
    assert names == set(OPERATIONS["postBatchMedia"].get_members())
    assert set(OPERATIONS["postStudyArchive"].get_members()) == \
        names - {"Resources", "Format", "Profile", "VolumeSizeMB", "Readme", "Pdf", "Index", "Overlay"}

    create = read_source("Rest/CreateDicomRequest.cpp")
    readers = r"CheckType\(body, |ReadText\(fields, |ReadBoolean\(fields, |fields\[|body\[|fields\.get\("
    names = set(re.findall(rf'(?:{readers})"(\w+)"', create))
    # A tag of the oldest form, where the members are the tags
    assert names - {"PixelData"} == set(OPERATIONS["createDicom"].get_members())
    assert set(re.findall(r'field == "(\w+)"', read_source("Rest/JobQuery.cpp"))) == \
        set(OPERATIONS["cancelJobs"].get_members())


def read_names(path, pattern):
    text = re.search(pattern, read_source(path), re.DOTALL).group(1)
    return set(re.findall(r'"([^"]*)"', text))


@pytest.mark.parametrize("schema, path, pattern", [
    ("DeliveryState", "Core/Notify/DeliveryRecordJson.cpp", r"STATES\[\] = \{(.*?)\};"),
    ("DeliveryError", "Core/Notify/DeliveryRecordJson.cpp", r"ERRORS\[\] = \{(.*?)\};"),
    ("ArchiveState", "Rest/JobView.cpp", r"GetArchiveStateName\(ArchiveState state\)\s*\{(.*?)\n    \}"),
    ("JobState", "Rest/JobQuery.cpp", r"STATES\[\] = \{(.*?)\};"),
    ("Profile", "Rest/MediaFields.cpp", r"PROFILES\[\] = \{(.*?)\};"),
    ("Compression", "Rest/ArchiveRequestParser.cpp", r"DENSITIES\[\] = \{(.*?)\};"),
])
def test_enumerations_are_those_of_the_code(schema, path, pattern):
    assert set(DOCUMENT["components"]["schemas"][schema]["enum"]) == read_names(path, pattern)


def test_permissions_cover_the_routes():
    """Resources/Authorization.json: every operation may be allowed, and nothing else."""
    rows = read_resource("Authorization.json")["Authorization"]["Permissions"]
    used = set()
    for operation in ALL:
        if "200" not in operation.responses or operation.name in ("getOutput", "deleteOutput"):
            continue    # names that no output of a job has
        values = {"file": "prometheus.yml", "volume": "1"}
        path = re.sub(r"\{(\w+)\}", lambda match: values.get(match.group(1), "0a-1b"), operation.path)
        allowing = {index for index, (verb, pattern, _) in enumerate(rows)
                    if verb == operation.verb and re.search(pattern, path)}
        assert allowing, operation.name
        used |= allowing
    assert used == set(range(len(rows))), [rows[index] for index in set(range(len(rows))) - used]


# The walk

class Walk:
    """A server with one of everything, and what it has answered so far."""

    def __init__(self, server, receiver):
        self.server, self.receiver = server, receiver
        self.session = requests.Session()
        self.counter = itertools.count(1)
        self.seen = set()
        self.spare = []
        self.values = {"volume": "1", "output": "anything", "file": "prometheus.yml", "asset": "app.css",
                       **self.upload("P1")}
        # Documents go elsewhere, so that archives do not grow while the tests run
        self.elsewhere = self.upload("P2")
        answer = server.post(f"/studies/{self.elsewhere['study']}/documents", make_pdf())
        assert answer.status_code == 200, answer.text
        self.pdf = answer.json()["ID"]
        for fields in [{"NotifyUrl": receiver.origin + "/hook"}] + 16 * [{}]:
            self.spare.append(server.submit(self.study_path(), Reuse=False, **fields))
        for job in self.spare:
            server.wait_success(job)
        self.values["job"] = self.spare.pop(0)
        self.values["archive"] = server.job(self.values["job"])["Content"]["ArchiveId"]
        self.examples = {DOCUMENT["components"]["parameters"][name]["example"]: name
                         for name in ("patient", "study", "series", "instance", "job")}

    def upload(self, patient):
        stored = self.server.upload_all(make_study(patient, patient, series=1, instances=2))[0]
        return {"patient": stored["ParentPatient"], "study": stored["ParentStudy"], "series": stored["ParentSeries"],
                "instance": stored["ID"]}

    def study_path(self):
        return f"/studies/{self.values['study']}/archive"

    def fill(self, value, values=None):
        """An example of the file with the identifiers that this server has."""
        text = json.dumps(value)
        for example, name in self.examples.items():
            text = text.replace(example, (values or self.values)[name])
        return json.loads(text.replace("http://127.0.0.1:8099", self.receiver.origin))

    def fill_unique(self, name, value):
        """Several studies that one request names would be a conflict."""
        name = name.replace("-", "").replace("Document", "")
        prefix = {"AccessionNumber": "A", "StudyInstanceUID": "2.25.9"}.get(name)
        return f"{prefix}{next(self.counter)}" if prefix else self.fill(value)

    def submit_waiting(self):
        """A job that waits for the occupied worker."""
        job = self.server.submit(self.study_path(), Reuse=False)
        assert self.server.job(job)["State"] == "Pending"
        return job

    def prepare(self, operation):
        """Path parameters for one request that does what the operation is for."""
        values = dict(self.values)
        if operation.fields["tags"] == ["Documents"]:
            values.update(self.elsewhere)
            if operation.path.startswith("/instances/"):
                values["instance"] = self.pdf
        name = operation.name
        if name in ("deleteJob", "deleteArchive", "deleteSpoolArchive", "cancelJobs", "resubmitJobs", "deleteJobs"):
            values["job"] = self.spare.pop()
            values["archive"] = self.server.job(values["job"])["Content"]["ArchiveId"]
        elif name in ("cancelJob", "pauseJob", "resumeJob", "resubmitJob", "setJobPriority"):
            values["job"] = self.submit_waiting()
            before = {"resumeJob": "pause", "resubmitJob": "cancel"}.get(name)
            if before:
                assert self.server.post(f"/jobs/{values['job']}/{before}", b"").status_code == 200
        return values

    def send(self, operation, values=None, arguments=None, headers=None, body=None, status=200, mime=None, **options):
        """Sends it, and compares the answer with the file and with the status that is expected."""
        path = re.sub(r"\{(\w+)\}", lambda match: (values or self.values)[match.group(1)], operation.path)
        required = {parameter["name"]: self.fill(parameter["example"]) for parameter in operation.parameters_in("query")
                    if parameter.get("required")}
        if isinstance(body, (dict, list, int)):
            body = json.dumps(body)
        answer = self.session.request(operation.verb, self.server.url + path, params={**required, **(arguments or {})},
                                      headers=headers, data=body, timeout=60, **options)
        shown = "" if options.get("stream") else answer.text[:500]
        told = f"{operation.verb} {path} {arguments} {headers} {str(body)[:200]!r}: {answer.status_code} {shown}"
        assert answer.status_code == status, told
        try:
            if not options.get("stream"):
                check_answer(operation, answer, mime)
        except AssertionError as failure:
            raise AssertionError(f"{told}: {failure}") from None
        self.seen.add((operation.name, str(answer.status_code)))
        return answer

    def get_base(self, operation):
        """A valid body and its headers; none for operations that take none."""
        if "application/json" in operation.body:
            example = next(iter(operation.body["application/json"]["examples"].values()))["value"]
            return {"body": self.make_json(operation, example, self.prepare(operation))}
        for mime in ("application/pdf", "text/plain"):
            if mime in operation.body:
                example = next(iter(operation.body[mime]["examples"].values()))
                return {"body": SAMPLES.get(mime, example.get("value")), "headers": {"Content-Type": mime}}
        return {}

    def make_json(self, operation, example, values=None):
        value = self.fill(example, values)
        if operation.name == "createDicom" and "Content" in value:
            value["Content"] = make_uri(make_pdf())
        return value


@pytest.fixture(scope="module")
def walk(start_module_server):
    receiver, occupant = Receiver(), Occupant()
    server = start_module_server(
        {**occupant.configure(), "JobsHistorySize": 100, "MetricsEnabled": True,
         "AdvancedRest": {"Media": {"Overlays": {"viewer": "viewer"}},
                          "Webhooks": {"AllowedUrls": [receiver.origin + "/hook"], "Secret": "of this test",
                                       "AllowedAddresses": ["127.0.0.1"]}}}, should_start=False)
    os.makedirs(os.path.join(server.directory, "viewer"))
    with open(os.path.join(server.directory, "viewer", "VIEWER.TXT"), "w", encoding="ascii") as stream:
        stream.write("viewer")
    server.start()
    walk = Walk(server, receiver)
    # From now on the only worker is busy, so that jobs wait until the end
    walk.foreign = occupant.occupy(server, walk.values["instance"])
    yield walk
    server.post("/advanced-rest/jobs/cancel", {"All": True})
    occupant.close()
    receiver.close()


@pytest.fixture(autouse=True)
def tolerate_refusals(expect_errors):
    """Most requests here are wrong on purpose."""
    expect_errors("")


def get_usual_status(operation):
    """Of a request that is right."""
    if operation.name in ("followJob", "followJobs") and not CAN_STREAM:
        return 501
    if operation.name == "deleteOutput" or "200" not in operation.responses and operation.verb == "delete":
        return 404 if VERSION >= (1, 12, 1) else 405
    return 200 if "200" in operation.responses and operation.name != "getOutput" else 404


def is_refused_for_age(operation, status):
    """Hosts before 1.12 delete neither jobs nor outputs, so they do not say that there are none, nor stream events."""
    if operation.name in ("followJob", "followJobs"):
        return not CAN_STREAM and status in ("200", "204")
    return VERSION < (1, 12, 1) and status == "404" and operation.verb == "delete" and "405" in operation.responses


def is_thorough(operation):
    """All levels of archives and media share their parser: every choice is tried on one of them."""
    return operation.fields["tags"][0] not in ("Archive", "Media") or "Study" in operation.name


def by_name(operations):
    return pytest.mark.parametrize("operation", operations, ids=lambda operation: operation.name)


@by_name([operation for operation in ALL if operation.name != "followJobs"])
def test_examples(walk, operation):
    usual = get_usual_status(operation)
    sent = 0
    for mime, media in operation.body.items():
        if mime in NOT_SENT or mime == "multipart/form-data":
            continue
        examples = media.get("examples", {"sample": {}})
        for example in examples.values():
            values = walk.prepare(operation)
            body = SAMPLES[mime] if "value" not in example else \
                walk.make_json(operation, example["value"], values) if mime == "application/json" else example["value"]
            walk.send(operation, values, body=body, headers={"Content-Type": mime}, status=usual,
                      mime=example.get("x-answer"))
            sent += 1
    if "multipart/form-data" in operation.body:
        walk.send(operation, walk.prepare(operation), files={"file": ("report.pdf", make_pdf())})
    if not operation.body:
        walk.send(operation, walk.prepare(operation), status=usual)
        sent += 1
    assert sent
    documented = operation.responses.get("200", {}).get("content", {})
    if "application/xml" in documented and operation.verb == "get":
        estimate = {"estimate": ""} if operation.find_parameter("estimate") else None
        walk.send(operation, arguments=estimate, headers={"Accept": "application/xml"}, mime="application/xml")


@by_name([operation for operation in ALL if operation.parameters_in("path")])
def test_unknown_resources(walk, operation):
    base = walk.get_base(operation)
    for parameter in operation.parameters_in("path"):
        name = parameter["name"]
        values = {**walk.values, name: UNKNOWN.get(name, UNKNOWN_RESOURCE)}
        refusal = 404 if "404" in operation.responses else 400
        if operation.verb == "delete" and "405" in operation.responses:
            since = (1, 12, 2) if operation.name == "deleteJob" else (1, 12, 1)
            refusal = 404 if VERSION >= since else 405
        walk.send(operation, values, status=refusal, **base)


@by_name([operation for operation in ALL if operation.parameters_in("query")])
def test_arguments(walk, operation):
    for parameter in operation.parameters_in("query"):
        name, needs = parameter["name"], parameter.get("x-needs", {})
        for value in list_valid_arguments(parameter)[:None if is_thorough(operation) else 1]:
            value = walk.fill(value)
            yes = value not in ("false", "0")
            walk.send(operation, arguments={**needs, name: value}, values=walk.prepare(operation),
                      mime=parameter.get("x-answer") if value == parameter["example"] and yes else None)
        if VERSION < tuple(int(part) for part in parameter.get("x-since", "0").split(".")):
            continue
        for value in list_invalid_arguments(parameter)[:None if is_thorough(operation) else 1]:
            status = parameter.get("x-invalid-status", 400)
            answer = walk.send(operation, walk.prepare(operation), {**needs, name: value}, status=status)
            details = answer.json().get("Details", "")
            if status != 400:
                continue
            assert names_field(details, name), (name, value, details)
            choices = flatten(parameter["schema"]).get("enum")
            if choices and "" not in choices and "one of: " in details:
                assert details.split("one of: ")[1].split(", ") == choices, details


@by_name([operation for operation in ALL if operation.get_members()])
def test_members(walk, operation):
    base = {"Estimate": True} if "Archive" in operation.fields["tags"] + ["Archive"][:operation.name[-5:] == "Media"] \
        else {"DryRun": True, "Tags": {"PatientID": "P9"}} if operation.name == "createDicom" else {"Ids": ["nobody"]}
    members, values = operation.get_members(), walk.prepare(operation)
    if "Resources" in members:
        base["Resources"] = [walk.values["study"]]
    for name, schema in members.items():
        flat = flatten(schema)
        needs = {"Transcode": "1.2.840.10008.1.2.1"} if name == "LossyQuality" else {}
        examples = flat.get("enum") or flat.get("examples", [])
        for example in [walk.fill(example, values) for example in examples[:None if is_thorough(operation) else 1]]:
            walk.send(operation, body={**base, **needs, name: example})
        if name == "Content":
            walk.send(operation, body={**base, name: make_uri(make_pdf())})
        assert examples or name == "Content", f"{name} has no example"
        refused = {key: value for key, value in base.items() if key != "DryRun"}    # which lists problems
        for value in list_invalid(schema)[:None if is_thorough(operation) else 1]:
            answer = walk.send(operation, body={**refused, **needs, name: value}, status=400)
            details = answer.json().get("Details", "")
            assert names_field(details, name) or name == "Tags", (name, value, details)
            if "enum" in flat and value == "nonsense":
                assert details.split("one of: ")[1].split(", ") == flat["enum"], details


@by_name([operation for operation in ALL if operation.parameters_in("header")])
def test_headers(walk, operation):
    if operation.name == "followJobs":
        return
    base = walk.get_base(operation)
    stored = {"compression": "Store"} if operation.find_parameter("compression") else {}
    for parameter in operation.parameters_in("header"):
        name = parameter["name"]
        body = {**base, "arguments": stored}
        status = parameter.get("x-answer-status", get_usual_status(operation))
        if name.startswith("Document-"):
            content = {**base.get("headers", {}), name: walk.fill_unique(name, parameter["example"])}
        else:
            content = {**base.get("headers", {}), name: parameter["example"]}
        if name == "Idempotency-Key":
            content[name] += operation.name
        walk.send(operation, walk.prepare(operation), **{**body, "headers": content}, status=status)
        for value in list_invalid_arguments(parameter):
            answer = walk.send(operation, walk.prepare(operation), **{**body, "headers": {**content, name: value}},
                               status=400)
            assert names_field(answer.json()["Details"], name), answer.text
    if "416" in operation.responses:
        walk.send(operation, walk.prepare(operation), stored, {"Range": "bytes=999999999-"}, status=416)


@by_name([operation for operation in ALL if "multipart/form-data" in operation.body])
def test_form_parts(walk, operation):
    properties = operation.body["multipart/form-data"]["schema"]["properties"]
    values = walk.prepare(operation)
    for name, schema in properties.items():
        if name == "file":
            continue
        for value, status in [(schema["examples"][0], 200)] + [(value, 400) for value in list_invalid(schema)]:
            part = walk.fill_unique(name, value) if status == 200 else value
            parts = {"file": ("report.pdf", make_pdf()), name: (None, part)}
            answer = walk.send(operation, values, files=parts, status=status)
            assert status == 200 or names_field(answer.json()["Details"], name), answer.text
    walk.send(operation, files={"file": ("report.pdf", make_pdf()), "Nonsense": (None, "x")}, status=400)
    walk.send(operation, files={"Title": (None, "x")}, status=400)


def test_what_accepts_anything_has_an_effect(walk):
    path = walk.study_path()
    assert 'filename="named.zip"' in walk.server.get(path + "?filename=named.zip").headers["Content-Disposition"]
    answer = walk.server.post(path, {"Asynchronous": True, "Filename": "own.zip", "UserData": [1], "Reuse": False})
    job = walk.server.job(answer.json()["ID"])
    assert job["Content"]["Filename"] == "own.zip" and job["UserData"] == [1]
    answer = walk.server.get(f"/instances/{walk.pdf}/pdf?attachment")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    if CAN_STREAM:
        assert walk.server.get(path).headers.get("Transfer-Encoding") == "chunked"
        assert "Transfer-Encoding" not in walk.server.get(path, headers={"TE": "identity"}).headers
    known = set(walk.server.get_json("/jobs"))
    walk.server.get(f"/studies/{walk.values['study']}/media?extended=false")
    stream = walk.server.job((set(walk.server.get_json("/jobs")) - known).pop())
    assert stream["Content"]["Extended"] is True


@by_name([operation for operation in ALL if "409" in operation.responses])
def test_conflicts(walk, operation):
    if operation.find_parameter("Idempotency-Key"):
        key = {"Idempotency-Key": operation.name}
        resources = {"Resources": [walk.values["study"]]} if "Resources" in operation.get_members() else {}
        for choice, status in (("Fast", 200), ("Dense", 409)):
            walk.send(operation, body={"Asynchronous": True, "Compression": choice, **resources}, headers=key,
                      status=status)
    elif operation.name == "deleteSpoolArchive":
        archive = walk.server.job(walk.submit_waiting())["Content"]["ArchiveId"]
        walk.send(operation, {**walk.values, "archive": archive}, status=409)
    elif operation.name == "setJobPriority":
        walk.send(operation, body=5, status=409)
    else:
        walk.send(operation, body=make_pdf(), status=409,
                  headers={"Document-Patient-ID": "P2", "Document-Patient-Name": "Another^One",
                           "Content-Type": "application/pdf"})


def read_some_events(answer):
    """Until there is one; the rest of an endless stream is not waited for."""
    text = b""
    for piece in answer.iter_content(1):
        text += piece
        if text.endswith(b"\n\n") and b"event:" in text:
            break
    answer.close()
    return text.decode()


def test_events(walk):
    follow, all_jobs = OPERATIONS["followJob"], OPERATIONS["followJobs"]
    if not CAN_STREAM:
        walk.send(all_jobs, status=501)
        return
    events = all_jobs.responses["200"]["content"]["text/event-stream"]["x-events"]
    walk.submit_waiting()
    for headers in (None, {"Last-Event-ID": "1-1"}):
        answer = walk.send(all_jobs, headers=headers, stream=True)
        assert check_events(events, read_some_events(answer))
    last = check_events(events, walk.send(follow).text)[-1]
    walk.send(follow, headers={"Last-Event-ID": last["id"]}, status=204)


def test_metrics(walk):
    operation = OPERATIONS["getMetrics"]
    walk.send(operation, headers={"Accept": "application/openmetrics-text; version=1.0.0"},
              mime="application/openmetrics-text")
    walk.send(operation, headers={"Accept": "text/plain; version=0.0.4"}, mime="text/plain")
    walk.send(OPERATIONS["setMetricsSwitch"], body="0")
    walk.send(operation, status=503)
    walk.send(OPERATIONS["setMetricsSwitch"], body="nonsense", status=400)
    walk.send(OPERATIONS["setMetricsSwitch"], body="1")
    for name in walk.send(OPERATIONS["listMonitoring"]).json():
        walk.send(OPERATIONS["getMonitoring"], {"file": name})


def test_jobs_of_orthanc_itself(walk):
    values = {**walk.values, "job": walk.foreign}
    job = walk.send(OPERATIONS["getJob"], values).json()
    assert not find_errors({"$ref": "#/components/schemas/HostJob"}, job)
    walk.send(OPERATIONS["listJobs"], arguments={"expand": ""})
    walk.send(OPERATIONS["setJobPriority"], values, body=5, status=409)
    walk.send(OPERATIONS["deleteJob"], values, status=404 if VERSION >= (1, 12, 2) else 405)
    walk.send(OPERATIONS["deleteArchive"], values, status=404 if VERSION >= (1, 12, 1) else 405)
    for name in ("pauseJob", "resumeJob"):
        walk.send(OPERATIONS[name], {"job": UNKNOWN["job"]}, status=400)


def test_other_refusals(walk):
    walk.send(OPERATIONS["setJobPriority"], body="high", status=400)
    walk.send(OPERATIONS["setJobPriority"], body=1 << 40, status=400)
    walk.send(OPERATIONS["getArchive"], arguments={"offset": 1 << 40}, status=416)
    walk.send(OPERATIONS["createDicom"], status=404, body={"Tags": {}, "Replaces": UNKNOWN_RESOURCE})
    walk.send(OPERATIONS["cancelJobs"], body={}, status=400)
    walk.send(OPERATIONS["cancelJobs"], body={"Nonsense": 1}, status=400)
    for name in ("addPrivateDictionary", "setPrivateDictionary"):
        walk.send(OPERATIONS[name], body={"0010,0010": ["PN", "Name"]}, status=400)
        walk.send(OPERATIONS[name], body="no dictionary", status=400)
    walk.send(OPERATIONS["getPrivateDictionary"], headers={"Accept": "text/plain"}, mime="text/plain")
    for name in ("Patient-ID", "Accession-Number", "Study-Instance-UID"):
        answer = walk.send(OPERATIONS["postDocument"], body=make_pdf(), headers={f"Document-{name}": "1*"}, status=400)
        assert names_field(answer.json()["Details"], name), answer.text
    for name in ("getPdf", "getDocument", "getPreview"):
        walk.send(OPERATIONS[name], walk.values, status=404)    # an image
    for operation in ALL:
        if "Resources" in operation.get_members():
            walk.send(operation, body={"Resources": [UNKNOWN_RESOURCE]}, status=404)
        if "application/json" in operation.body and not operation.name.endswith("PrivateDictionary"):
            walk.send(operation, body="{", status=400)
        for argument in ("encrypt", "password"):
            if operation.verb == "get" and operation.find_parameter("compression"):
                walk.send(operation, arguments={argument: "secret"}, status=400)
        if operation.verb in ("post", "put") and operation.find_parameter("Document-Title"):
            walk.send(operation, body=b"no document", status=400)
            walk.send(operation, body=make_pdf(), headers={"Document-Nonsense": "x"}, status=400)


def test_webhook(walk):
    posted = walk.receiver.wait_for(1)[0]
    documented = DOCUMENT["webhooks"]["jobEnded"]["post"]
    schema = documented["requestBody"]["content"]["application/json"]["schema"]
    assert not find_errors(schema, json.loads(posted["body"]))
    for header in documented["parameters"]:
        assert not find_errors(header["schema"], posted["headers"][header["name"]])
    delivered = wait_until(lambda: [delivery for delivery in walk.send(OPERATIONS["listDeliveries"]).json()
                                    if delivery["State"] == "Delivered"], "the delivery")
    assert len(delivered) == 1


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_other_verbs_are_refused(walk, path):
    concrete = re.sub(r"\{(\w+)\}", lambda match: walk.values[match.group(1)], path)
    verbs = set(DOCUMENT["paths"][path])
    for verb in set(VERBS) - verbs:
        answer = walk.server.request(verb.upper(), concrete)
        assert answer.status_code == 405 and answer.content == b"", (verb, answer.text)
        allowed = {name.lower() for name in answer.headers["Allow"].split(",")}
        # An output cannot be deleted before 1.12.1, and the host says so
        assert allowed == verbs or VERSION < (1, 12, 1) and allowed == verbs - {"delete"}, answer.headers
    for verb in ("HEAD", "OPTIONS"):
        assert walk.server.request(verb, concrete).status_code == 404


def test_every_status_was_seen(walk, request):
    """Runs after all others. What was left out by the choice of tests cannot have been seen."""
    documented = {(operation.name, status) for operation in ALL for status in operation.responses}
    assert walk.seen <= documented
    mine = {item.function.__name__ for item in request.session.items if item.module is request.module}
    if mine == {name for name in dir(request.module) if name.startswith("test_")}:
        missing = {(name, status) for name, status in documented - walk.seen - NO_OUTPUTS
                   if status not in ELSEWHERE and not is_refused_for_age(OPERATIONS[name], status)}
        assert not missing, missing
