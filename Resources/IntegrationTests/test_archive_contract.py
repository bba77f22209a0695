# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Requests for archives: the same as in the Orthanc that the plugin runs in, row by row."""

import json

import pytest

import dicom_samples
from comparing import check_error, check_same_archive, check_same_content, check_same_error
from orthanc_server import PLUGIN, VERSION, list_names

pytestmark = pytest.mark.sanitizer

IS_STRICT_ABOUT_LEVELS = VERSION >= (1, 12, 0)
HAS_BATCH_GET = VERSION >= (1, 12, 2)
LEVELS = ["patients", "studies", "series"]


def get_id(library, level):
    return {"patients": library.patient, "studies": library.study, "series": library.series,
            "instances": library.instance}[level]


# Success

@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_archive_of_a_resource(pair, library, method, level):
    data = b"{}" if method == "POST" else None

    core, plugin = pair.request(method, f"/{level}/{get_id(library, level)}/archive", data=data)

    check_same_archive(core, plugin)


@pytest.mark.parametrize("level", LEVELS)
def test_archive_of_a_resource_as_a_job(pair, library, level):
    outputs = []
    for server in (pair.core, pair.plugin):
        job = server.submit(f"/{level}/{get_id(library, level)}/archive")
        server.wait_success(job)
        outputs.append(server.get(f"/jobs/{job}/archive"))

    check_same_archive(*outputs)
    assert int(outputs[1].headers["Content-Length"]) == len(outputs[1].content)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"[1, 2]", b'"text"', b"true", b"12", b"null",
                                  b'{"Unknown": {"a": 1}}', b' \n{ } \n'])
def test_any_json_is_a_body(pair, library, body):
    core, plugin = pair.request("POST", f"/studies/{library.study}/archive", data=body)

    check_same_archive(core, plugin)


@pytest.mark.parametrize("fields", [
    {"Synchronous": True},
    {"Synchronous": True, "Asynchronous": True},
    {"Asynchronous": False},
    {"Priority": 0}, {"Priority": -1000}, {"Priority": 2147483647},
    {"Transcode": dicom_samples.IMPLICIT},
    {"Extended": True}, {"Extended": False},
    {"Filename": 5}, {"Filename": None}, {"Filename": ["a"]},
])
def test_accepted_fields(pair, library, fields):
    core, plugin = pair.request("POST", f"/studies/{library.study}/archive", data=json.dumps(fields))

    check_same_archive(core, plugin)


@pytest.mark.parametrize("fields", [
    {"Asynchronous": True}, {"Synchronous": False}, {"Synchronous": False, "Asynchronous": False},
    {"Asynchronous": True, "Priority": -5}, {"Asynchronous": True, "Extended": True},
])
def test_asynchronous_answer(pair, library, fields):
    answers = pair.request("POST", f"/studies/{library.study}/archive", data=json.dumps(fields))

    for answer, server in zip(answers, (pair.core, pair.plugin)):
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == answers[0].headers["Content-Type"]
        body = answer.json()
        assert set(body) == {"ID", "Path"}
        assert body["Path"] == "/jobs/" + body["ID"]
        job = server.wait_success(body["ID"])
        assert job["Priority"] == fields.get("Priority", 0)


def test_instance_archive_is_new(pair, library):
    core, plugin = pair.request("GET", f"/instances/{library.instance}/archive")

    assert core.status_code == 404
    assert plugin.status_code == 200
    batch = pair.core.post("/tools/create-archive", [library.instance])
    check_same_content(batch.content, plugin.content)
    assert plugin.headers["Content-Disposition"] == f'filename="{library.instance}.zip"'
    posted = pair.plugin.post(f"/instances/{library.instance}/archive", {})
    check_same_content(batch.content, posted.content)


# Batches

