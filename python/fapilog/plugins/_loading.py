"""Loading a plugin by the name of its entry point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fapilog.plugins._protocols import Kind

if TYPE_CHECKING:
    from fapilog._plugin_uri import PluginUri
    from fapilog._policy import Policy


def load(
    name: str,
    *,
    kind: Kind,
    config: Mapping[str, Any] | object | None = None,
    policy: Policy | None = None,
) -> Any:  # noqa: ANN401 - a plugin is of any class
    """Load an installed plugin and make an instance of it, to be given to ``get_logger``.

    Args:
        name: Name of the entry point in the group ``fapilog.plugins``; case, ``-`` and ``_`` make
            no difference. Or a URI with that name as its scheme, ``acme://host:9/path?batch=100``,
            whose parts are the configuration.
        kind: What it is to be: ``filter``, ``enricher``, ``processor``, ``redactor``, ``sink`` or
            ``alerter``.
        config: An instance of the plugin's ``Config``, or a mapping of its fields. None takes the
            defaults.
        policy: Which installed plugins may run; None allows all.

    Returns:
        The plugin. It is not started; the pipeline it is given to does that.

    Raises:
        PluginError: ``unknown-plugin``, ``duplicate-plugin``, ``plugin-core-range``,
            ``plugin-api-version``, ``plugin-no-core-range``, ``plugin-bad-requirement``,
            ``plugin-broken``, ``plugin-wrong-kind``, ``plugin-bad-config``, ``plugin-denied`` or
            ``plugin-not-locked``.
        ConfigurationError: ``bad-option`` for a URI that cannot be understood.
    """
    # Here, so that importing fapilog does not import importlib.metadata.
    from fapilog._kinds import check_kind
    from fapilog._loader import load_class, make_instance

    if "://" in name:
        return _load_uri(name, kind, policy)
    plugin = make_instance(name, load_class(name, kind=kind, policy=policy), config)
    check_kind(name, plugin, kind)
    return plugin


def _load_uri(text: str, kind: Kind, policy: Policy | None) -> Any:  # noqa: ANN401
    from fapilog._kinds import check_kind
    from fapilog._loader import load_class
    from fapilog._plugin_uri import PluginUri

    uri = PluginUri(text)
    plugin = make_of_uri(load_class(uri.name, kind=kind, policy=policy), uri)
    check_kind(uri.name, plugin, kind)
    return plugin


def make_of_uri(loaded: object, uri: PluginUri) -> Any:  # noqa: ANN401 - of any class
    """Make a plugin of its class, with the parts of a URI as its configuration.

    Raises:
        PluginError: ``plugin-bad-config``, without the URI's secrets.
    """
    from fapilog._errors import PluginError
    from fapilog._loader import make_instance

    try:
        return make_instance(uri.name, loaded, uri.config_for(loaded))
    except PluginError as error:
        # The cause may show the URI's secrets in its traceback.
        reason = uri.masked(str(error.values.get("reason", "")))
        raise PluginError("plugin-bad-config", name=uri.name, reason=reason) from None
