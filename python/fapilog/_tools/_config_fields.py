"""The options of a plugin's configuration, whatever it is made with."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

from fapilog._schema import texts_of


def fields_of(config: type) -> list[dict[str, Any]]:
    """Each option: ``name``, ``type``, ``default`` as code (None: must be given), ``text``."""
    texts = texts_of(config)
    if dataclasses.is_dataclass(config):
        found = [_of_dataclass(one) for one in dataclasses.fields(config) if one.init]
    elif hasattr(config, "model_fields"):
        found = [_of_pydantic(name, one) for name, one in config.model_fields.items()]
    else:
        found = _of_signature(config)
    return [{**one, "text": texts.get(one["name"]) or one.get("text", "")} for one in found]


def _of_dataclass(one: dataclasses.Field[Any]) -> dict[str, Any]:
    default: str | None = None
    if one.default is not dataclasses.MISSING:
        default = _shown(one.default)
    elif one.default_factory is not dataclasses.MISSING:
        default = _shown(one.default_factory())
    return {"name": one.name, "type": _type(one.type), "default": default}


def _of_pydantic(name: str, one: Any) -> dict[str, Any]:  # noqa: ANN401 - of a library not needed
    default = None if one.is_required() else _shown(one.get_default(call_default_factory=True))
    return {
        "name": name,
        "type": _type(one.annotation),
        "default": default,
        "text": one.description or "",
    }


def _of_signature(config: type) -> list[dict[str, Any]]:
    """A class made with msgspec, attrs or by hand: what it can be called with."""
    found = []
    for name, one in inspect.signature(config).parameters.items():
        untyped, needed = one.annotation is one.empty, one.default is one.empty
        found.append(
            {
                "name": name,
                "type": "" if untyped else _type(one.annotation),
                "default": None if needed else _shown(one.default),
            }
        )
    return found


def _type(found: object) -> str:
    if isinstance(found, str):
        return found
    return found.__name__ if isinstance(found, type) and "[" not in repr(found) else repr(found)


def _shown(value: object) -> str:
    from fapilog._secret import Secret

    return "" if isinstance(value, Secret) else repr(value)
