"""Parts of a pipeline as texts and tables say them: names, URIs, tables of TOML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import Field, fields
from importlib import import_module
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from fapilog._destination import Destination
from fapilog._errors import ConfigurationError
from fapilog._native import NativePart
from fapilog._similar import similar
from fapilog._sinks import NAMED, shown

#: Where the classes of each kind are.
_HOMES: Final = {
    "sink": "fapilog.sinks",
    "filter": "fapilog.filters",
    "enricher": "fapilog.enrichers",
    "processor": "fapilog.processors",
    "redactor": "fapilog.redactors",
}

#: Options of a destination, which may stand beside those of its sink.
_PLACE: Final = {one.name: one for one in fields(Destination) if one.name != "sink"}

#: Schemes of URIs that are addresses of one sink.
_ADDRESSES: Final = {"http": "url", "https": "url"}


def native_classes(kind: str) -> dict[str, type[NativePart]]:
    """The engine's own parts of a kind, by the name of their type."""
    if kind not in _HOMES:
        return {}
    home = import_module(_HOMES[kind])
    classes = (getattr(home, name) for name in home.__all__)
    return {
        one.type: one for one in classes if isinstance(one, type) and issubclass(one, NativePart)
    }


def split_list(text: str) -> list[str]:
    """The items of a list with commas; a comma inside of brackets or braces is part of its item.

    Examples:
        >>> split_list('stdout, {"type": "file", "path": "a"}')
        ['stdout', '{"type": "file", "path": "a"}']
    """
    items, depth, current = [], 0, ""
    for char in text:
        depth += (char in "[{") - (char in "]}")
        if char == "," and depth <= 0:
            items.append(current.strip())
            current = ""
        else:
            current += char
    return [item for item in [*items, current.strip()] if item]


def part_from_text(kind: str, text: str) -> object:
    """A part from a name, a URI, or a table as JSON; what is no part of the engine stays a name.

    Raises:
        ConfigurationError: ``bad-option`` or what the part's class raises.
    """
    if text.startswith("{"):
        try:
            table = json.loads(text)
        except ValueError as error:
            raise _bad_part(kind, "{…}", f"a table as JSON; {error}") from None
        return part_from_table(kind, table)
    scheme, separator, _ = text.partition("://")
    if not separator:
        name, question, query = text.partition("?")
        classes = native_classes(kind)
        if name in classes and not (kind == "sink" and name in NAMED and not question):
            return _make(kind, classes[name], _query(query))
        return text
    return _from_uri(kind, scheme.lower(), text)


def _from_uri(kind: str, scheme: str, text: str) -> object:
    classes = native_classes(kind)
    if kind == "sink" and scheme in _ADDRESSES:
        return classes["http"](**{_ADDRESSES[scheme]: text})
    try:
        parts = urlsplit(text)
        options = _query(parts.query)
    except ValueError as error:
        raise _bad_part(kind, shown(text), f"a URI; {error}") from None
    if kind == "sink" and scheme.startswith("syslog"):
        transport = scheme.partition("+")[2] or "udp"
        options["address"] = [f"{transport}://{parts.netloc}{unquote(parts.path)}"]
        return _make(kind, classes["syslog"], options)
    if kind == "sink" and scheme == "file":
        # Where a file may lie and what its path must be is said by the plain form of the URI.
        from fapilog._sinks import file_path

        options["path"] = [str(file_path(text.partition("?")[0]))]
        return _make(kind, classes["file"], options)
    if scheme in classes:
        return _make(kind, classes[scheme], options)
    return text


def _query(query: str) -> dict[str, list[str]]:
    """The options of a query; one that is given several times is a list."""
    options: dict[str, list[str]] = {}
    for name, text in parse_qsl(query, keep_blank_values=True, max_num_fields=100):
        options.setdefault(name, []).append(text)
    return options


