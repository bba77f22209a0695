# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Spools with a long history."""

import os
import uuid


def multiply_records(spool, count):
    """Copies of the only record, each with a link of its own and without a file."""
    names = os.listdir(spool)
    record_name, = [name for name in names if name.endswith(".json")]
    link_name, = [name for name in names if name.endswith(".job")]
    with open(os.path.join(spool, record_name), encoding="utf-8") as stream:
        record = stream.read()
    with open(os.path.join(spool, link_name), encoding="utf-8") as stream:
        link = stream.read()
    old = record_name[:-len(".json")]
    for _ in range(count):
        new = str(uuid.uuid4())
        with open(os.path.join(spool, new + ".json"), "w", encoding="utf-8") as stream:
            stream.write(record.replace(old, new))
        with open(os.path.join(spool, str(uuid.uuid4()) + ".job"), "w", encoding="utf-8") as stream:
            stream.write(link.replace(old, new))
