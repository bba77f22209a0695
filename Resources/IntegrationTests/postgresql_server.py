# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Debian's PostgreSQL on a socket in a directory of its own, which disappears with it."""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile

from orthanc_server import wait_until

# Who may run it: PostgreSQL refuses to run as root
USER = "postgres"
PORT = 5432    # part of the socket's name only: it listens to no network


class PostgreSql:
    """An empty database for Orthanc, as a context."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="advanced-rest-postgresql-")
        self.data = os.path.join(self.directory, "data")
        self.log_path = os.path.join(self.directory, "log")
        self.process = None

    def make_command(self, program, *arguments):
        folder = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        command = [os.path.join(folder, program), *arguments]
        if os.getuid() == 0:
            command = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *command]
        return command

    def run(self, program, *arguments):
        done = subprocess.run(self.make_command(program, *arguments), cwd=self.directory, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={"LC_ALL": "C", "PATH": os.environ["PATH"]}, check=False)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def __enter__(self):
        if os.getuid() == 0:
            account = pwd.getpwnam(USER)
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        self.run("initdb", "--pgdata", self.data, "--auth=trust", "--username=orthanc", "--encoding=UTF8",
                 "--no-sync")
        with open(self.log_path, "wb") as log:
            # Without fsync: nobody needs the data after the test
            self.process = subprocess.Popen(
                self.make_command("postgres", "-D", self.data, "-k", self.directory, "-p", str(PORT),
                                  "-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"),
                cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={"LC_ALL": "C", "PATH": os.environ["PATH"]})
        try:
            wait_until(self.is_up, "PostgreSQL to accept connections")
        except AssertionError:
            self.__exit__(None, None, None)
            raise
        return self

    def is_up(self):
        assert self.process.poll() is None, self.read_log()
        return subprocess.run(self.make_command("pg_isready", "-q", "-h", self.directory, "-p", str(PORT)),
                              check=False).returncode == 0

    def read_log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def count_rows(self, table):
        return int(self.run("psql", "-h", self.directory, "-p", str(PORT), "-U", "orthanc", "-At", "-c",
                            f"SELECT COUNT(*) FROM {table}", "postgres"))

    def __exit__(self, kind, value, traceback):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)    # ends its sessions
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def configure(self, has_storage=False):
        """The section of Orthanc's configuration."""
        return {"PostgreSQL": {"EnableIndex": True, "EnableStorage": has_storage, "Host": self.directory,
                               "Port": PORT, "Database": "postgres", "Username": "orthanc", "Password": ""}}
