"""Measure an audit against its limits, as `make bench` does; the figures are kept in build/bench.json too.

    python scripts/bench.py [account] [organization] [evaluation]      without a name: all three

    account       one account of 2,000 EBS volumes, 30 days: calls, memory, and time against a bare loop
    organization  20 accounts of 40 resources: time
    evaluation    100,000 resources, then 10 million recovery points, from Parquet: time and memory

Each measured command is a process of its own; its memory is the largest of its processes' resident sets.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from bench_evidence import write_run

from auditor.cli.child import SandboxChild, sandbox_child
from auditor.cli.extras import forget_aws
from auditor.cli.progress import progress
from auditor.model.settings import Progress

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "examples" / "organization" / "organization.yaml"
DAYS = 30

LIMITS = {
    "account.calls": 170,
    "account.memory_mb": 250,
    "account.ratio": 1.3,
    "organization.seconds": 10,
    "evaluation.points_memory_mb": 2048,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One command: seconds of wall time, megabytes of its largest process, what it printed."""

    seconds: float
    memory_mb: float
    printed: str


def measure(
    arguments: Sequence[str], variables: Mapping[str, str], folder: Path, *, codes: set[int]
) -> Measured:
    """Run a command in `folder`; any exit code but `codes` ends the benchmark."""
    started = time.perf_counter()
    with (folder / "stdout").open("w+") as out:
        child = subprocess.Popen(arguments, cwd=folder, env=os.environ | dict(variables), stdout=out)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        out.seek(0)
        printed = out.read()
    code = os.waitstatus_to_exitcode(status)
    if code not in codes:
        sys.exit(f"{' '.join(arguments)} exited with {code}")
    unit = 1024**2 if platform.system() == "Darwin" else 1024
    return Measured(seconds, usage.ru_maxrss / unit, printed)


def auditor(*arguments: str) -> list[str]:
    """The command line of our command."""
    return [sys.executable, "-m", "auditor", *arguments]


def organization(folder: Path, *, volumes: int = 0, accounts: int = 0) -> Path:
    """Write an organization: `volumes` in the management account, or `accounts` of 40 resources each."""
    sample = yaml.safe_load(SAMPLE.read_text())
    kept = {key: sample[key] for key in ("start", "regions", "key_alias", "store_tags", "roles")}
    silver = {"backup-tier": "silver"}

    def volume_rows(name: str, number: int) -> list[dict[str, Any]]:
        sizes = [min(99, number - begin) for begin in range(0, number, 99)]
        return [
            {"type": "EBS", "name": f"{name}-{row}", "tags": silver, **({"count": size} if size > 1 else {})}
            for row, size in enumerate(sizes)
        ]

    def members() -> list[dict[str, Any]]:
        mixed = [("EBS", 20), ("DynamoDB", 10), ("RDS", 10)]
        return [
            {
                "name": f"member-{number}",
                "ou": ["Bench"],
                "resources": [
                    {"type": kind, "name": f"m{number}-{kind.lower()}", "count": count, "tags": silver}
                    for kind, count in mixed
                ],
            }
            for number in range(accounts)
        ]

    document = kept | {
        "management": {"resources": volume_rows("bench-volume", volumes)},
        "accounts": members() or [{"name": "empty", "ou": ["Bench"], "resources": []}],
    }
    (folder / "organization.yaml").write_text(yaml.safe_dump(document))
    return folder


def backed_up(sandbox: SandboxChild, scope: list[str], folder: Path, steps: Progress) -> datetime:
    """Push and let 30 days pass; the end."""
    measure(auditor("push", *scope), sandbox.variables(), folder, codes={0})
    end = sandbox.now + timedelta(days=DAYS, hours=12)
    sandbox.advance(end, steps)
    return end


def one_account(folder: Path, steps: Progress) -> dict[str, float]:
    """2,000 volumes and about 59,000 recovery points: our audit, and the bare loop before and after it."""
    with sandbox_child("aws", organization(folder, volumes=2000)) as sandbox:
        region = sandbox.regions[0]
        scope = ["--accounts", "caller", "--regions", region]
        end = backed_up(sandbox, scope, folder, steps)
        floor = [sys.executable, str(ROOT / "scripts" / "bench_floor.py"), region]
        before = measure(floor, sandbox.variables(), folder, codes={0})
        command = auditor("audit", *scope, "--as-of", end.isoformat(), "--formats", "html,pdf,csv,json")
        ours = measure(command, sandbox.variables(), folder, codes={0, 3})
        after = measure(floor, sandbox.variables(), folder, codes={0})
    document = json.loads((folder / "runs" / "latest" / "document.json").read_text())
    bare = min(before.seconds, after.seconds)
    return {
        "recovery_points": document["summary"]["recovery_points"],
        "calls": document["run"]["calls"],
        "bare_loop_calls": int(before.printed.split()[0]),
        "memory_mb": ours.memory_mb,
        "seconds": ours.seconds,
        "bare_loop_seconds": bare,
        "ratio": ours.seconds / bare,
    }


def many_accounts(folder: Path, steps: Progress) -> dict[str, float]:
    """20 accounts of 40 resources: the whole audit with every report."""
    with sandbox_child("aws", organization(folder, accounts=20)) as sandbox:
        scope = ["--regions", ",".join(sandbox.regions)]
        end = backed_up(sandbox, scope, folder, steps)
        command = auditor("audit", *scope, "--as-of", end.isoformat())
        ours = measure(command, sandbox.variables(), folder, codes={0, 3})
    document = json.loads((folder / "runs" / "latest" / "document.json").read_text())
    return {"calls": document["run"]["calls"], "memory_mb": ours.memory_mb, "seconds": ours.seconds}


def evaluation(folder: Path, steps: Progress) -> dict[str, float]:
    """Evaluate synthetic evidence: 100,000 resources with few points, then with 10 million."""
    few = write_run(folder / "few", accounts=100, resources=1000, days=2, progress=steps)
    many = write_run(folder / "many", accounts=100, resources=1000, days=100, progress=steps)
    short = measure(auditor("evaluate", str(few)), {}, folder, codes={0, 3})
    whole = measure(auditor("evaluate", str(many)), {}, folder, codes={0, 3})
    verdicts = sum(json.loads((few / "document.json").read_text())["summary"]["verdicts"].values())
    return {
        "resources": 100_000,
        "us_per_resource": short.seconds * 1e6 / 100_000,
        "us_per_verdict": short.seconds * 1e6 / verdicts,
        "points": json.loads((many / "document.json").read_text())["summary"]["recovery_points"],
        "points_seconds": whole.seconds,
        "points_memory_mb": whole.memory_mb,
    }


def main() -> int:
    """Run the chosen benchmarks; exit 1 when a limit is not kept."""
    chosen = {"account": one_account, "organization": many_accounts, "evaluation": evaluation}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(chosen)}")
    names = parser.parse_args().names or list(chosen)
    forget_aws()
    figures: dict[str, float] = {}
    for name in names:
        with tempfile.TemporaryDirectory() as folder, progress() as steps:
            found = chosen[name](Path(folder), steps)
        figures |= {f"{name}.{key}": value for key, value in found.items()}
    for key, value in figures.items():
        limit = f"  (at most {LIMITS[key]})" if key in LIMITS else ""
        print(f"{key:<32} {value:>14,.2f}{limit}")
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "bench.json").write_text(json.dumps(figures, indent=2) + "\n")
    broken = [key for key, limit in LIMITS.items() if figures.get(key, 0) > limit]
    for key in broken:
        print(f"{key} is over its limit")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
