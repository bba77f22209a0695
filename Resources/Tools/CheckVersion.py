#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""CheckVersion.py ROOT VERSION: fails unless NEWS begins with this version, which CMakeLists.txt alone tells."""

import os
import re
import sys


def main(root, version):
    with open(os.path.join(root, "NEWS"), encoding="utf-8") as stream:
        news = re.search(r"^Version (\S+)", stream.read(), re.MULTILINE)
    if news is None or news.group(1) != version:
        print(f"CMakeLists.txt has version {version}, NEWS begins with {news and news.group(1)}")
        return 1
    status = 0
    for folder in ("Plugin", "Docker", os.path.join("Resources", "CMake"), os.path.join("Resources", "Debian")):
        for place, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                path = os.path.join(place, name)
                with open(path, encoding="utf-8") as stream:
                    if re.search(rf"(?<![\d.]){re.escape(version)}(?![\d.])", stream.read()):
                        print(f"{path} repeats the version")
                        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
