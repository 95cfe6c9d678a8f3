"""`python -m palermo.corpora.samples.make`: writes the sample documents."""

from __future__ import annotations

import sys

from palermo.corpora.samples.make import write

if __name__ == "__main__":
    for path in write():
        sys.stdout.write(f"{path.name}\n")
