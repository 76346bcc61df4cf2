"""Loading a plugin by the name of its entry point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fapilog.plugins._protocols import Kind


def load(name: str, *, kind: Kind, config: Mapping[str, Any] | object | None = None) -> Any:  # noqa: ANN401 - a plugin is of any class
    """Load an installed plugin and make an instance of it, to be given to ``get_logger``.

    Args:
        name: Name of the entry point in the group ``fapilog.plugins``; case, ``-`` and ``_`` make
            no difference.
        kind: What it is to be: ``filter``, ``enricher``, ``processor``, ``redactor``, ``sink`` or
            ``alerter``.
        config: An instance of the plugin's ``Config``, or a mapping of its fields. None takes the
            defaults.

    Returns:
        The plugin. It is not started; the pipeline it is given to does that.

    Raises:
        PluginError: ``unknown-plugin``, ``duplicate-plugin``, ``plugin-core-range``,
            ``plugin-no-core-range``, ``plugin-bad-requirement``, ``plugin-broken``,
            ``plugin-wrong-kind`` or ``plugin-bad-config``.
    """
    # Here, so that importing fapilog does not import importlib.metadata.
    from fapilog._kinds import check_kind
    from fapilog._loader import load_class, make_instance

    plugin = make_instance(name, load_class(name, kind=kind), config)
    check_kind(name, plugin, kind)
    return plugin