def make_batches(library):
    return {
        "one study": [library.study],
        "two studies": [library.study, library.other_study],
        "reversed": [library.other_study, library.study],
        "mixed levels": [library.patient, library.other_study, library.other_series,
                         library.instance],
        "series of two patients": [library.series, library.other_study],
        "child of its parent": [library.study, library.series, library.instance],
        "instances": library.instances[1:4],
        "instance twice": [library.instance, library.instance],
        "instance thrice": [library.instances[1], library.instance, library.instance, library.instance],
        "series twice": [library.series, library.series],
        "empty": [],
    }


BATCHES = ["one study", "two studies", "reversed", "mixed levels", "series of two patients",
           "child of its parent", "instances", "series twice", "empty"]


@pytest.mark.parametrize("shape", ["list", "object"])
@pytest.mark.parametrize("name", BATCHES)
def test_batch(pair, library, name, shape):
    resources = make_batches(library)[name]
    body = resources if shape == "list" else {"Resources": resources}

    core, plugin = pair.request("POST", "/tools/create-archive", data=json.dumps(body))

    check_same_archive(core, plugin)


@pytest.mark.parametrize("name", ["instance twice", "instance thrice"])
def test_same_instance_several_times(pair, library, name):
    """As many copies as the host writes, but with the suffix in front of the extension."""
    resources = make_batches(library)[name]

    core, plugin = pair.request("POST", "/tools/create-archive", data=json.dumps(resources))

    assert plugin.status_code == 200
    names = list_names(plugin.content)
    assert len(names) == len(list_names(core.content)) == len(resources)
    assert len(set(names)) == len(names)
    assert all(name.endswith(".dcm") for name in names)


def test_empty_batch_is_an_empty_zip(pair, library):
    answer = pair.plugin.post("/tools/create-archive", [])

    assert answer.status_code == 200
    assert list_names(answer.content) == []


@pytest.mark.parametrize("name", BATCHES)
def test_batch_by_get(pair, library, name):
    resources = make_batches(library)[name]
    path = "/tools/create-archive?resources=" + ",".join(resources)

    core, plugin = pair.request("GET", path)

    if HAS_BATCH_GET:
        check_same_archive(core, plugin)
    else:
        # An addition: what POST gives
        assert core.status_code == 405
        check_same_content(pair.core.post("/tools/create-archive", resources).content, plugin.content)
        assert plugin.headers["Content-Disposition"] == 'filename="Archive.zip"'


def test_batch_by_get_drops_duplicates(pair, library):
    path = f"/tools/create-archive?resources={library.instance},{library.instance}"

    plugin = pair.plugin.get(path)

    assert len(list_names(plugin.content)) == 1


# Refused bodies: name -> body, status, error code, first version in which the host knows the field
REFUSED_BODIES = {
    "empty": (b"", 400, 15, None),
    "open brace": (b"{", 400, 15, None),
    "no JSON": (b"Asynchronous", 400, 15, None),
    "half a string": (b'"abc', 400, 15, None),
    "Synchronous 1": (b'{"Synchronous": 1}', 400, 15, None),
    "Synchronous text": (b'{"Synchronous": "true"}', 400, 15, None),
    "Synchronous null": (b'{"Synchronous": null}', 400, 15, None),
    "Asynchronous 1": (b'{"Asynchronous": 1}', 400, 15, None),
    "Asynchronous list": (b'{"Asynchronous": []}', 400, 15, None),
    "Priority text": (b'{"Priority": "5"}', 400, 15, None),
    "Priority 1.5": (b'{"Priority": 1.5}', 400, 15, None),
    "Priority true": (b'{"Priority": true}', 400, 15, None),
    "Priority null": (b'{"Priority": null}', 400, 15, None),
    "Transcode empty": (b'{"Transcode": ""}', 400, 3, None),
    "Transcode unknown": (b'{"Transcode": "1.2.3"}', 400, 3, None),
    "Transcode symbolic": (b'{"Transcode": "LittleEndianExplicit"}', 400, 3, None),
    "Transcode number": (b'{"Transcode": 5}', 400, 15, None),
    "Transcode null": (b'{"Transcode": null}', 400, 15, None),
    "Extended 1": (b'{"Extended": 1}', 400, 15, None),
    "LossyQuality text": (b'{"Transcode": "1.2.840.10008.1.2.1", "LossyQuality": "x"}', 400, 15,
                          (1, 12, 7)),
    "LossyQuality list": (b'{"Transcode": "1.2.840.10008.1.2.1", "LossyQuality": []}', 400, 15,
                          (1, 12, 7)),
    "Utf8 text": (b'{"Utf8": "yes"}', 400, 15, (1, 12, 11)),
    "Utf8 1": (b'{"Utf8": 1}', 400, 15, (1, 12, 11)),
}


