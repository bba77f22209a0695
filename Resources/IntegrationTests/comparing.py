# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""What must be the same in the answers of the oracle and of the server under test."""

from orthanc_server import list_names, read_entries


def check_error(answer, status, code):
    """The host's JSON error, as far as it does not depend on its version."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert (body["HttpStatus"], body["OrthancStatus"]) == (status, code), body
    assert body["Method"] == answer.request.method


def check_same_error(core, plugin, has_more_verbs=False):
    """has_more_verbs: our route knows verbs that this version of the host does not."""
    assert plugin.status_code == core.status_code, (core.text, plugin.text)
    assert plugin.headers.get("Content-Type") == core.headers.get("Content-Type")
    core_verbs, plugin_verbs = core.headers.get("Allow"), plugin.headers.get("Allow")
    if has_more_verbs and core_verbs and plugin_verbs:
        assert set(core_verbs.split(",")) <= set(plugin_verbs.split(","))
    else:
        assert plugin_verbs == core_verbs
    if core.content:
        core_body, plugin_body = core.json(), plugin.json()
        core_details, plugin_details = core_body.pop("Details", None), plugin_body.pop("Details", None)
        assert plugin_body == core_body
        assert core_details is None or plugin_details, "no Details"
    else:
        assert plugin.content == b""


def check_same_headers(core, plugin):
    for name in ("Content-Type", "Content-Disposition"):
        assert plugin.headers.get(name) == core.headers.get(name), name
    assert "Content-Encoding" not in plugin.headers


def check_same_content(core, plugin):
    """Two ZIP archives with the same names, in the same order, and the same files."""
    assert list_names(plugin) == list_names(core)
    assert read_entries(plugin) == read_entries(core)


def check_same_archive(core, plugin):
    assert (core.status_code, plugin.status_code) == (200, 200), (core.text[:500], plugin.text[:500])
    check_same_headers(core, plugin)
    check_same_content(core.content, plugin.content)
