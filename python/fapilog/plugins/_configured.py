"""A base class for plugins that are made of a configuration, for those who want one."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

ConfigT = TypeVar("ConfigT")


class Configured(Generic[ConfigT]):
    """A plugin's base class that is generic over its configuration.

    ``class Acme(Configured[AcmeConfig])`` has ``Config = AcmeConfig``, is made as
    ``Acme(AcmeConfig(…))``, and has what it was made of in ``self.config``, with its type. No
    plugin needs it: any class with an attribute ``Config`` whose constructor takes one will do.

    Attributes:
        Config: The class of the configuration.
        config: What the plugin was made of.
    """

    Config: ClassVar[type[Any]]

    def __init__(self, config: ConfigT) -> None:
        self.config = config

    def __init_subclass__(cls, **options: Any) -> None:  # noqa: ANN401 - of other base classes
        """Take the class of the configuration from the base.

        Raises:
            TypeError: It is a text, which nothing is known of yet.
        """
        super().__init_subclass__(**options)
        for base in cls.__dict__.get("__orig_bases__", ()):
            if get_origin(base) is not Configured:
                continue
            (config,) = get_args(base)
            if isinstance(config, type):
                cls.Config = config
            elif not isinstance(config, TypeVar):
                raise TypeError(f"Configured[…] takes a class, defined before; found {config!r}")