@pytest.mark.parametrize("name", REFUSED_BODIES)
def test_refused_body(pair, library, expect_errors, name):
    body, status, code, since = REFUSED_BODIES[name]
    expect_errors()

    core, plugin = pair.request("POST", f"/studies/{library.study}/archive", data=body)

    if since is None or VERSION >= since:
        check_same_error(core, plugin)
    check_error(plugin, status, code)


@pytest.mark.parametrize("value", [2147483648, -2147483649, 5000000000, 10 ** 30])
def test_priority_beyond_32_bits(pair, library, expect_errors, value):
    """400 on every version; the core answers 200, 400 or 500, depending on version and value."""
    expect_errors()

    for fields in ({"Priority": value}, {"Priority": value, "Asynchronous": True}):
        answer = pair.plugin.post(f"/studies/{library.study}/archive", fields)

        assert answer.status_code == 400


REFUSED_BATCHES = {
    "empty": (b"", 400, 15),
    "no JSON": (b"[", 400, 15),
    "empty object": (b"{}", 400, 15),
    "text": (b'"abc"', 400, 15),
    "number": (b"12", 400, 15),
    "true": (b"true", 400, 15),
    "null": (b"null", 400, 15),
    "Resources text": (b'{"Resources": "abc"}', 400, 15),
    "Resources object": (b'{"Resources": {}}', 400, 15),
    "Resources null": (b'{"Resources": null}', 400, 15),
    "item number": (b'{"Resources": [1]}', 400, 15),
    "item list": (b'{"Resources": [[]]}', 400, 15),
    "list item number": (b"[1]", 400, 15),
    "list item null": (b"[null]", 400, 15),
    "unknown": (b'["00000000-00000000-00000000-00000000-00000000"]', 404, 17),
    "unknown in object": (b'{"Resources": ["nope"]}', 404, 17),
    "unknown asynchronous": (b'{"Resources": ["nope"], "Asynchronous": true}', 404, 17),
    "wrong field": (b'{"Resources": [], "Priority": "x"}', 400, 15),
    "wrong transcode": (b'{"Resources": [], "Transcode": "1.2.3"}', 400, 3),
}


@pytest.mark.parametrize("name", REFUSED_BATCHES)
def test_refused_batch(pair, library, expect_errors, name):
    body, status, code = REFUSED_BATCHES[name]
    expect_errors()

    core, plugin = pair.request("POST", "/tools/create-archive", data=body)

    check_same_error(core, plugin)
    check_error(plugin, status, code)


def test_unknown_resource_among_others(pair, library, expect_errors):
    expect_errors()

    core, plugin = pair.request("POST", "/tools/create-archive",
                                data=json.dumps([library.study, library.unknown]))

    check_same_error(core, plugin)
    check_error(plugin, 404, 17)


def test_refused_request_makes_no_job(pair, library, expect_errors):
    expect_errors()
    before = pair.plugin.get_json("/jobs")
    spool = pair.plugin.list_spool()

    pair.plugin.post(f"/studies/{library.unknown}/archive", {"Asynchronous": True})
    pair.plugin.post("/tools/create-archive", {"Resources": ["nope"], "Asynchronous": True})
    pair.plugin.post(f"/studies/{library.study}/archive", {"Asynchronous": True, "Priority": "x"})

    assert pair.plugin.get_json("/jobs") == before
    assert pair.plugin.list_spool() == spool


