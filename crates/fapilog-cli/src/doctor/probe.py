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
    return found


# What plugins print while they are imported must not get into the answer.
channel = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
channel.write(json.dumps(answer()))
channel.flush()
# Exit handlers of what was imported have no part in an examination.
os._exit(0)
