#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Exit code 0 if the Orthanc of this container answers and has loaded the plugin, else 1 and the reason."""

import base64
import http.client
import json
import ssl
import sys

CONFIGURATION = "/run/orthanc/orthanc.json"


def ask(configuration, path):
    """Status and body of a GET."""
    port = configuration.get("HttpPort", 8042)
    if configuration.get("SslEnabled", False):
        # The name in the certificate is none of this machine's
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=8,
                                                 context=ssl._create_unverified_context())
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=8)
    headers = {}
    for user, password in configuration.get("RegisteredUsers", {}).items():
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers["Authorization"] = "Basic " + token
        break
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def main():
    try:
        with open(CONFIGURATION, encoding="utf-8") as stream:
            configuration = json.load(stream)
        if not configuration.get("HttpServerEnabled", True):
            return 0
        status, body = ask(configuration, "/plugins")
        if status in (401, 403):
            # Whoever may ask is another plugin's business: it answers, that is all we can know
            return 0
        if status != 200 or "advanced-rest" not in json.loads(body):
            print(f"status {status}, or no plugin", file=sys.stderr)
            return 1
    except (OSError, ValueError, http.client.HTTPException) as error:
        print(f"{error.__class__.__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