# Arguments of GET: query, expected refusal (status, code) or None, first version that knows it
GET_ARGUMENTS = {
    "transcode": ("transcode=1.2.840.10008.1.2", None, None),
    "transcode empty": ("transcode=", (400, 3), None),
    "transcode unknown": ("transcode=1.2.3", (400, 3), None),
    "filename": ("filename=mine.zip", None, (1, 11, 0)),
    "filename without extension": ("filename=mine", None, (1, 11, 0)),
    "lossy-quality": ("transcode=1.2.840.10008.1.2&lossy-quality=50", None, (1, 12, 7)),
    "lossy-quality large": ("transcode=1.2.840.10008.1.2&lossy-quality=500", None, (1, 12, 7)),
    "lossy-quality text": ("transcode=1.2.840.10008.1.2.1&lossy-quality=x", (400, 3), (1, 12, 7)),
    "unknown": ("something=else", None, None),
    "synchronous is ignored": ("asynchronous=true", None, None),
}


@pytest.mark.parametrize("name", GET_ARGUMENTS)
def test_argument_of_get(pair, library, expect_errors, name):
    query, refusal, since = GET_ARGUMENTS[name]
    if refusal:
        expect_errors()

    core, plugin = pair.request("GET", f"/studies/{library.study}/archive?{query}")

    is_known = since is None or VERSION >= since
    if refusal:
        check_error(plugin, *refusal)
        if is_known:
            check_same_error(core, plugin)
    elif is_known:
        check_same_archive(core, plugin)
    else:
        check_same_content(core.content, plugin.content)


def test_filename_works_on_every_host(pair, library):
    expected = 'filename="mine.zip"'

    got = pair.plugin.get(f"/studies/{library.study}/archive?filename=mine.zip")
    posted = pair.plugin.post(f"/studies/{library.study}/archive", {"Filename": "mine.zip"})
    batch = pair.plugin.post("/tools/create-archive",
                             {"Resources": [library.study], "Filename": "mine.zip"})
    batch_got = pair.plugin.get(f"/tools/create-archive?resources={library.study}&filename=mine.zip")

    for answer in (got, posted, batch, batch_got):
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"] == expected


@pytest.mark.parametrize("filename, expected", [
    ('a"b.zip', 'filename="ab.zip"'),
    ("a\r\nX-Injected: 1.zip", 'filename="aX-Injected: 1.zip"'),
    ("a b;c.zip", 'filename="a b;c.zip"'),
    ("", None),
])
def test_filename_in_the_header(pair, library, filename, expected):
    answer = pair.plugin.post(f"/studies/{library.study}/archive", {"Filename": filename})

    assert answer.status_code == 200
    assert "X-Injected" not in answer.headers
    if expected:
        assert answer.headers["Content-Disposition"] == expected


def test_filename_beyond_ascii(pair, library):
    answer = pair.plugin.post(f"/studies/{library.study}/archive", {"Filename": "Müller €.zip"})

    disposition = answer.headers["Content-Disposition"]
    assert "; filename*=UTF-8''M%C3%BCller%20%E2%82%AC.zip" in disposition
    assert disposition.startswith('filename="')
    disposition.encode("ascii")


@pytest.mark.parametrize("path", [
    "/tools/create-archive",
    "/tools/create-archive?resources=nope",
])
def test_refused_batch_by_get(pair, library, expect_errors, path):
    expect_errors()

    core, plugin = pair.request("GET", path)

    if HAS_BATCH_GET:
        check_same_error(core, plugin)
    assert plugin.status_code == (404 if "nope" in path else 400)


# Unknown identifiers and wrong levels

