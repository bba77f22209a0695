# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

import contextlib
import subprocess

import requests

from orthanc_server import wait_until

CONFIGURATION = """
daemon off;
user root;
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  {servers}
}}
"""


@contextlib.contextmanager
def run_nginx(directory, servers, url):
    """nginx with these blocks "server {...}"; "url" is that of an Orthanc behind it."""
    path = directory / "nginx.conf"
    path.write_text(CONFIGURATION.format(directory=directory, servers=servers))
    with subprocess.Popen(["nginx", "-p", str(directory), "-c", str(path)], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        def is_up():
            assert process.poll() is None, (directory / "error.log").read_text()
            try:
                return requests.get(url + "/system", timeout=10).ok
            except requests.ConnectionError:
                return False

        try:
            wait_until(is_up, "nginx")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=30)
