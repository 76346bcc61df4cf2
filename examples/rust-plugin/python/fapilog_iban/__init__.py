"""The fapilog redactor `iban`, whose work is done by a library written in Rust."""

from pathlib import Path

from fapilog.plugins import NativeLibrary

#: What the entry point names.
plugin = NativeLibrary(Path(__file__).with_name("libfapilog_iban.so"))
