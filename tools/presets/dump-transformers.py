"""Prints presets/runtimes/transformers/<version>.yaml for the transformers that is installed beside this Python.

    <venv>/bin/python tools/presets/dump-transformers.py > presets/runtimes/transformers/X.yaml
"""

import contextlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from flow_yaml import rows, scalar  # noqa: E402

with contextlib.redirect_stdout(sys.stderr):
    import transformers
    from transformers.cli.transformers import app

TYPES = {"text": "string", "integer": "int", "float": "float", "boolean": "boolean", "choice": "string"}


def flag(parameter):
    spellings = [spelling[2:] for spelling in parameter.opts if spelling.startswith("--")]
    record = {"name": spellings[0], "type": "boolean" if parameter.is_flag else TYPES[parameter.type.name]}
    if "JSON" in (parameter.help or ""):
        record["type"] = "json"
    if parameter.is_flag and parameter.secondary_opts:
        record["negation"] = parameter.secondary_opts[0][2:]
    if getattr(parameter.type, "choices", None):
        record["choices"] = list(parameter.type.choices)
    if isinstance(parameter.default, (str, int, float)):
        record["default"] = parameter.default
    if spellings[1:]:
        record["aliases"] = spellings[1:]
    return record


def main():
    serve = app.commands["serve"]
    options = [p for p in serve.params if any(o.startswith("--") for o in p.opts) and p.name != "help"]
    lines = [
        f"# Written by tools/presets/dump-transformers.py with transformers {transformers.__version__}; do not edit.",
        "engine: transformers",
        f"version: {scalar(transformers.__version__)}",
        f"defaultImage: kaito-ts/transformers:{transformers.__version__}",
        "default: true",
        "source: options of the installed release's serve command",
        *rows("flags", sorted((flag(p) for p in options), key=lambda f: f["name"])),
    ]
    print("\n".join(lines))


main()