@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("method", ["GET", "POST", "POST asynchronous"])
def test_unknown_resource(pair, library, expect_errors, method, level):
    expect_errors()
    data = {"GET": None, "POST": b"{}", "POST asynchronous": b'{"Asynchronous": true}'}[method]

    core, plugin = pair.request(method.split()[0], f"/{level}/{library.unknown}/archive", data=data)

    check_same_error(core, plugin)
    check_error(plugin, 404, 7 if IS_STRICT_ABOUT_LEVELS else 17)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("other", LEVELS + ["instances"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_level_of_the_resource(pair, library, expect_errors, method, level, other):
    expect_errors()
    data = b"{}" if method == "POST" else None

    core, plugin = pair.request(method, f"/{level}/{get_id(library, other)}/archive", data=data)

    assert core.status_code == (404 if IS_STRICT_ABOUT_LEVELS and level != other else 200)
    if core.status_code == 200:
        check_same_archive(core, plugin)
    else:
        check_same_error(core, plugin)


@pytest.mark.parametrize("other", LEVELS)
def test_instance_route_with_another_level(pair, library, expect_errors, other):
    """A new route: strict or not as the others of the same host."""
    expect_errors()

    answer = pair.plugin.get(f"/instances/{get_id(library, other)}/archive")

    assert answer.status_code == (404 if IS_STRICT_ABOUT_LEVELS else 200)


@pytest.mark.parametrize("identifier", ["x", "%2e%2e", "a%00b", "%ff%fe", "0" * 5000, "..%2f..%2fetc"])
def test_strange_identifiers(pair, library, expect_errors, identifier):
    expect_errors()

    answer = pair.plugin.get(f"/studies/{identifier}/archive")

    assert answer.status_code in (400, 404, 414)


# Verbs

@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
@pytest.mark.parametrize("path", ["/patients/x/archive", "/studies/x/archive", "/series/x/archive",
                                  "/tools/create-archive"])
def test_other_verbs(pair, library, expect_errors, method, path):
    expect_errors()

    core, plugin = pair.request(method, path, data=b"")

    if path == "/tools/create-archive" and not HAS_BATCH_GET and method in ("PUT", "DELETE"):
        # GET is an addition there
        assert (plugin.status_code, plugin.headers["Allow"]) == (405, "GET,POST")
        assert plugin.content == b""
    else:
        check_same_error(core, plugin)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_other_verbs_of_instances(pair, library, method):
    answer = pair.plugin.request(method, f"/instances/{library.instance}/archive")

    assert (answer.status_code, answer.headers.get("Allow"), answer.content) == (405, "GET,POST", b"")


# Fields of ours

OWN_FIELDS_REFUSED = [
    {"Compression": "Best"}, {"Compression": 5}, {"Compression": None}, {"Compression": ""},
    {"OnMissing": "Ignore"}, {"OnMissing": True},
    {"OnTranscodeFailure": "Skip"}, {"OnTranscodeFailure": []},
    {"Manifest": "yes"}, {"Manifest": 1},
    {"Naming": 5}, {"Naming": ""}, {"Naming": "{NoSuchTag}.dcm"}, {"Naming": "{PatientID"},
    {"Naming": "PatientID}.dcm"},
]


@pytest.mark.parametrize("fields", OWN_FIELDS_REFUSED, ids=json.dumps)
@pytest.mark.parametrize("is_asynchronous", [False, True])
def test_refused_field_of_ours(pair, library, expect_errors, fields, is_asynchronous):
    expect_errors()

    answer = pair.plugin.post(f"/studies/{library.study}/archive",
                              dict(fields, Asynchronous=is_asynchronous))

    assert answer.status_code == 400, answer.text
    assert next(iter(fields)) in answer.json()["Details"]


@pytest.mark.parametrize("query", ["compression=best", "compression=", "on-missing=ignore",
                                   "on-transcode-failure=skip", "manifest=perhaps",
                                   "naming=%7BNoSuchTag%7D.dcm", "naming=a%7Bb"])
def test_refused_argument_of_ours(pair, library, expect_errors, query):
    expect_errors()

    answer = pair.plugin.get(f"/studies/{library.study}/archive?{query}")

    assert answer.status_code == 400, query


@pytest.mark.parametrize("fields, query", [
    ({"Compression": "Store"}, "compression=store"),
    ({"Compression": "Fast"}, "compression=fast"),
    ({"Compression": "Dense"}, "compression=dense"),
    ({"OnMissing": "Report"}, "on-missing=report"),
    ({"OnTranscodeFailure": "Fail"}, "on-transcode-failure=fail"),
    ({"Naming": "Host"}, "naming=Host"),
    ({"Utf8": True}, "utf8=true"),
    ({"Manifest": False}, "manifest=false"),
])
def test_get_and_post_take_the_same_fields(pair, library, fields, query):
    got = pair.plugin.get(f"/studies/{library.study}/archive?{query}")
    posted = pair.plugin.post(f"/studies/{library.study}/archive", fields)

    assert (got.status_code, posted.status_code) == (200, 200), (got.text[:300], posted.text[:300])
    assert got.content == posted.content
    # Older hosts have no names in UTF-8, and other characters in theirs
    if "Utf8" not in fields or VERSION >= (1, 12, 11):
        check_same_content(pair.core.get(f"/studies/{library.study}/archive").content, got.content)


@pytest.mark.parametrize("value", ["text", {"a": [1, 2]}, [1, "x"], 5, -1.5, True, False, ""],
                         ids=json.dumps)
def test_user_data_of_any_type(pair, library, value):
    job = pair.plugin.submit(f"/studies/{library.study}/archive", UserData=value)

    shown = pair.plugin.wait_success(job)

    if VERSION >= (1, 12, 9):
        assert shown["UserData"] == value
    assert shown.get("UserData", shown["Content"].get("UserData")) == value


def test_every_entry_is_below_the_size_of_a_shared_name(pair, library):
    """Names of both studies of a patient do not collide."""
    answer = pair.plugin.get(f"/patients/{library.patient}/archive")

    names = list_names(answer.content)
    assert len(names) == 8
    assert len({name.lower() for name in names}) == 8


def test_errors_without_description(start_server, expect_errors):
    expect_errors()
    core = start_server({"HttpDescribeErrors": False}, with_plugin=False)
    plugin = start_server({"HttpDescribeErrors": False})

    for method, path, body in [("GET", "/studies/x/archive", None),
                               ("POST", "/studies/x/archive", b"{"),
                               ("POST", "/tools/create-archive", b"{}"),
                               ("GET", "/jobs/x/archive", None)]:
        expected = core.request(method, path, data=body)
        answer = plugin.request(method, path, data=body)
        assert (answer.status_code, answer.content) == (expected.status_code, expected.content), path


def test_the_oracle_is_no_plugin(pair):
    """Otherwise every comparison above would be empty."""
    assert "advanced-rest" not in pair.core.get_json("/plugins")
    assert not PLUGIN or "advanced-rest" in pair.plugin.get_json("/plugins")


def test_real_studies(start_server):
    """CT, MR and CR studies that come with pydicom."""
    core = start_server(with_plugin=False)
    plugin = start_server()
    for path in dicom_samples.list_dicomdirtests():
        dicom = dicom_samples.read_file(path)
        assert core.upload(dicom)["ID"] == plugin.upload(dicom)["ID"]

    for level in ("patients", "studies"):
        for identifier in core.get_json(f"/{level}"):
            check_same_archive(core.get(f"/{level}/{identifier}/archive"),
                               plugin.get(f"/{level}/{identifier}/archive"))
    everything = core.get_json("/patients")
    check_same_archive(core.post("/tools/create-archive", everything),
                       plugin.post("/tools/create-archive", everything))
