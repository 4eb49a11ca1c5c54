"""The sandbox as a child process: one JSON line with all that a client needs, then requests until the end."""

import argparse
import gc
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from auditor.model.errors import AuditorError
from auditor.sandbox.server import serve


def main() -> int:
    """Serve as the arguments say; the exit code is that of `AuditorError` where one stops it."""
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, _stop)
    if arguments.with_parent:
        threading.Thread(target=_follow_parent, daemon=True).start()
    try:
        serve(
            arguments.host,
            arguments.port,
            arguments.partition,
            folder=arguments.organization,
            announce=_announce,
        )
    except AuditorError as error:
        print(error, file=sys.stderr)  # noqa: T201 -- a child process reports on its standard error
        return int(error.exit_code)
    except KeyboardInterrupt:
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m auditor.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--partition", default="aws", help="aws, aws-cn or aws-us-gov")
    parser.add_argument(
        "--organization", type=Path, help="a folder with organization.yaml; the sample if absent"
    )
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when standard input ends, as it does with the parent"
    )
    return parser


def _announce(facts: dict[str, Any]) -> None:
    # The organization stays to the end: it is not looked through for garbage again and again.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _stop(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _follow_parent() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # to take all of moto's objects apart costs a second and serves nobody
