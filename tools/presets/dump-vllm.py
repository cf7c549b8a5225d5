"""Prints presets/runtimes/vllm/<version>.yaml for the vLLM that is installed beside this Python.

    HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 <venv>/bin/python tools/presets/dump-vllm.py [--not-default] > presets/runtimes/vllm/X.yaml

Flags come from the parser of `vllm serve` itself, architectures from the model registry; a class that cannot be imported
on this machine keeps its name and loses its properties.
"""

import argparse
import contextlib
import json
import os
import sys
import types

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from flow_yaml import flow, rows, scalar  # noqa: E402

with contextlib.redirect_stdout(sys.stderr):
    import vllm
    from vllm.entrypoints.cli.serve import ServeSubcommand
    from vllm.model_executor.models import interfaces
    from vllm.model_executor.models.registry import ModelRegistry
    from vllm.reasoning import ReasoningParserManager
    from vllm.tool_parsers import ToolParserManager
    from vllm.utils.argparse_utils import FlexibleArgumentParser

# vLLM replaces these at start-up, so a default found here would be a fact about this machine.
MACHINE_DEFAULTS = {"enable_prefix_caching", "mm_processor_device", "download_dir"}
# What the parser converts, by the names of its converters, outermost first.
CONVERTERS = {
    "int": {"type": "int"},
    "float": {"type": "float"},
    "str": {"type": "string"},
    "loads": {"type": "json"},
    "parse_dataclass": {"type": "json"},
    "union_dict_and_str": {"type": "json", "plainText": True},
    "human_readable_int": {"type": "int", "humanReadable": True},
    "human_readable_int_or_auto": {"type": "int", "humanReadable": True, "words": ["auto"]},
}


def converter_names(function):
    names = [getattr(function, "__qualname__", type(function).__name__).split(".")[-1]]
    if isinstance(function, types.FunctionType) and function.__closure__:
        for cell in function.__closure__:
            if callable(cell.cell_contents):
                names += converter_names(cell.cell_contents)
    return names


def value_type(action):
    if action.type is None:
        return {"type": "string"}
    names = converter_names(action.type)
    found = next((CONVERTERS[name] for name in names if name in CONVERTERS), {"type": "string"})
    return {**found, **({"nullable": True} if "_optional_type" in names else {})}


def plain(value):
    value = getattr(value, "value", value)
    if isinstance(value, (set, frozenset)):
        value = sorted(value)
    if isinstance(value, tuple):
        value = list(value)
    return value


def default_of(action):
    value = plain(action.default)
    if value is None or value is argparse.SUPPRESS or action.dest in MACHINE_DEFAULTS:
        return {}
    try:
        text = json.dumps(value)
    except TypeError:
        return {}
    return {} if os.sep + "root" in text or os.path.expanduser("~") in text else {"default": json.loads(text)}


def flag(action):
    long = [spelling[2:] for spelling in action.option_strings if spelling.startswith("--")]
    short = [spelling[1:] for spelling in action.option_strings if not spelling.startswith("--")]
    name = long[0]
    record = {"name": name}
    kind = type(action).__name__
    if kind == "BooleanOptionalAction":
        record |= {"type": "boolean", "negation": next(s for s in long if s.startswith("no-"))}
        aliases = [s for s in long[1:] if not s.startswith("no-")]
    else:
        aliases = long[1:]
        if action.nargs == 0:
            record["type"] = "boolean"
        elif action.nargs == "+" or kind == "_AppendAction":
            item = value_type(action)
            style = "repeated" if kind == "_AppendAction" else "values"
            record |= {"type": "list", "itemType": item["type"], "listStyle": style}
        else:
            record |= value_type(action)
    if action.choices is not None:
        record["choices"] = [plain(choice) for choice in action.choices if choice is not None]
        if any(choice is None for choice in action.choices):
            record["nullable"] = True
    record |= default_of(action)
    if record["type"] == "string" and isinstance(record.get("default"), int):
        record["type"] = "int"
    if "Deprecated" in kind:
        record["deprecated"] = "vLLM warns when it is used"
    if aliases + short:
        record["aliases"] = aliases + short
    return record


def architecture(name, entry):
    try:
        with contextlib.redirect_stdout(sys.stderr):
            model = entry.load_model_cls()
    except Exception as error:  # noqa: BLE001 - any import problem means: not known on this machine
        print(f"{name}: {error!r}", file=sys.stderr)
        return {"name": name}
    return {
        "name": name,
        "lora": bool(interfaces.supports_lora(model)),
        "pipelineParallel": bool(interfaces.supports_pp(model)),
        "multimodal": bool(interfaces.supports_multimodal(model)),
        "hybrid": bool(interfaces.is_hybrid(model)),
    }


def main():
    root = FlexibleArgumentParser(prog="vllm")
    parser = ServeSubcommand().subparser_init(root.add_subparsers())
    actions = [a for a in parser._actions if a.option_strings and a.dest != "help"]
    lines = [
        f"# Written by tools/presets/dump-vllm.py with vLLM {vllm.__version__}; do not edit.",
        "engine: vllm",
        f"version: {scalar(vllm.__version__)}",
        f"defaultImage: vllm/vllm-openai:v{vllm.__version__}",
        *([] if "--not-default" in sys.argv else ["default: true"]),
        "source: argument parser and model registry of the installed release, executed",
        *rows("flags", sorted((flag(a) for a in actions), key=lambda f: f["name"])),
        f"toolCallParsers: {flow(sorted(ToolParserManager.list_registered()))}",
        f"reasoningParsers: {flow(sorted(ReasoningParserManager.list_registered()))}",
        *rows("architectures", [architecture(n, e) for n, e in sorted(ModelRegistry.models.items())]),
    ]
    print("\n".join(lines))


main()
