#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Fails if a file includes what its folder may not: who may include whom, as a table."""

import os
import re
import sys

# Folder (the deepest one that matches counts) -> folders and headers of ours that it may include, besides
# itself. "Plugin/Core/." is Core without its subfolders
OWN = {
    "Plugin": ["Plugin/*"],
    "Plugin/Core": [],
    "Plugin/Core/Zip": ["Plugin/Core/."],
    "Plugin/Core/Metrics": ["Plugin/Core/."],
    "Plugin/Core/Dicom": ["Plugin/Core/."],
    "Plugin/Core/Archive": ["Plugin/Core/.", "Plugin/Core/Zip", "Plugin/Core/Dicom", "Plugin/Core/Media"],
    "Plugin/Core/Spool": ["Plugin/Core/.", "Plugin/Core/Archive"],
    "Plugin/Core/Jobs": ["Plugin/Core/*"],
    "Plugin/Core/Notify": ["Plugin/Core/.", "Plugin/Core/Spool", "Plugin/Core/Jobs/IJobObserver.h",
                           "Plugin/Core/Jobs/ArchiveContent.h"],
    "Plugin/Core/Media": ["Plugin/Core/.", "Plugin/Core/Zip", "Plugin/Core/Dicom"],
    "Plugin/Http": ["Plugin/Core/."],
    "Plugin/Rest": ["Plugin/Http", "Plugin/Core/*"],
    "Plugin/Host": ["Plugin/Http", "Plugin/Core/*"],
    "UnitTests": ["Plugin/*", "UnitTests/Fakes"],
    "UnitTests/Fakes": ["Plugin/*"],
    "UnitTests/Fuzz": ["Plugin/*", "UnitTests/Fakes"],
    "UnitTests/Core": ["Plugin/Core/*", "UnitTests/.", "UnitTests/Fakes"],
    "UnitTests/Http": ["Plugin/Http", "Plugin/Core/*", "UnitTests/.", "UnitTests/Fakes"],
    "UnitTests/Rest": ["Plugin/Rest", "Plugin/Http", "Plugin/Core/*", "UnitTests/.",
                       "UnitTests/Fakes"],
    "UnitTests/Host": ["Plugin/*", "UnitTests/.", "UnitTests/Fakes"],
}

# Third parties: header pattern -> files of ours that may include it. "*" stays within a folder, "**" does not
THIRD = {
    "orthanc/*": ["Plugin/Host/*", "Plugin/Plugin.cpp", "Plugin/Application.h", "UnitTests/Fakes/FakeOrthanc*",
                  "UnitTests/Host/*"],
    "isa-l/*": ["Plugin/Core/Zip/Deflater.cpp", "UnitTests/Core/Zip/*.cpp"],
    "isa-l.h": ["Plugin/Core/Zip/Deflater.cpp", "UnitTests/Core/Zip/*.cpp"],
    "libdeflate.h": ["Plugin/Core/Zip/Deflater.cpp", "UnitTests/Core/Zip/*.cpp"],
    "zlib.h": ["Plugin/Core/Zip/*.cpp", "Plugin/Core/Archive/*.cpp", "Plugin/Core/Dicom/*.cpp", "Plugin/Host/*.cpp",
               "UnitTests/**"],
    "dcmtk/**": ["Plugin/Core/Dicom/*.cpp", "UnitTests/**.cpp"],
    "png.h": ["Plugin/Core/Dicom/*.cpp"],
    "turbojpeg.h": ["Plugin/Core/Dicom/*.cpp"],
    "qpdf/*": ["Plugin/Core/Dicom/*.cpp"],
    "prometheus/*": ["Plugin/Core/Metrics/*", "UnitTests/**"],
    "json/*": ["Plugin/Core/Spool/ArchiveRecordJson.cpp", "Plugin/Core/Jobs/*.cpp",
               "Plugin/Core/Notify/DeliveryRecordJson.cpp", "Plugin/Core/Notify/WebhookBody.cpp",
               "Plugin/Rest/*.cpp", "Plugin/Host/*.cpp", "Plugin/*.cpp", "UnitTests/**"],
    "curl/*": ["Plugin/Core/Notify/DeliverySender.cpp"],
    "openssl/*": ["Plugin/Core/Archive/*.cpp", "Plugin/Core/Notify/WebhookSignature.cpp",
                  "Plugin/Core/Zip/ZipCipher.cpp", "UnitTests/**.cpp"],
    "libisofs/*": ["Plugin/Core/Media/IsoWriter.cpp"],
    "gtest/*": ["UnitTests/**"],
    # Threads and mutexes: any .cpp, and private members of any header
    "boost/thread.hpp": ["**"],
    "boost/thread/**": ["**"],
    "boost/chrono**": ["**.cpp"],
    "boost/date_time/**": ["**.cpp"],           # the time type of its timed waits
}

