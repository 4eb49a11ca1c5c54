"""The command against a whole organization: `auditor sandbox` in a process, errors that only an AWS gives."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from auditor.aws.session import Credentials, make_client

pytestmark = pytest.mark.long

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def sandbox(clean_environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """The variables that `auditor sandbox` prints, while it serves; Ctrl-C ends it with exit code 0."""
    server = subprocess.Popen(
        [sys.executable, "-m", "auditor", "sandbox", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment,
    )
    assert server.stdout is not None
    printed = [server.stdout.readline() for _ in range(4)]
    variables = dict(line.removeprefix("export ").strip().split("=", 1) for line in printed)
    yield variables | {"AUDITOR_AS_OF": "2026-01-05T00:00:00Z"}
    server.send_signal(signal.SIGINT)
    rest = server.communicate()
    assert (server.returncode, rest) == (0, ("", ""))


def test_a_sandbox_that_is_told_to_end_keeps_nothing(
    clean_environment: dict[str, str], tmp_path: Path
) -> None:
    """SIGTERM ends it as Ctrl-C does: the files that it names are gone then."""
    server = subprocess.Popen(
        [sys.executable, "-m", "auditor", "sandbox", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment | {"TMPDIR": str(tmp_path)},
    )
    assert server.stdout is not None
    server.stdout.readline()
    kept = [path.name for folder in tmp_path.iterdir() for path in folder.iterdir()]
    server.terminate()
    server.communicate()

    assert sorted(kept) == ["attestations.yaml", "policies", "waivers.yaml"]
    assert [*tmp_path.iterdir()] == []


def whole_runs(out: Path) -> list[str]:
    """What lies in `out`, hidden folders too."""
    try:
        return sorted(path.name for path in out.iterdir())
    except FileNotFoundError:
        return []


def sentences(done: CompletedProcess[str]) -> list[str]:
    """What the command says on stderr apart from progress, which a slow machine sees."""
    return [line for line in done.stderr.splitlines() if line.startswith("auditor: ")]


def test_the_caller_alone_is_collected(auditor: Run, sandbox: dict[str, str], tmp_path: Path) -> None:
    """The management account by its own credentials: no gap, exit code 0, one run and `latest`."""
    done = auditor("collect", "--accounts", "caller", "--regions", "eu-central-1", env=sandbox)

    assert (done.returncode, sentences(done)) == (0, [])
    run = tmp_path / done.stdout.strip()
    assert whole_runs(tmp_path / "runs") == sorted([run.name, "latest"])
    assert (tmp_path / "runs" / "latest").resolve() == run


def test_a_role_that_does_not_exist_is_a_gap(here: Run, sandbox: dict[str, str], tmp_path: Path) -> None:
    """The members cannot be read; the run is kept, says so, and exits with 4."""
    done = here("collect", "--role-name", "NoSuchRole", "--regions", "eu-central-1", env=sandbox)

    assert done.returncode == 4
    assert "calls failed" in done.stderr.splitlines()[-1]
    assert len(whole_runs(tmp_path / "runs")) == 2


def test_a_time_ahead_of_the_endpoint_s_clock(here: Run, sandbox: dict[str, str], tmp_path: Path) -> None:
    """Nobody can have looked yet; the sentence says which time can be audited."""
    done = here("collect", env=sandbox | {"AUDITOR_AS_OF": "2036-01-05T00:00:00Z"})

    assert (done.returncode, done.stdout, len(sentences(done))) == (2, "", 1)
    assert "as_of 2036-01-05T00:00:00Z is in the endpoint's future; set it to 2026-01-" in done.stderr
    assert whole_runs(tmp_path / "runs") == []


def test_a_region_that_does_not_exist(here: Run, sandbox: dict[str, str], tmp_path: Path) -> None:
    """The partition's Regions are known without asking; the nearest is named, no run is made."""
    done = here("collect", "--regions", "eu-centrall-1", env=sandbox)

    assert (done.returncode, done.stdout, len(sentences(done))) == (2, "", 1)
    assert "no Region 'eu-centrall-1'; did you mean eu-central-1?" in done.stderr
    assert whole_runs(tmp_path / "runs") == []


