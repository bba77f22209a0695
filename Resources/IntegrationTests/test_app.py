# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""The files of our own page over HTTP, and what the server says it can do."""

import gzip
import json
import os
import re
import socket

import pytest
import requests

from comparing import check_error
from exposition import RESOURCES
from orthanc_server import CAN_STREAM, VERSION

APP = "/advanced-rest/app"
SOURCES = os.path.join(RESOURCES, "..", "Plugin", "App")
LANGUAGES = ["de", "en", "es", "fr"]


@pytest.fixture(scope="module")
def server(start_module_server):
    return start_module_server()


def list_files():
    return sorted(os.path.relpath(os.path.join(folder, name), SOURCES)
                  for folder, _, names in os.walk(SOURCES) for name in names)


def read_file(name):
    with open(os.path.join(SOURCES, name), "rb") as stream:
        return stream.read()


# Files

def test_every_file_is_served_as_it_is(server):
    types = {"html": "text/html", "js": "text/javascript", "css": "text/css", "json": "application/json",
             "svg": "image/svg+xml"}
    for name in list_files():
        for prefix in ("/", "/app/"):
            answer = server.get(APP + prefix + name)
            assert answer.status_code == 200, name
            assert answer.content == read_file(name)
            assert answer.headers["Content-Type"] == types[name.rsplit(".", 1)[1]] + "; charset=utf-8", name


@pytest.mark.parametrize("path", [APP, APP + "/", APP + "/index.html"])
def test_the_page_and_its_policy(server, path):
    answer = server.get(path, headers={"Accept-Encoding": "identity"})

    assert answer.content == read_file("index.html")
    headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    for part in ("form-action 'none'", "base-uri 'none'", "frame-ancestors 'self'",
                 "require-trusted-types-for 'script'"):
        assert part in policy
    assert "unsafe" not in policy and "http" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-cache"
    assert headers["ETag"].startswith('W/"')


