"""The fapilog enricher `build-info`: which build of the application wrote a record."""

from fapilog_build_info.enricher import BuildInfo, BuildInfoConfig

__all__ = ["BuildInfo", "BuildInfoConfig"]
