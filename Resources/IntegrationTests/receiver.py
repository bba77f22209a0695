# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Where Orthanc and the plugin send to."""

import http.server
import threading


class Receiver:
    """An HTTP server that answers what the test says, and keeps what it was told."""

    def __init__(self, answer=None, port=0, address="127.0.0.1"):
        self.answer = answer or (lambda number, request: (200, {}))
        self.requests = []
        self.changed = threading.Condition()
        self.is_closing = threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                receiver.handle(self)

            do_GET = do_POST

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer((address, port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.origin = f"http://{address}:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def handle(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        request = {"method": handler.command, "path": handler.path, "body": body,
                   "headers": dict(handler.headers.items())}
        with self.changed:
            number = len(self.requests)
            self.requests.append(request)
            self.changed.notify_all()
        answer = self.answer(number, request)
        if answer is None:                      # silence
            self.is_closing.wait(600)
            return
        status, headers = answer
        try:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        except OSError:
            pass                                # the sender has given up meanwhile

    def wait_for(self, count, seconds=60):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.requests) >= count, seconds), \
                f"{len(self.requests)} requests instead of {count}"
            return self.requests[:count]

    def close(self):
        self.is_closing.set()
        self.server.shutdown()
        self.server.server_close()