def test_no_script_or_style_inside_of_the_page():
    page = read_file("index.html").decode()

    assert re.findall(r"<script(?![^>]* src=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", page) == []
    for name in list_files():
        if name.endswith(".js") and not name.startswith("Explorer"):
            source = read_file(name).decode()
            assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|setAttribute\('style", source), name


def test_nothing_comes_from_elsewhere():
    for name in list_files():
        urls = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", read_file(name).decode())
        assert set(urls) <= {"http://www.w3.org"}, (name, urls)


def test_known_files_are_not_sent_again(server):
    for name in list_files():
        first = server.get(f"{APP}/{name}")
        again = server.get(f"{APP}/{name}", headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304 and again.content == b"", name
        assert again.headers["ETag"] == first.headers["ETag"]
        other = server.get(f"{APP}/{name}", headers={"If-None-Match": 'W/"other"'})
        assert other.status_code == 200 and other.content == first.content


@pytest.mark.parametrize("compression", [None, True, False])
def test_compressed_once(start_server, compression):
    configuration = {} if compression is None else {"HttpCompressionEnabled": compression}
    server = start_server(configuration)

    answer = requests.get(server.url + APP + "/app.css", headers={"Accept-Encoding": "gzip"}, stream=True, timeout=60)
    data = answer.raw.read(decode_content=False)

    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(data) == read_file("app.css")
    assert answer.headers["Vary"] == "Accept-Encoding"
    plain = server.get(APP + "/app.css", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers and plain.content == read_file("app.css")


def test_the_page_is_small():
    """All that the first view needs, compressed as the plugin does it."""
    names = re.findall(r'(?:href|src)="app/([^"]+)"', read_file("index.html").decode())
    sizes = {name: len(gzip.compress(read_file(name), 1)) for name in [*names, "index.html", "messages/fr.json"]}

    assert sum(sizes.values()) < 60_000, sizes


def get_as_it_is(server, path):
    """Status and answer to a path that a client would tidy up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(f"GET {APP}{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(answer.split()[1]), answer


@pytest.mark.parametrize("path", ["/../Application.cpp", "/..%2FApplication.cpp", "/%2e%2e/%2e%2e/etc/passwd",
                                  "/....//etc/passwd", "//etc/passwd", "/messages", "/messages/", "/Index.html",
                                  "/main.js/x", "/app/app/main.js", "/.git/config",
                                  "/..%5C..%5Cmain.cpp", "/%252e%252e/main.js"])
def test_nothing_else_is_there(server, expect_errors, path):
    expect_errors()

    status, answer = get_as_it_is(server, path)

    assert status in (400, 404), answer[:200]
    for content in (b"root:", b"namespace OrthancPlugins", b"<!doctype"):
        assert content not in answer


def test_what_follows_a_zero_byte_is_nothing(server, expect_errors):
    """Some hosts end the name there: then it is that file, with its own type."""
    expect_errors()

    status, answer = get_as_it_is(server, "/index.html%00.js")

    assert status in (400, 404) or (b"Content-Type: text/html" in answer and answer.endswith(read_file("index.html")))


def test_only_get(server, expect_errors):
    expect_errors()
    for path in (APP, APP + "/main.js", "/advanced-rest/features"):
        for method in ("POST", "PUT", "DELETE"):
            answer = server.request(method, path, data="x")
            assert answer.status_code == 405 and answer.headers["Allow"] == "GET", (method, path)


# What the host shows of it

def test_plugins_page_leads_to_the_page(server):
    plugin = server.get_json("/plugins/advanced-rest")

    assert plugin["RootUri"].endswith("advanced-rest/app/")
    assert len(plugin["Description"]) > 60


@pytest.mark.parametrize("switch", [False, {"Enabled": False}], ids=str)
def test_switched_off(start_server, expect_errors, switch):
    expect_errors()
    server = start_server({"AdvancedRest": {"App": switch}})

    for path in (APP, APP + "/main.js", "/advanced-rest/features"):
        check_error(server.get(path), 404, 17)
    assert "RootUri" not in server.get_json("/plugins/advanced-rest")
    assert server.get("/jobs").status_code == 200


# Features

def test_features(server):
    features = server.get_json("/advanced-rest/features")

    assert features["HostVersion"] == ".".join(map(str, VERSION))
    assert features["Version"] == server.get_json("/plugins/advanced-rest")["Version"]
    assert features["CanStream"] == CAN_STREAM
    assert all(features[name] for name in ("Archive", "Media", "Jobs", "Metrics", "Documents", "HasPreviews", "HasMetrics",
                                           "SeesAllJobs"))
    assert not features["OwnJobsOnly"] and not features["IsReadOnly"] and features["User"] is None
    assert 0 < features["Spool"]["FreeBytes"] <= features["Spool"]["DiskBytes"]
    assert features["Spool"]["MaxAgeHours"] == 24
    assert (features["Limits"]["MaxFileBytes"] is None) == CAN_STREAM


def test_features_of_another_configuration(start_server):
    server = start_server({"MetricsEnabled": False, "AdvancedRest": {
        "Documents": False, "Media": False, "Spool": {"MaxSizeMB": 10, "MaxAgeHours": 0, "MaxArchives": 3},
        "Webhooks": {"AllowedUrls": ["https://example.org/"]}}})

    features = server.get_json("/advanced-rest/features")

    assert [features[name] for name in ("Documents", "Media", "HasMetrics", "Archive")] == [False, False, False, True]
    assert features["Spool"]["QuotaBytes"] == 10 << 20
    assert features["Spool"]["MaxAgeHours"] is None and features["Spool"]["MaxArchives"] == 3
    assert features["Webhooks"] == {"IsUsed": True}


# Texts

def read_messages(language):
    def check(pairs):
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), "a key twice"
        return dict(pairs)
    return json.loads(read_file(f"messages/{language}.json"), object_pairs_hook=check)


def list_placeholders(text):
    return sorted(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_have_the_same_texts(language):
    assert [name for name in list_files() if name.startswith("messages")] == [f"messages/{name}.json" for name in LANGUAGES]
    english, other = read_messages("en"), read_messages(language)

    assert sorted(other) == sorted(english)
    for key, text in other.items():
        assert isinstance(text, str) and text.strip(), key
        assert list_placeholders(text) == list_placeholders(english[key]), key


def test_every_text_that_the_page_asks_for_is_there():
    """Keys that are put together, "state.${...}", are looked for by their beginning."""
    keys = read_messages("en")
    for name in list_files():
        if not name.endswith(".js") or name.startswith("Explorer"):
            continue
        source = read_file(name).decode()
        for key in re.findall(r"\bt\('([^']+)'", source):
            assert key in keys, (name, key)
        for key in re.findall(r"\btn\('([^']+)'", source):
            assert {key + ".one", key + ".other"} <= set(keys), (name, key)
        for start in re.findall(r"\bt\(`([\w.]+)\$\{", source):
            assert any(key.startswith(start) for key in keys), (name, start)
    levels = {"good": [""], "bad": ["", ".do"], "warn": ["", ".do"], "note": ["", ".do"]}
    for finding, level in re.findall(r"finding\('(\w+)', (?:[^,)]*\? )?'(\w+)'", read_file("health.js").decode()):
        for end in levels[level]:
            assert f"health.{finding}.{level}{end}" in keys, (finding, level)