def part_from_table(kind: str, table: Mapping[str, Any]) -> object:
    """A part from a table: ``{type = "file", …}`` of the engine, or ``{plugin = "name", …}``.

    Raises:
        ConfigurationError: ``bad-option`` or what the part's class raises.
    """
    options = dict(table)
    place = {name: options.pop(name) for name in [*options] if kind == "sink" and name in _PLACE}
    if "plugin" in options:
        part = _plugin(kind, options)
    else:
        name = options.pop("type", None)
        classes = native_classes(kind)
        if name not in classes:
            expected = f"`type`, one of {', '.join(classes)}, or `plugin`"
            raise _bad_part(kind, name, expected + similar(str(name), classes))
        own = {one.name for one in fields(classes[name])}  # type: ignore[arg-type]
        options.update({key: place.pop(key) for key in [*place] if key in own})
        part = _construct(kind, classes[name], options)
    if isinstance(place.get("fallback"), dict):
        place["fallback"] = part_from_table(kind, place["fallback"])
    elif isinstance(place.get("fallback"), str):
        place["fallback"] = part_from_text(kind, place["fallback"])
    return Destination(sink=part, **place) if place else part  # type: ignore[arg-type]


def _plugin(kind: str, options: dict[str, Any]) -> object:
    from fapilog._use import Use

    known = ("plugin", "config", "name", "priority", "after", "timeout")
    for option in options:
        if option not in known:
            raise _bad_part(kind, option, f"`plugin` and {', '.join(known[1:])} only")
    return options["plugin"] if len(options) == 1 else Use(**options)


def _make(kind: str, made: type[NativePart], texts: Mapping[str, Sequence[str]]) -> object:
    """A part whose options are texts; options of a destination may be among them."""
    known = {one.name: one for one in fields(made)}  # type: ignore[arg-type]
    aliases: Mapping[str, str] = getattr(made, "aliases", {})
    options: dict[str, Any] = {}
    place: dict[str, Any] = {}
    for given, text in texts.items():
        name = aliases.get(given, given)
        if name in known:
            options[name] = _typed(f"{made.type}.{name}", known[name], text)
        elif kind == "sink" and name in _PLACE:
            place[name] = _typed(name, _PLACE[name], text)
        else:
            raise _unknown_option(made, given, [*known, *aliases])
    part = _construct(kind, made, options)
    return Destination(sink=part, **place) if place else part


def _construct(kind: str, made: type[NativePart], options: dict[str, Any]) -> NativePart:
    known = {one.name for one in fields(made) if one.init}  # type: ignore[arg-type]
    for name in options:
        if name not in known:
            raise _unknown_option(made, name, known)
    try:
        return made(**options)
    except TypeError:
        needed = [one.name for one in fields(made) if _is_needed(one)]  # type: ignore[arg-type]
        expected = f"with {', '.join(needed)}"
        raise _bad_part(kind, made.type, expected) from None


def _is_needed(one: Field[Any]) -> bool:
    from dataclasses import MISSING

    return one.init and one.default is MISSING and one.default_factory is MISSING


def _unknown_option(made: type[NativePart], name: str, known: Any) -> ConfigurationError:  # noqa: ANN401 - names
    return ConfigurationError(
        "unknown-setting",
        name=name,
        origin=f"`{made.type}`",
        similar=similar(name, known) or f"; known are {', '.join(known)}",
    )


_TRUE: Final = ("true", "yes", "on", "1")
_FALSE: Final = ("false", "no", "off", "0")


def _typed(option: str, known: Field[Any], given: Sequence[str]) -> Any:  # noqa: ANN401 - as it says
    """Texts as the value that a field wants; of several the last one, but for lists."""
    text = given[-1]
    types = [one.strip() for one in str(known.type).split("|")]
    if any(one.startswith("Sequence") for one in types):
        return [item for one in given for item in split_list(one)]
    if any(one.startswith("Mapping") for one in types):
        try:
            return json.loads(text)
        except ValueError:
            raise _bad_option(option, text, "a table as JSON") from None
    if "bool" in types:
        if text.lower() in (*_TRUE, *_FALSE):
            return text.lower() in _TRUE
        raise _bad_option(option, text, "true or false")
    if "int" in types or "float" in types:
        number = _number(text, whole="float" not in types)
        if number is not None:
            return number
        if "str" not in types:
            expected = "a number" if "float" in types else "a whole number"
            raise _bad_option(option, text, expected)
    return text


def _number(text: str, *, whole: bool) -> float | None:
    if text.strip().lstrip("+-").isdigit():
        return int(text)
    try:
        return None if whole else float(text)
    except ValueError:
        return None


def _bad_option(option: str, value: object, expected: str) -> ConfigurationError:
    return ConfigurationError("bad-option", option=option, value=value, expected=expected)


def _bad_part(kind: str, value: object, expected: str) -> ConfigurationError:
    return _bad_option(f"{kind}s", value, expected)
