"""The JSON Schema of ``fapilog.toml``, for editors."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, Field, fields
from typing import Any, Final

from fapilog._destination import Destination
from fapilog._part_texts import native_classes
from fapilog._presets import PRESETS
from fapilog._settings import DURABLE_MODES, OVERFLOWS, PARTS, Settings
from fapilog.formats import NAMES as FORMATS

#: Settings whose values are a choice.
_CHOICES: Final = {
    "durable": list(DURABLE_MODES),
    "overflow": list(OVERFLOWS),
    "format": list(FORMATS),
}

#: Options that only code can give.
_ONLY_CODE: Final = ("sink",)


def schema() -> dict[str, Any]:
    """The schema (JSON Schema, draft 2020-12)."""
    texts = texts_of(Settings)
    properties: dict[str, Any] = {
        "preset": {"description": "Settings to begin with.", "enum": list(PRESETS)}
    }
    for one in fields(Settings):
        properties[one.name] = {"description": texts[one.name], **_setting(one)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "fapilog.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def _setting(one: Field[Any]) -> dict[str, Any]:
    if one.name in PARTS:
        return {"type": "array", "items": _part(PARTS[one.name])}
    if one.name in _CHOICES:
        return {"enum": _CHOICES[one.name]}
    if one.name == "levels":
        return {"type": "object", "additionalProperties": {"type": ["string", "integer"]}}
    if one.name == "protected":
        return {"type": "array", "items": {"type": ["string", "integer"]}}
    return _type(one)


def _part(kind: str) -> dict[str, Any]:
    place: dict[str, Any] = {}
    if kind == "sink":
        texts = texts_of(Destination)
        place = {
            one.name: {"description": texts.get(one.name, ""), **_type(one)}
            for one in fields(Destination)
            if one.name not in _ONLY_CODE
        }
    tables = [_native(name, made, place) for name, made in native_classes(kind).items()]
    plugin = {
        "type": "object",
        "required": ["plugin"],
        "additionalProperties": False,
        "properties": {
            "plugin": {"type": "string", "description": f"Name of a {kind} plugin."},
            "config": {"type": "object", "description": "Its configuration."},
            **place,
        },
    }
    name = {"type": "string", "description": f"A {kind} by name or URI."}
    return {"anyOf": [name, plugin, *tables]}


def _native(name: str, made: type, place: dict[str, Any]) -> dict[str, Any]:
    texts = texts_of(made)
    own = [one for one in fields(made) if one.init]
    needed = [one.name for one in own if one.default is MISSING and one.default_factory is MISSING]
    return {
        "type": "object",
        "description": (inspect.getdoc(made) or "").partition("\n")[0],
        "required": ["type", *needed],
        "additionalProperties": False,
        "properties": {
            "type": {"const": name},
            **place,
            **{one.name: {"description": texts.get(one.name, ""), **_type(one)} for one in own},
        },
    }


def _type(one: Field[Any]) -> dict[str, Any]:
    """What JSON Schema says of a field's type; nothing where it may be anything."""
    text = str(one.type)
    literal = re.search(r"Literal\[(.*?)\]", text)
    if literal and "|" not in text.replace(" | None", "").replace(literal[0], ""):
        return {"enum": [choice.strip(" \"'") for choice in literal[1].split(",")]}
    kinds = set()
    for part in (part.strip() for part in text.split("|")):
        if part in ("str", "int", "float", "bool"):
            kinds.add({"str": "string", "int": "integer", "float": "number"}.get(part, "boolean"))
        elif part.startswith("Sequence"):
            kinds.add("array")
        elif part.startswith("Mapping"):
            kinds.add("object")
        elif part != "None" and not part.startswith(("PathLike", "os.PathLike")):
            return {}
    return {"type": sorted(kinds)} if kinds else {}


def texts_of(made: type) -> dict[str, str]:
    """What a class's docstring says of its attributes."""
    section = (inspect.getdoc(made) or "").partition("Attributes:")[2]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    return {name: re.sub(r"\s+", " ", text).replace("``", "`") for name, text in found}
