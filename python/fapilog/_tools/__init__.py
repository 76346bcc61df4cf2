"""What the command does inside of a plugin author's environment.

The native command starts ``fapilog._tools.main`` with a request and shows the events that come
back; nothing here prints for people, and nothing of the library imports it.
"""

from fapilog._tools._main import main

__all__ = ["main"]
