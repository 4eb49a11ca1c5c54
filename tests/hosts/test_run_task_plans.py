"""The check of a run task's plan: a process of its own, which comes to an end."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests

from auditor.cli.main import main
from auditor.cli.run_task_plans import PlanCheck
from auditor.cli.run_task_serve import _key
from auditor.hosts.run_task import Installations
from auditor.model.errors import AuditorError, UsageError
from tests.check.terraform import Plan, protected, volume
from tests.hosts.fakes import serving
from tests.hosts.jobs import variables
from tests.hosts.run_tasks import KEY, FakeTerraform, signature

CHECK = PlanCheck(seconds=300, mebibytes=4096, pass_unjudged=False)


@pytest.fixture(autouse=True)
def _beside_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without `auditor.yaml`, and no variables of ours."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("AUDITOR_")]:
        monkeypatch.delenv(name)


def data(document: Any) -> bytes:
    """As the API gives it."""
    return json.dumps(document).encode()


def test_a_plan_is_judged_by_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its options' variables; the file has no folder of ours, and no secret of ours is in the process."""
    monkeypatch.setenv("AUDITOR_CHECK_UNIT", "/")
    monkeypatch.setenv("AUDITOR_CHECK_OUTPUT", "nonsense")
    monkeypatch.setenv("AUDITOR_CHECK_FORMAT", "nonsense")
    monkeypatch.setenv("AUDITOR_CHECK_BASELINE", "none.json")
    monkeypatch.setenv("AUDITOR_CHECK_DIFF_BASE", "none")
    monkeypatch.setenv("AUDITOR_CHECK_HCL", "none")

    found = CHECK.judge(data(volume(protected(copied=True, keyed=True), "other", backup_tier="Gold").first()))

    assert (found.passed, found.message) == (
        False,
        "10 compliant, 1 finding, 0 unknown, 0 not looked at, 0 waived",
    )
    (outcome,) = found.outcomes
    said = "no rule of any backup plan protects it; tier bronze demands backups"
    assert outcome["attributes"]["description"] == f"BKP-COV-001 aws_ebs_volume.other: {said}"
    assert " in `plan.json`\n" in outcome["attributes"]["body"]
    monkeypatch.setenv("AUDITOR_FAIL_ON", "critical")
    assert CHECK.judge(
        data(volume(protected(copied=True, keyed=True), "other", backup_tier="Gold").first())
    ).passed


@pytest.mark.long
def test_a_plan_that_declares_nothing_fails_unless_it_may_pass() -> None:
    """Nothing was judged: that is no pass, but for whoever says so; an errored plan never is."""
    nothing = Plan().add("aws_iam_role.one", name="one")
    lenient = PlanCheck(CHECK.seconds, CHECK.mebibytes, pass_unjudged=True)

    assert not CHECK.judge(data(nothing.first())).passed
    passed = lenient.judge(data(nothing.first()))
    assert (passed.passed, passed.message.rpartition("; ")[2]) == (
        True,
        "such a plan passes by --pass-unjudged",
    )
    nothing.more = {"errored": True}
    assert not lenient.judge(data(nothing.first())).passed


@pytest.mark.long
@pytest.mark.parametrize("plan", [b"", b"[" * 100_000, b'{"format_version": "9.0"}'])
def test_a_plan_that_cannot_be_read_is_told_in_a_sentence(plan: bytes) -> None:
    """That of the check, which names no folder of ours."""
    with pytest.raises(AuditorError, match=r"^plan\.json") as told:
        CHECK.judge(plan)

    assert tempfile.gettempdir() not in str(told.value)


@pytest.mark.parametrize(
    ("seconds", "mebibytes", "said"),
    [
        (0, 4096, "the check of the plan took more than 0 seconds or 4096 MiB, and was ended"),
        (300, 40, "the check of the plan (broke off, perhaps at its|took more than 300 seconds or 40 MiB)"),
    ],
)
def test_a_check_that_comes_to_a_limit_is_ended(seconds: int, mebibytes: int, said: str) -> None:
    """Of time, or of memory: in a sentence; Python may say that it has no memory, or only end."""
    with pytest.raises(AuditorError, match=said):
        PlanCheck(seconds, mebibytes, pass_unjudged=False).judge(
            data(protected(copied=True, keyed=True).first())
        )


def test_wrong_options_are_told_before_any_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the check, too."""
    monkeypatch.setenv("AUDITOR_FAIL_ON", "nonsense")

    with pytest.raises(UsageError, match="it must be one of critical, high"):
        CHECK.check_options()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A file with the key."""
    file = tmp_path / "key"
    file.write_bytes(KEY + b"\n")
    file.chmod(0o600)
    return file


