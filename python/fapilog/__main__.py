"""`python -m fapilog`: the same as the console script `fapilog`."""

from __future__ import annotations

import sys

from fapilog._launcher import main

if __name__ == "__main__":
    sys.exit(main())
