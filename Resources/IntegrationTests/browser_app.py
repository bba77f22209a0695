# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Our own page in a real browser."""

import pytest

from browser_driver import host, run_scenario, start_on_host  # noqa: F401, pylint: disable=unused-import


@pytest.fixture(scope="module")
def server(start_on_host):
    return start_on_host()


@pytest.mark.parametrize("path", ["/advanced-rest/app", "/advanced-rest/app/",
                                  "/advanced-rest/app/index.html"])
def test_the_page_opens(server, path):
    result = run_scenario("open", server, path=path)

    assert result == {"title": "Orthanc Advanced REST", "status": 200}
