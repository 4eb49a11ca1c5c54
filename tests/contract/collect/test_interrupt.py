"""Ctrl-C while AWS is slow, and a disk that does not take the evidence."""

import os
import signal
import subprocess
import sys
import time
from hashlib import sha256

import pytest

from auditor.aws.base import READ_TIMEOUT
from tests.contract.collect.conftest import Cloud

PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from auditor.aws.session import Sessions
from auditor.collect.run import collect
from auditor.evidence.store import EvidenceWriter
from auditor.model.settings import Settings, silent

settings = Settings(as_of=datetime(2026, 2, 1, tzinfo=UTC), accounts="caller", regions=("eu-west-1",))
sessions = Sessions.from_environment(role_name="AuditorRead")
try:
    with EvidenceWriter(Path(sys.argv[1]), "run") as writer:
        collect(settings, sessions, writer, silent)
        writer.commit({})
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_does_not_wait_for_an_answer_and_leaves_nothing(cloud: Cloud) -> None:
    """AWS Backup does not answer: the program is gone all the same, and so is what it wrote."""
    cloud.backup.answering.clear()
    command = [sys.executable, "-c", PROGRAM, str(cloud.out)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ, text=True
    ) as process:
        assert cloud.backup.asked.wait(timeout=120)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        output, errors = process.communicate()
    assert time.monotonic() - began < READ_TIMEOUT, "it waited until the connection was given up"
    cloud.backup.answering.set()
    assert (output, errors, process.returncode) == ("interrupted\n", "", 0)
    assert list(cloud.out.iterdir()) == []


@pytest.mark.long
def test_a_disk_that_takes_no_more_ends_the_run_and_is_no_gap(cloud: Cloud) -> None:
    """Files may have 4,096 bytes and no more: one sentence, and nothing is left."""
    cloud.backup.answers["123456789012", "eu-west-1", "ListBackupJobs"] = [
        {
            "BackupJobId": sha256(b"%d" % number).hexdigest(),
            "ResourceArn": "arn:r",
            "State": "COMPLETED",
            "CreationDate": 1767400000.0,
        }
        for number in range(1000)
    ]
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n" + PROGRAM
    # -B: Python would keep what it compiles in files that are cut off, and others would read them.
    command = [sys.executable, "-B", "-c", limited, str(cloud.out)]
    ended = subprocess.run(command, capture_output=True, env=os.environ, text=True, check=False)
    assert ended.stderr.splitlines()[-1] == (
        f"auditor.model.errors.AuditorError: Evidence cannot be written to {cloud.out} (File too large); "
        "make room or choose another --out."
    )
    assert list(cloud.out.iterdir()) == []
