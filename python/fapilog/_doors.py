"""Settings from outside of the code: environment variables and files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fapilog._errors import ConfigurationError
from fapilog._part_texts import part_from_table, part_from_text, split_list
from fapilog._settings import NAMES, PARTS, bad_setting
from fapilog._similar import similar

_PREFIX: Final = "FAPILOG_"

#: Variables that say where the others are, or which preset.
_OTHERS: Final = ("CONFIG", "PRESET", "PYTHON")

#: Largest file, in bytes.
_MOST_BYTES: Final = 1024 * 1024

_Source = tuple[dict[str, Any], dict[str, str]]


def from_environment(variables: Mapping[str, str]) -> _Source:
    """Settings from variables such as ``FAPILOG_LEVEL``, and the variable of each.

    Variables of other names are left to others (plugins have some), unless one looks like the name
    of a setting that was mistyped.

    Raises:
        ConfigurationError: ``bad-setting`` or ``unknown-setting``.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for variable, text in variables.items():
        if not variable.startswith(_PREFIX):
            continue
        name = variable[len(_PREFIX) :].lower()
        origin = f"variable {variable}"
        if name in NAMES:
            values[name] = _read(name, origin, text)
            origins[name] = origin
        elif name.upper() not in _OTHERS and (nearest := similar(name, NAMES, cutoff=0.8)):
            raise ConfigurationError(
                "unknown-setting", name=variable, origin="the environment", similar=nearest
            )
    return values, origins


def _read(name: str, origin: str, text: str) -> Any:  # noqa: ANN401 - any setting
    try:
        return _value_of(name, text)
    except ConfigurationError as error:
        raise bad_setting(name, origin, error) from error


def _value_of(name: str, text: str) -> Any:  # noqa: ANN401 - any setting
    if name in PARTS:
        return [part_from_text(PARTS[name], one) for one in split_list(text)]
    if name == "levels":
        return _pairs(text)
    if name == "protected":
        return split_list(text)
    if name in ("sample_one_in", "queue_records", "queue_bytes", "durable_bytes"):
        return int(text) if text.strip().lstrip("-").isdigit() else text
    if name == "policy":
        return _table(name, text)
    if name in ("block_timeout", "alert_interval"):
        try:
            return float(text)
        except ValueError:
            return text
    if name in ("level", "alert_level") and text.isdigit():
        return int(text)
    return text


def _table(name: str, text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        raise ConfigurationError(
            "bad-option", option=name, value=text, expected='a table as JSON: {"deny": ["acme"]}'
        ) from None


def _pairs(text: str) -> dict[str, str]:
    pairs = [one.partition("=") for one in split_list(text)]
    if not all(sign and name and value for name, sign, value in pairs):
        expected = "pairs such as shop.db=DEBUG,web=INFO"
        raise ConfigurationError("bad-option", option="levels", value=text, expected=expected)
    return {name.strip(): value.strip() for name, _, value in pairs}


def from_file(path: Path) -> _Source:
    """Settings of ``fapilog.toml``, or of ``[tool.fapilog]`` in ``pyproject.toml``.

    Raises:
        ConfigurationError: ``bad-config-file``, ``bad-setting`` or ``unknown-setting``.
    """
    table = read_table(path)
    origin = f"file {path}"
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in (*NAMES, "preset"):
            raise ConfigurationError(
                "unknown-setting", name=name, origin=origin, similar=similar(name, NAMES)
            )
        try:
            values[name] = _parts(name, value) if name in PARTS else value
        except ConfigurationError as error:
            raise bad_setting(name, origin, error) from error
    return values, dict.fromkeys(values, origin)


def read_table(path: Path) -> dict[str, Any]:
    """The table with the settings of a file.

    Raises:
        ConfigurationError: ``bad-config-file``.
    """
    from fapilog._engine import read_toml

    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ValueError("it is larger than 1 MiB")
        table: dict[str, Any] = json.loads(read_toml(data.decode()))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationError("bad-config-file", path=str(path), reason=reason) from None
    if path.name != "pyproject.toml":
        return table
    found = table.get("tool", {}).get("fapilog")
    if not isinstance(found, dict):
        reason = "it has no table [tool.fapilog]"
        raise ConfigurationError("bad-config-file", path=str(path), reason=reason)
    return found


def _parts(name: str, given: object) -> object:
    if not isinstance(given, list):
        return given
    return [
        part_from_table(PARTS[name], one)
        if isinstance(one, dict)
        else part_from_text(PARTS[name], one)
        if isinstance(one, str)
        else one
        for one in given
    ]
