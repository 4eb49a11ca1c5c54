"""Measure what a run costs, as `make bench` does: figures as a table and, with their repeats, as JSON.

Each measured command is a process of its own on data made for it; a figure is the median of its repeats, and
ratios are taken within the run. The exit code is 1 where a limit is not kept.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.audits import one_account, organization, unhealthy
from bench.checks import checks
from bench.evaluation import recovery_points, reports, resources
from bench.executors import listing, listing_postgresql, simulation, starting
from bench.figures import Figure, save, table
from bench.measure import ROOT

SECTIONS = {
    "check": checks,
    "resources": resources,
    "points": recovery_points,
    "reports": reports,
    "account": one_account,
    "unhealthy": unhealthy,
    "organization": organization,
    "executor-list": listing,
    "executor-postgresql": listing_postgresql,
    "executor-simulate": simulation,
    "executor-restart": starting,
}


def main() -> int:
    """Run the chosen sections."""
    arguments = _arguments()
    figures: list[Figure] = []
    for name in arguments.sections or list(SECTIONS):
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            found = SECTIONS[name](Path(folder), quick=arguments.quick)
        if arguments.quick:  # the limits are for the full size
            found = [replace(figure, limit=None) for figure in found]
        sys.stdout.write(f"{table(found)}\n")
        sys.stdout.write(f"{name}: measured in {time.monotonic() - started:.0f} s\n\n")
        sys.stdout.flush()
        figures += found
    save(figures, arguments.json, quick=arguments.quick)
    sys.stdout.write(f"{arguments.json}\n")
    return 0 if all(figure.kept for figure in figures) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all if none"
    )
    parser.add_argument("--quick", action="store_true", help="small data, to see that everything works")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "bench.json", help="where figures go")
    arguments = parser.parse_args()
    unknown = set(arguments.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"there is no section {', '.join(sorted(unknown))}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
