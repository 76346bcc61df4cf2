"""The conformance kit: one suite for each kind, each check under its number of the contract."""
