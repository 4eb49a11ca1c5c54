"""The example of Spacelift: hooks that a shell runs, and a policy that a real OPA asks."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.check.terraform import Json, Plan, protected, volume
from tests.hosts.jobs import ROOT, program, variables

EXAMPLE = ROOT / "examples" / "spacelift"
DOCUMENT = "auditor.custom.spacelift.json"
UNREAD = "auditor has not checked this plan: auditor.custom.spacelift.json is missing, or not its JSON"
UNPROTECTED = "no rule of any backup plan protects it; tier bronze demands backups"
MISSED = f"high BKP-COV-001 aws_ebs_volume.other: {UNPROTECTED}"


def hooks() -> list[str]:
    """The commands of the context."""
    text = (EXAMPLE / "context.tf").read_text(encoding="utf-8")
    (block,) = re.findall(r"after_plan = \[\n(.*?)\n  \]", text, re.DOTALL)
    return [json.loads(line.strip().removesuffix(",")) for line in block.splitlines()]


def hooked(folder: Path, plan: Json, **more: str) -> tuple[int, Any]:
    """What the hooks leave for the policy: the exit code of the last one that ran, and the document."""
    place = folder / "elsewhere"
    place.mkdir(exist_ok=True)
    made = program(folder / "bin")
    (folder / "shown.json").write_text(json.dumps(plan), encoding="utf-8")
    terraform = made.with_name("terraform")
    terraform.write_text(f'#!/bin/sh\n[ "$*" = "show -json spacelift.plan" ] && cat "{folder}/shown.json"\n')
    terraform.chmod(0o755)
    env = variables(AUDITOR_CHECK_UNIT="/", **more)
    env["PATH"] = f"{made.parent}{os.pathsep}{env['PATH']}"
    code = 0
    for hook in hooks():
        command = hook.replace("/tmp", shlex.quote(str(place)))  # noqa: S108 -- that of the example
        done = subprocess.run(["sh", "-c", command], cwd=folder, env=env, capture_output=True, check=False)
        code = done.returncode
        if code:
            break
    file = folder / DOCUMENT
    return code, json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def judged(opa: str, custom: Json) -> tuple[list[str], list[str]]:
    """What the policy denies and warns of; the input is as Spacelift documents it."""
    change = {"actions": ["create"], "before": None, "after": {"name": "x"}}
    resource = {"address": "aws_ebs_volume.other", "type": "aws_ebs_volume", "name": "other"}
    document = {
        "spacelift": {"run": {"type": "PROPOSED"}, "stack": {"name": "shop"}},
        "terraform": {"resource_changes": [{**resource, "change": change}], "terraform_version": "1.5.7"},
        **custom,
    }
    policy = EXAMPLE / "backup-check.rego"
    query = '{"deny": data.spacelift.deny, "warn": data.spacelift.warn}'
    done = subprocess.run(
        [opa, "eval", "--strict", "--data", str(policy), "--stdin-input", "--format", "raw", query],
        input=json.dumps(document),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    return found["deny"], found["warn"]


def of(document: Any) -> Json:
    """The part of the input that the document becomes."""
    return {"third_party_metadata": {"custom": {"auditor": document}}}


@pytest.mark.opa
def test_the_check_decides_by_its_exit_code(tmp_path: Path, opa_program: str) -> None:
    """A finding is denied; below --fail-on it is a warning."""
    plan = volume(protected(copied=True, keyed=True), "other", backup_tier="Gold").first()
    (tmp_path / DOCUMENT).write_text('{"summary": {"exit_code": 0}, "entries": []}', encoding="utf-8")

    strict, lenient = hooked(tmp_path, plan), hooked(tmp_path, plan, AUDITOR_FAIL_ON="critical")

    ended = "auditor check ended with exit code 3; its output tells why"
    assert (strict[0], judged(opa_program, of(strict[1]))) == (0, ([ended, MISSED], []))
    assert (lenient[0], judged(opa_program, of(lenient[1]))) == (0, ([], [MISSED]))
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.long
@pytest.mark.opa
def test_settings_of_the_repository_do_not_count(tmp_path: Path, opa_program: str) -> None:
    """An auditor.yaml of a pull request; one that the context names does. Spaces in the path are kept."""
    plan = volume(protected(copied=True, keyed=True), "other", backup_tier="Gold").first()
    repository = tmp_path / "a stack"
    repository.mkdir()
    settings = repository / "auditor.yaml"
    settings.write_text("fail_on: never\n", encoding="utf-8")

    brought, named = hooked(repository, plan), hooked(repository, plan, AUDITOR_CONFIG=str(settings))

    ended = "auditor check ended with exit code 3; its output tells why"
    assert (brought[0], judged(opa_program, of(brought[1]))) == (0, ([ended, MISSED], []))
    assert (named[0], judged(opa_program, of(named[1]))) == (0, ([], [MISSED]))


@pytest.mark.opa
def test_what_is_not_checked_is_denied(tmp_path: Path, opa_program: str) -> None:
    """No document, one of another form, one that a pull request brings, a plan in which nothing is judged."""
    nothing = Plan().add("aws_iam_role.one", name="one").first()
    (tmp_path / DOCUMENT).write_text('{"summary": {"exit_code": 0}, "entries": []}', encoding="utf-8")

    broken, unjudged = hooked(tmp_path, {"format_version": "9.0"}), hooked(tmp_path, nothing)

    assert (broken[0] != 0, broken[1]) == (True, None)
    ended = "auditor check ended with exit code 4; its output tells why"
    assert (unjudged[0], judged(opa_program, of(unjudged[1]))) == (0, ([ended], []))
    for custom in (
        {},
        of({}),
        of([]),
        of({"summary": {"exit_code": "0"}}),
        of({"summary": {"exit_code": 1}}),
    ):
        assert judged(opa_program, custom) == ([UNREAD], [])


@pytest.mark.opa
def test_what_is_not_whole_and_what_a_run_loses_are_denied(opa_program: str) -> None:
    """In a sentence each; what is unknown is a warning."""
    reasons = [{"code": "evidence_gap", "message": "vault other is not among the inputs"}]
    entry = {
        "verdict": "INSUFFICIENT_DATA",
        "severity": "high",
        "control_id": "BKP-IMM-003",
        "subject": {"address": "aws_backup_plan.a"},
        "reasons": reasons,
    }
    lost = {"way": "loses", "title": "A rule protects it", "subject": {"arn": "arn:aws:ec2:r:1:volume/v"}}
    document = {
        "summary": {"exit_code": 3},
        "entries": [entry],
        "incomplete": ["plan.json: cut"],
        "against": {"changes": [lost, {**lost, "way": "gains"}]},
    }

    assert judged(opa_program, of(document)) == (
        [
            "arn:aws:ec2:r:1:volume/v loses what it had: A rule protects it",
            "auditor check ended with exit code 3; its output tells why",
            "not whole, so something may be missing: plan.json: cut",
        ],
        ["high BKP-IMM-003 aws_backup_plan.a: vault other is not among the inputs"],
    )


@pytest.mark.opa
def test_opa_finds_the_policy_as_formatted_as_the_policies(opa_program: str) -> None:
    """`opa check --strict` and `opa fmt`."""
    policy = str(EXAMPLE / "backup-check.rego")
    for command in (["check", "--strict", policy], ["fmt", "--diff", "--fail", policy]):
        done = subprocess.run([opa_program, *command], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")
