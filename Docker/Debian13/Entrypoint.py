#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Makes the configuration of Orthanc, then becomes Orthanc with the arguments at hand.

From the least to the most important:
  1. Defaults.json of the image
  2. /etc/orthanc/*.json, and /run/secrets/*.json
  3. the variable ORTHANC_JSON: a JSON object
  4. variables such as ORTHANC__DICOM_AET or ORTHANC__ADVANCED_REST__SPOOL__MAX_AGE_HOURS, and files of that name
     in /run/secrets, whose content is the value

Two underscores go one level down, one stands between words. A value is JSON, or plain text where Orthanc wants
text. An argument that is no option is a command that runs instead of Orthanc.
"""

import glob
import json
import os
import re
import sys

ETC = "/etc/orthanc"
SECRETS = "/run/secrets"
SHARE = "/usr/share/orthanc-image"
TARGET = "/run/orthanc/orthanc.json"
PREFIX = "ORTHANC__"

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)


class Refused(Exception):
    """What the user has to change."""


def say(text):
    print("orthanc-entrypoint: " + text, file=sys.stderr, flush=True)


def parse(text, where):
    """JSON with comments, as Orthanc reads it."""
    plain = TOKEN.sub(lambda match: match.group() if match.group().startswith('"') else " ", text)
    try:
        value = json.loads(plain)
    except ValueError as error:
        raise Refused(f"{where} is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refused(f"{where} is no JSON object")
    return value


def read(path):
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except (OSError, UnicodeError) as error:
        raise Refused(f"{path} cannot be read: {error}") from None


def squeeze(word):
    """What is left of a name if case and underscores do not count."""
    return word.replace("_", "").upper()


class Known:
    """The options that Orthanc and the plugin document, also those that are comments by default."""

    def __init__(self, directory):
        self.names = {}
        self.defaults = {}
        for path in sorted(glob.glob(os.path.join(directory, "*.json"))):
            text = read(path)
            self.defaults.update(parse(text, path))
            for name in re.findall(r'"([A-Z][A-Za-z0-9]*)"\s*:', text):
                self.names.setdefault(squeeze(name), name)

    def find_name(self, words):
        """The documented name, or the words in camel case, and whether it is documented."""
        name = self.names.get(squeeze(words))
        if name is not None:
            return name, True
        return "".join(word[:1] + word[1:].lower() for word in words.split("_")), False

    def find_default(self, path):
        value = self.defaults
        for name in path:
            if not isinstance(value, dict) or name not in value:
                return None
            value = value[name]
        return value


def name_kind(value):
    for kind, text in ((bool, "true or false"), ((int, float), "a number"), (str, "text"), (list, "a list"),
                       (dict, "an object")):
        if isinstance(value, kind):
            return text
    return "null"


def read_value(text, default, variable):
    """The value in a variable, of the kind that the default has."""
    if isinstance(default, str):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if default is not None and name_kind(value) != name_kind(default):
        raise Refused(f"{variable} must be {name_kind(default)}")
    return value


def merge(target, source, origins, where, path=()):
    """Options of one file into those of others; twice is an error, as for Orthanc."""
    for name, value in source.items():
        here = path + (name,)
        if isinstance(value, dict) and isinstance(target.get(name, {}), dict):
            merge(target.setdefault(name, {}), value, origins, where, here)
            continue
        if here in origins:
            raise Refused(f'"{".".join(here)}" is set in {origins[here]} and in {where}')
        origins[here] = where
        target[name] = value


def override(target, source):
    for name, value in source.items():
        if isinstance(value, dict) and isinstance(target.get(name), dict):
            override(target[name], value)
        else:
            target[name] = value


def set_variable(configuration, known, variable, text):
    parts = variable[len(PREFIX):].split("__")
    if not all(re.fullmatch("[A-Z0-9]+(_[A-Z0-9]+)*", part) for part in parts):
        raise Refused(f"{variable} is no name of an option: capital letters, digits, one underscore between words, "
                      "two between levels")
    found = [known.find_name(part) for part in parts]
    path = [name for name, _ in found]
    shown = ".".join(path)
    if not all(is_known for _, is_known in found):
        if path[0] == "AdvancedRest":
            raise Refused(f'{variable}: the plugin has no option "{shown}"')
        say(f'warning: {variable} is taken for "{shown}", which neither Orthanc nor the plugin documents')
    level = configuration
    for name in path[:-1]:
        level = level.setdefault(name, {})
        if not isinstance(level, dict):
            raise Refused(f'{variable}: "{name}" has no options below it')
    level[path[-1]] = read_value(text, known.find_default(path), variable)
    say(f'"{shown}" is set by {variable}')


def list_variables(environment):
    """Name -> text, of the environment and the secrets."""
    variables = {name: text for name, text in environment.items() if name.startswith(PREFIX)}
    for path in glob.glob(os.path.join(SECRETS, PREFIX + "*")):
        name = os.path.basename(path)
        if name in variables:
            raise Refused(f"{name} is a variable and a secret")
        variables[name] = read(path).rstrip("\n")
    for name in environment:
        if name.startswith("ORTHANC_") and not name.startswith(PREFIX) and name != "ORTHANC_JSON":
            say(f"warning: {name} is not used: options begin with {PREFIX}")
    return variables


def configure(environment):
    known = Known(os.path.join(SHARE, "Known"))
    configuration = parse(read(os.path.join(SHARE, "Defaults.json")), "Defaults.json")
    files, origins = {}, {}
    for path in sorted(glob.glob(os.path.join(ETC, "*.json")) + glob.glob(os.path.join(SECRETS, "*.json"))):
        merge(files, parse(read(path), path), origins, path)
        say(f"read {path}")
    override(configuration, files)
    if "ORTHANC_JSON" in environment:
        override(configuration, parse(environment["ORTHANC_JSON"], "ORTHANC_JSON"))
    for variable, text in sorted(list_variables(environment).items()):
        set_variable(configuration, known, variable, text)
    if configuration.get("AuthenticationEnabled") and not configuration.get("RegisteredUsers"):
        # Orthanc would let in everybody who knows its own default
        password = os.urandom(12).hex()
        configuration["RegisteredUsers"] = {"orthanc": password}
        say(f'no "RegisteredUsers": until the next start, user "orthanc" has the password {password}')
    return configuration


def write(configuration):
    """Readable for Orthanc's user alone: there are passwords in it."""
    descriptor = os.open(TARGET, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as stream:
        json.dump(configuration, stream, indent=2)


def main(arguments):
    if arguments and not arguments[0].startswith("-"):
        os.execvp(arguments[0], arguments)
    try:
        write(configure(os.environ))
    except (Refused, OSError) as error:
        say(f"error: {error}")
        return 1
    # Secrets are in the file now, and nobody else's business
    environment = {name: text for name, text in os.environ.items()
                   if not name.startswith(PREFIX) and name != "ORTHANC_JSON"}
    os.execvpe("Orthanc", ["Orthanc", TARGET, *arguments], environment)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