def test_an_expired_token(here: Run, sandbox: dict[str, str], tmp_path: Path) -> None:
    """Credentials of an hour, two hours later."""
    keys = Credentials(sandbox["AWS_ACCESS_KEY_ID"], sandbox["AWS_SECRET_ACCESS_KEY"])
    endpoint = sandbox["AWS_ENDPOINT_URL"]
    sts = make_client("sts", sandbox["AWS_DEFAULT_REGION"], credentials=keys, endpoint_url=endpoint)
    with urllib.request.urlopen(f"{endpoint}/_sandbox") as answer:
        facts = json.load(answer)
    member = next(
        account for account in facts["accounts"].values() if account != facts["management_account_id"]
    )
    arn = f"arn:aws:iam::{member}:role/AuditorPush"
    session = sts.assume_role(RoleArn=arn, RoleSessionName="test", DurationSeconds=3600)["Credentials"]
    later = (datetime.fromisoformat(facts["now"]) + timedelta(hours=2)).isoformat()
    body = json.dumps({"until": later}).encode()
    with urllib.request.urlopen(f"{endpoint}/_sandbox/advance", data=body) as answer:
        assert b'"done": true' in answer.read()

    done = here(
        "collect",
        env=sandbox
        | {
            "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
            "AWS_SESSION_TOKEN": session["SessionToken"],
        },
    )

    assert (done.returncode, done.stdout, len(sentences(done))) == (1, "", 1)
    assert "credentials have expired" in done.stderr
    assert whole_runs(tmp_path / "runs") == []


def things(done: CompletedProcess[str], *verbs: str) -> list[str]:
    """What a push says that it creates or updates."""
    words = "|".join(verbs)
    return re.findall(rf"^  (?:{words}) +(.+)$", done.stdout, re.MULTILINE)


def test_push_changes_what_it_showed_and_then_nothing(here: Run, sandbox: dict[str, str]) -> None:
    """The dry run shows every change, the push makes them, a second push finds nothing to do."""
    scope = ("--regions", f"{sandbox['AWS_DEFAULT_REGION']},eu-west-1", "--accounts", "organization")
    shown = here("push", *scope, "--dry-run", env=sandbox)
    shown_again = here("push", *scope, "--dry-run", env=sandbox)
    made = here("push", *scope, env=sandbox)
    again = here("push", *scope, env=sandbox)

    assert [done.returncode for done in (shown, shown_again, made, again)] == [0, 0, 0, 0]
    assert shown.stdout == shown_again.stdout
    assert things(shown, "to create", "to update") == things(made, "created", "updated") != []
    assert "created" not in again.stdout
    assert "unchanged" in again.stdout


def test_an_out_that_cannot_be_written(here: Run, sandbox: dict[str, str], tmp_path: Path) -> None:
    """A file where the folder should be: one sentence, nothing made."""
    (tmp_path / "file").write_text("")

    done = here("collect", "--accounts", "caller", "--out", "file/runs", env=sandbox)

    assert (done.returncode, done.stdout, len(sentences(done))) == (1, "", 1)
    assert "file/runs" in done.stderr
    assert whole_runs(tmp_path) == ["file"]


def test_a_full_disk(sandbox: dict[str, str], clean_environment: dict[str, str], tmp_path: Path) -> None:
    """A write that the system refuses half-way leaves nothing that looks like a run."""
    done = subprocess.run(
        [sys.executable, "-m", "auditor", "collect", "--regions", "eu-central-1", "--out", "runs"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        # Python would keep what it compiles in files that are cut off, and others would read them.
        env=clean_environment | sandbox | {"PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512)),
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert "File too large" in sentences(done)[0]
    assert whole_runs(tmp_path / "runs") == []


def test_an_interrupted_run(
    sandbox: dict[str, str], clean_environment: dict[str, str], tmp_path: Path
) -> None:
    """Ctrl-C while accounts are read: 130, one sentence, nothing that looks like a run."""
    collecting = subprocess.Popen(
        [sys.executable, "-m", "auditor", "collect", "--workers", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=clean_environment | sandbox,
    )
    while not any(name.endswith(".partial") for name in whole_runs(tmp_path / "runs")):
        assert collecting.poll() is None
        time.sleep(0.02)
    os.kill(collecting.pid, signal.SIGINT)
    out, err = collecting.communicate()

    assert (collecting.returncode, out) == (130, "")
    assert [line for line in err.splitlines() if line.startswith("auditor: ")] == err.strip().splitlines()[
        -1:
    ]
    assert "Traceback" not in err
    assert whole_runs(tmp_path / "runs") == []