@pytest.mark.parametrize(("mode", "taken"), [(0o640, True), (0o644, False), (0o642, False)])
def test_a_key_that_everyone_may_read_is_refused(key: Path, mode: int, *, taken: bool) -> None:
    """Whoever has it can ask in the name of HCP Terraform."""
    key.chmod(mode)

    if taken:
        assert _key(key) == KEY
        return
    with pytest.raises(UsageError) as told:
        _key(key)
    assert str(told.value) == f"Everyone on this machine may read or change {key}; run chmod o= {key}."


def test_the_installation_that_is_asked_without_an_option(
    key: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """HCP Terraform; each word of the variable, or each option, is another."""
    seen: list[list[str]] = []

    def of(addresses: Sequence[str]) -> Installations:
        seen.append([*addresses])
        raise UsageError("seen")

    monkeypatch.setattr(Installations, "of", of)
    command = ["run-task", "serve", "--hmac-key-file", str(key)]
    variable = ("AUDITOR_RUN_TASK_TERRAFORM_URL", "https://a https://b")
    for more in ([], ["--terraform-url", "https://c", "--terraform-url", "https://d"]):
        for name, value in (("AUDITOR_RUN_TASK_WORKERS", "1"), variable):
            monkeypatch.setenv(name, value)
            with pytest.raises(SystemExit):
                main([*command, *more])
        monkeypatch.delenv(variable[0])

    assert capsys.readouterr().err.count("seen") == 4
    given = ["https://c", "https://d"]
    assert seen == [["https://app.terraform.io"], ["https://a", "https://b"], given, given]


@pytest.mark.parametrize(
    ("options", "text", "said"),
    [
        ((), "short\n", "a key has 16 characters or more; make a new one."),
        ((), None, "no such file or directory; name a file with the key."),
        (("--terraform-url", "http://tfe.example"), "k" * 16, "is no installation of Terraform"),
        (
            ("--details-url", "javascript:alert(1)"),
            "k" * 16,
            "it must be a link that begins with https://, not 'javascript:alert(1)'",
        ),
        (("--host", "tfe.example"), "k" * 16, "tfe.example is not an IP address"),
    ],
)
def test_a_wrong_option_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    options: tuple[str, ...],
    text: str | None,
    said: str,
) -> None:
    """With exit code 2."""
    monkeypatch.setattr(PlanCheck, "check_options", lambda _: None)
    file = tmp_path / "key"
    if text is not None:
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)

    with pytest.raises(SystemExit) as end:
        main(["run-task", "serve", "--hmac-key-file", str(file), *options])

    assert (end.value.code, said in capsys.readouterr().err) == (2, True)


@pytest.fixture
def terraform() -> Iterator[FakeTerraform]:
    """HCP Terraform, with a plan that has a finding."""
    plan = data(volume(protected(copied=True, keyed=True), "other", backup_tier="Gold").first())
    with serving(FakeTerraform(plan=plan)) as found:
        assert isinstance(found, FakeTerraform)
        yield found


@pytest.mark.long
def test_the_command_answers_a_run(terraform: FakeTerraform, key: Path) -> None:
    """From the request to the verdict; the signal lets what has begun end, and no log has a token."""
    arguments = ["run-task", "serve", "--hmac-key-file", str(key), "--port", "0"]
    server = subprocess.Popen(
        [sys.executable, "-P", "-m", "auditor", *arguments, "--terraform-url", terraform.url],
        env=variables(AUDITOR_CHECK_UNIT="/"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        endpoint = server.stdout.readline().strip()
        body = terraform.request()
        unsigned = requests.post(endpoint, data=body, timeout=60)
        signed = requests.post(
            endpoint, data=body, headers={"X-TFC-Task-Signature": signature(body)}, timeout=60
        )
        server.send_signal(signal.SIGTERM)
        _, log = server.communicate(timeout=300)
    finally:
        server.kill()
        server.communicate()

    assert (unsigned.status_code, signed.status_code, server.returncode) == (401, 200, 0)
    counts = "10 compliant, 1 finding, 0 unknown, 0 not looked at, 0 waived"
    assert terraform.statuses() == [
        ("running", "the plan is being checked"),
        ("running", "the plan was fetched and is being judged"),
        ("running", counts),
        ("failed", counts),
    ]
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert events == ["serving", "refused", "judged", "stopped"]
    assert "the-token" not in log
    assert KEY.decode() not in log
