"""Run the benchmarks, or those named, on servers of their own: the demo's are neither used nor slowed."""

import os
import sys

from scripts.places import ROOT
from scripts.with_servers import run_each

BENCHMARKS = ROOT / "benchmarks"


def main(*names):
    known = {path.stem: path for path in sorted(BENCHMARKS.glob("*.py")) if not path.stem.startswith("_")}
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"There is no benchmark {unknown[0]!r}. There are: {', '.join(known) or 'none yet'}.")
    os.environ["PYTHONPATH"] = str(ROOT)
    sys.exit(max(run_each([[str(known[name])] for name in names or known], servers="bench"), default=0))


if __name__ == "__main__":
    main(*sys.argv[1:])
