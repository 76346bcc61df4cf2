"""What the middleware leaves in the ASGI scope for others to find."""

from __future__ import annotations

from typing import Final

LOGGER_KEY: Final = "fapilog.logger"
"""Key of the request's logger."""
