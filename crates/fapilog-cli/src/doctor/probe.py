"""Asks an interpreter what `fapilog doctor` wants to know; prints one JSON object.

Run as `python -c`, with the environment that an application would have. The code keeps to what any
Python 3 understands, so that an interpreter that is too old can say so.
"""
# ruff: noqa: BLE001 - whatever fails is a finding, not the end of the examination
# ruff: noqa: E402 - the path must be safe before anything is imported
# ruff: noqa: UP032 - a Python that is too old knows no f-strings

import sys

# `-c` puts the working folder on the path: nothing lying about there is to be imported.
sys.path[:] = [folder for folder in sys.path if folder != ""]

import json
import os


def describe(error: BaseException) -> str:
    """Return the kind and the text of an exception in one line."""
    text = " ".join(str(error).split())
    return "{}: {}".format(type(error).__name__, text)[:1000]


def version_of(distribution: str) -> object:
    """Return the version of an installed distribution, or `None`."""
    try:
        from importlib.metadata import version

        return version(distribution)
    except Exception:
        return None


def import_error(module: str) -> object:
    """Return why a module can't be imported, or `None`."""
    try:
        __import__(module)
    except BaseException as error:
        return describe(error)
    return None


def plugin_reports() -> list:
    """Return what the core reports of each plugin, as plain data."""
    import io

    import fapilog

    return [report.as_dict() for report in fapilog.debug_plugins(file=io.StringIO())]


def open_files() -> object:
    """Return the most files this process may have open, or `None` where there is no limit."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return None if limit == resource.RLIM_INFINITY else limit
    except Exception:
        return None


def temporary_folder() -> dict:
    """Return where temporary files go, and why none can be made there."""
    import tempfile

    path = None
    try:
        path = tempfile.gettempdir()
        with tempfile.TemporaryFile() as file:
            file.write(b"fapilog")
    except Exception as error:
        return {"path": path, "error": describe(error)}
    return {"path": path, "error": None}


def extras() -> list:
    """Return the extras of fapilog of which a part is installed and another is not."""
    import re
    from importlib.metadata import requires

    wanted = {}
    for line in requires("fapilog") or []:
        extra = re.search(r"extra *== *['\"]([^'\"]+)['\"]", line)
        name = re.match(r"[A-Za-z0-9._-]+", line)
        if extra and name and extra.group(1) not in ("cli", "dev"):
            wanted.setdefault(extra.group(1), []).append(name.group(0))
    incomplete = []
    for extra, names in sorted(wanted.items()):
        missing = [name for name in names if version_of(name) is None]
        # Libraries of others may be there for other reasons; a plugin of ours is not.
        ours = [name for name in names if name.startswith("fapilog-") and name not in missing]
        if missing and ours:
            incomplete.append({"extra": extra, "missing": missing})
    return incomplete


def settings() -> dict:
    """Return what is wrong with the settings of the environment, and what they need."""
    from fapilog._config_command import _check_names
    from fapilog._errors import FapilogError
    from fapilog._settings import resolve

    found = {"error": None, "hint": "", "absent": [], "folders": []}
    try:
        resolved = resolve({}, preset=None, config=None)
        _check_names(resolved)
    except FapilogError as error:
        found["error"] = describe(error)
        found["hint"] = error.hint
        return found
    found["absent"] = absent(resolved.settings)
    found["folders"] = folders(resolved.settings)
    return found


def parts(settings: object) -> list:
    """Return every sink and plugin that the settings name."""
    kinds = ("sinks", "filters", "enrichers", "processors", "redactors", "alerters")
    return [part for kind in kinds for part in getattr(settings, kind) or ()]


def absent(settings: object) -> list:
    """Return the first-party plugins that the settings name and that are not installed."""
    from fapilog._absent import extra_of
    from fapilog._discovery import found_plugins

    there = {plugin.name for plugin in found_plugins()}
    missing = []
    for part in parts(settings):
        name = part if isinstance(part, str) else getattr(part, "name", None)
        name = str(name or "").split("?")[0].split(":")[0]
        extra = extra_of(name) if name else None
        if extra is not None and name not in there:
            missing.append({"name": name, "extra": extra})
    return missing


def folders(settings: object) -> list:
    """Return the places that are written to, and why they cannot be."""
    from urllib.parse import unquote, urlsplit

    paths = []
    for part in parts(settings):
        part = getattr(part, "sink", part)
        if isinstance(part, str) and part.startswith("file:"):
            paths.append(unquote(urlsplit(part).path))
        elif not isinstance(part, str) and getattr(part, "path", None):
            paths.append(str(part.path))
    if settings.durable and settings.durable_folder:
        paths.append("{}/journal".format(settings.durable_folder))
    return [{"path": path, "error": refused(path)} for path in paths]


def refused(path: str) -> object:
    """Return why a file cannot be written, or `None`; nothing is made."""
    from pathlib import Path

    file = Path(path).absolute()
    if file.exists():
        return None if os.access(path, os.W_OK) else "the file may not be written"
    folder = next(folder for folder in file.parents if folder.exists())
    if not folder.is_dir():
        return "`{}` is no folder".format(folder)
    if not os.access(str(folder), os.W_OK | os.X_OK):
        return "no file may be made in `{}`".format(folder)
    return None


def answer() -> dict:
    """Return everything, as plain data."""
    version = version_of("fapilog")
    found = {
        "python": {
            "version": list(sys.version_info[:3]),
            "implementation": sys.implementation.name,
            "executable": sys.executable,
        },
        "core": {"version": version, "error": None},
        "extension": {"version": None, "error": None},
        "plugins": [],
        "plugins_error": None,
        "pip": version_of("pip"),
        "open_files": open_files(),
        "temporary_folder": temporary_folder(),
        "settings": None,
        "settings_error": None,
        "extras": [],
    }
    if version is None:
        return found
    found["extension"]["error"] = import_error("fapilog._engine")
    found["core"]["error"] = import_error("fapilog")
    if found["core"]["error"] is None:
        try:
            found["plugins"] = plugin_reports()
        except BaseException as error:
            found["plugins_error"] = describe(error)
        try:
            found["settings"] = settings()
            found["extras"] = extras()
        except BaseException as error:
            found["settings_error"] = describe(error)
    return found


# What plugins print while they are imported must not get into the answer.
channel = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
channel.write(json.dumps(answer()))
channel.flush()
# Exit handlers of what was imported have no part in an examination.
os._exit(0)
