"""Prints presets/runtimes/llamacpp/<build>.yaml for a llama-server program.

    python3 tools/presets/dump-llama-server.py PROGRAM > presets/runtimes/llamacpp/bN.yaml

Its help is the only list there is: a head line `-s, --long, --no-long METAVAR  text`, then indented text.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from flow_yaml import rows  # noqa: E402

HEAD = re.compile(r"^(?P<names>-{1,2}[A-Za-z][\w.-]*(?:, +-{1,2}[A-Za-z][\w.-]*)*)(?P<rest>.*)$")
CHOICES = re.compile(r"^[\[{<]([\w.+-]+(?:[|,][\w.+-]+)+)[\]}>]")
NUMBER_WORDS = {"N", "INDEX", "SEED", "SECONDS", "PORT", "TOKENS", "SIMILARITY", "P", "L"}
# Programs that print and end, or fetch a model by themselves: nothing a server is started with.
NOT_SETTINGS = re.compile(r"^(help|usage|version|license|cache-list|completion-bash|list-devices|.*-default|.*-spec)$")


def options(help_text):
    found = []
    for line in help_text.splitlines():
        head = HEAD.match(line)
        if head:
            found.append([head["names"], head["rest"], ""])
        elif found and line.startswith(" " * 20):
            found[-1][2] += " " + line.strip()
    for names, rest, more in found:
        metavar, _, text = rest.partition("  ")
        yield [name.strip() for name in names.split(",")], metavar.strip(), f"{text.strip()}{more}"


def value_type(metavar, text):
    choices = CHOICES.match(metavar)
    if choices and ".." not in choices[1] and set(choices[1].split("|")) != {"0", "1"}:
        return {"type": "string", "choices": re.split(r"[|,]", choices[1])}
    default = re.search(r"default: (-?\d+(?:\.\d+)?)\b", text)
    if metavar == "<0|1>" or metavar.startswith("<0..."):
        return {"type": "int"}
    if metavar in NUMBER_WORDS:
        decimal = metavar in {"P", "L", "SIMILARITY"} or (default and "." in default[1]) or "factor" in text
        words = {"words": ["auto", "all"]} if "'auto', or 'all'" in text else {}
        return {"type": "float" if decimal or "RoPE base" in text else "int", **words}
    return {"type": "json" if re.search(r"JSON schema to|valid json object", text) else "string"}


def flag(names, metavar, text):
    long = [name[2:] for name in names if name.startswith("--")]
    if not long or NOT_SETTINGS.match(long[0]):
        return None
    positive = [name for name in long if not name.startswith("no-")] or long
    negative = [name for name in long if name.startswith("no-") and name not in positive]
    record = {"name": positive[0], **(value_type(metavar, text) if metavar else {"type": "boolean"})}
    if positive[0].endswith("-file"):
        record["type"] = "string"
    if negative:
        record["negation"] = negative[0]
    shorts = [name[1:] for name in names if not name.startswith("--") and not (negative and name.startswith("-n"))]
    aliases = [name for name in positive[1:] + shorts if name != record["name"]]
    if aliases:
        record["aliases"] = aliases
    if "DEPRECATED" in text:
        record["deprecated"] = "llama-server says so"
    return record


def main():
    program = sys.argv[1]
    run = lambda option: subprocess.run([program, option], capture_output=True, text=True, check=False)  # noqa: E731
    version = run("--version")
    build = re.search(r"build (\d+)", version.stdout + version.stderr)[1]
    flags = [flag(*option) for option in options(run("--help").stdout)]
    lines = [
        f"# Written by tools/presets/dump-llama-server.py with build {build}; do not edit.",
        "engine: llamacpp",
        f"version: b{build}",
        f"defaultImage: kaito-ts/llama-cpp:b{build}",
        "default: true",
        "source: help text of llama-server",
        *rows("flags", sorted((f for f in flags if f), key=lambda f: f["name"])),
    ]
    print("\n".join(lines))


main()
