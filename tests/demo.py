"""`auditor demo` as its user runs it: once in a test run, for every test that needs one."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: The settings that name what a demo's run was judged by, and where the run keeps it.
JUDGED_BY = {
    "policies": Path("judged_by/policies"),
    "waivers": Path("judged_by/waivers.yaml"),
    "attestations": Path("judged_by/attestations.yaml"),
}


def clean_environment() -> dict[str, str]:
    """No credentials, no settings; an endpoint that a test does not name is not AWS's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AUDITOR_"))}
    return kept | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }


@dataclass(frozen=True)
class Demo:
    """What a demo printed, and its run folder."""

    stdout: str
    run: Path

    @property
    def document(self) -> dict[str, Any]:
        """The audit document."""
        return dict(json.loads((self.run / "document.json").read_bytes()))

    def judged_by(self) -> list[str]:
        """The options that have the run judged again by what it was judged by."""
        return [word for name, path in JUDGED_BY.items() for word in (f"--{name}", str(self.run / path))]

    def copied(self, folder: Path) -> "Demo":
        """The same with a run folder of its own, below `folder`, in which a test may write."""
        return Demo(self.stdout, Path(shutil.copytree(self.run, folder / "runs" / self.run.name)))


def run_demo(folder: Path, partition: str = "aws") -> Demo:
    """Run the demo in `folder`, which settings and credentials of the user do not touch.

    Whoever comes second, in another process of the test run, waits for the first and takes what it made.
    """
    folder.mkdir(exist_ok=True)
    told = folder / "stdout"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            done = subprocess.run(
                [sys.executable, "-m", "auditor", "demo", "--partition", partition, "--out", "runs"],
                capture_output=True,
                text=True,
                check=False,
                cwd=folder,
                env=clean_environment() | {"AWS_PROFILE": "not-the-user's", "AUDITOR_FAIL_ON": "never"},
            )
            assert done.returncode == 0, done.stderr
            told.write_text(done.stdout)
    return Demo(told.read_text(), (folder / "runs" / "latest").resolve())