# Standard C++ and POSIX
STANDARD = re.compile(r"^[a-z_0-9]+$")
POSIX = re.compile(r"^(sys/[a-z_]+|linux/[a-z_]+|netinet/[a-z_]+|arpa/inet|dirent|errno|fcntl|iconv|poll|"
                   r"pthread|signal|spawn|stdio|stdlib|string|strings|time|unistd|grp|pwd)\.h$")

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)


def get_folder(path):
    """The row of OWN for this file."""
    folder = os.path.dirname(path)
    while folder and folder not in OWN:
        folder = os.path.dirname(folder)
    return folder


def may_include_own(source, target):
    folder = get_folder(source)
    if not folder:
        return False
    if folder in ("Plugin/Core", "Plugin") and os.path.dirname(source) != folder:
        return False                            # a new subfolder needs a row of its own
    target_folder = os.path.dirname(target)
    if target_folder == folder or (folder not in ("Plugin", "Plugin/Core", "UnitTests") and
                                   target_folder.startswith(folder + "/")):
        return True
    for allowed in OWN[folder]:
        if allowed.endswith("/."):
            if target_folder == allowed[:-2]:
                return True
        elif allowed.endswith("/*"):
            if target_folder == allowed[:-2] or target_folder.startswith(allowed[:-1]):
                return True
        elif allowed in (target_folder, target):
            return True
    return False


def matches(path, pattern):
    parts = [re.escape(part).replace(r"\*", "[^/]*") for part in pattern.split("**")]
    return re.fullmatch(".*".join(parts), path) is not None


def may_include_third(source, header):
    for pattern, users in THIRD.items():
        if matches(header, pattern):
            return any(matches(source, user) for user in users)
    return bool(STANDARD.match(header) or POSIX.match(header))


def check_file(root, source):
    """The complaints about one file."""
    complaints = []
    with open(os.path.join(root, source), encoding="utf-8") as stream:
        text = stream.read()
    for match in INCLUDE.finditer(text):
        quote, header = match.groups()
        line = text.count("\n", 0, match.start(2)) + 1
        if quote == '"':
            target = os.path.normpath(os.path.join(os.path.dirname(source), header))
            if not os.path.isfile(os.path.join(root, target)):
                complaints.append(f"{source}:{line}: no such file of ours: {header}")
            elif not may_include_own(source, target):
                complaints.append(f"{source}:{line}: {get_folder(source)} may not include {target}")
        elif not may_include_third(source, header):
            complaints.append(f"{source}:{line}: may not include <{header}>")
    return complaints


def main(root):
    sources = []
    for top in ("Plugin", "UnitTests"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            sources += [os.path.relpath(os.path.join(folder, name), root)
                        for name in names if name.endswith((".h", ".cpp"))]
    if not sources:
        print(f"No source below {root}")
        return 1
    complaints = [text for source in sorted(sources) for text in check_file(root, source)]
    print("\n".join(complaints + [f"{len(sources)} files, {len(complaints)} complaints"]))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
