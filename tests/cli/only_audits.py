"""`auditor` in an installation without any extra: their modules cannot be found in this process.

Prints one JSON object: for each command its exit code and the last line that it printed. Arguments: a folder
to work in, and the modules that are not installed.
"""

import contextlib
import io
import json
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

WORK, MISSING = Path(sys.argv[1]), frozenset(sys.argv[2:])


class WithoutExtras(PathFinder):
    """Finds every module but those."""

    @classmethod
    def find_spec(cls, fullname: str, *more: Any) -> ModuleSpec | None:
        """Find the module, as if the extras were not installed."""
        return None if fullname.partition(".")[0] in MISSING else PathFinder.find_spec(fullname, *more)


sys.meta_path[:] = [WithoutExtras if finder is PathFinder else finder for finder in sys.meta_path]

from auditor.cli.main import main  # noqa: E402 -- after the modules are gone
from tests.loopback.auditing import audit  # noqa: E402 -- likewise
from tests.loopback.standing import standing  # noqa: E402 -- likewise


def call(*arguments: str) -> tuple[int, str]:
    """Call the command: its exit code, and its last line."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            main(arguments)
        except SystemExit as left:
            return int(left.code or 0), (printed.getvalue().splitlines() or [""])[-1]
    raise AssertionError(arguments)


judged = audit(standing(keep=14), WORK)
run, config = str(judged.run), f"--config {judged.run.parents[1] / 'auditor.yaml'}"
said = {"audit": (judged.exit_code, judged.overall)}
for line in (
    "--help", "audit --help", "push --help", "executor --help", "executor serve --help", "policy list",
    f"evaluate {run} --untested {config}", f"report {run}", "demo", "sandbox", "executor simulate",
    "executor migrate --catalog none.db", "executor run --catalog none.db",
    "executor serve --catalog none.db --credentials none.yaml",
    "run-task serve --help", "run-task serve --host x --hmac-key-file none",
):  # fmt: skip
    said[line.split(" /")[0].split(" --c")[0].split(" --host")[0]] = call(*line.split())
json.dump(said, sys.stdout)
