"""Conftest judges by the bundle as `auditor check` does, where Conftest can be had."""

import json
import os
import re
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import orjson
import pytest

from auditor.catalogue.load import Catalogue
from auditor.catalogue.waivers import Waivers
from auditor.check.result import CheckResult
from auditor.rego.bundle import bundle
from tests.check.conftest import Check, Said
from tests.check.test_policy_input import CASES, PAGE, inputs_of

pytestmark = [pytest.mark.long, pytest.mark.conftest]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def program() -> str:
    """The path of Conftest, which `make test-long` obtains; skips where it is not there."""
    if given := os.environ.get("AUDITOR_CONFTEST"):
        return given
    script = ["sh", str(ROOT / "scripts" / "obtain_conftest.sh"), "--here"]
    found = subprocess.run(script, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip(found.stderr.strip())
    return found.stdout.strip()


@pytest.fixture
def policy(catalogue: Catalogue, tmp_path: Path) -> Path:
    """The bundle of the policies, unpacked."""
    file = tmp_path / "bundle.tar.gz"
    file.write_bytes(bundle(catalogue, Waivers()))
    with tarfile.open(file) as archive:
        archive.extractall(tmp_path / "policy", filter="data")
    return tmp_path / "policy"


def ran(program: str, *arguments: str | Path) -> tuple[int, Any]:
    """The exit code of Conftest, and what it says as JSON."""
    command = [program, *map(str, arguments), "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def judged(program: str, policy: Path, facts: Any, *options: str) -> tuple[int, list[str], list[str]]:
    """The exit code of `conftest test`, and the sentences of its failures and of its warnings."""
    file = policy.parent / "facts.json"
    file.write_bytes(orjson.dumps(facts, default=dict))
    where = ("--policy", policy, "--data", policy, "--namespace", "auditor")
    code, (said,) = ran(program, "test", *where, *options, file)
    failures, warnings = (
        sorted(one["msg"] for one in said.get(kind, ())) for kind in ("failures", "warnings")
    )
    return code, failures, warnings


def findings(result: CheckResult) -> list[str]:
    """What a check says of its findings, as `deny` says it."""
    return sorted(
        f"{one.control_id} {one.declaration.address}: {reason.message}"
        for one in result.entries
        if one.verdict == "NON_COMPLIANT"
        for reason in one.reasons
    )


@pytest.mark.parametrize("name", CASES)
def test_conftest_says_of_each_case_what_the_check_says(
    check: Check, catalogue: Catalogue, tmp_path: Path, policy: Path, program: str, name: str
) -> None:
    """It fails by the findings and passes without; what is unknown is a warning, one for each."""
    found = check(CASES[name])

    code, failures, warnings = judged(program, policy, inputs_of(tmp_path, catalogue, CASES[name]))

    assert (code, failures) == (int(bool(findings(found))), findings(found))
    assert len(warnings) == found.counts.get("INSUFFICIENT_DATA", 0)


def test_the_cases_pass_fail_and_warn(check: Check) -> None:
    """Else the others would show little."""
    counts = [check(document).counts for document in CASES.values()]

    assert any(not one.get("NON_COMPLIANT") and one.get("COMPLIANT") for one in counts)
    assert any(one.get("NON_COMPLIANT") for one in counts)
    assert any(one.get("INSUFFICIENT_DATA") and not one.get("NON_COMPLIANT") for one in counts)


def test_what_is_unknown_fails_where_warnings_do(
    catalogue: Catalogue, tmp_path: Path, policy: Path, program: str
) -> None:
    """With `--fail-on-warn`."""
    facts = inputs_of(tmp_path, catalogue, CASES["unknown policy"])

    plain, strict = (judged(program, policy, facts, *options) for options in ((), ("--fail-on-warn",)))

    assert (plain[0], plain[1], bool(plain[2])) == (0, [], True)
    assert strict == (1, *plain[1:])


def test_what_is_forgotten_is_no_pass_that_looks_like_one(
    catalogue: Catalogue, tmp_path: Path, policy: Path, program: str
) -> None:
    """Without data nothing is judged, which fails; without namespace, or of no input, there are no tests."""
    file = tmp_path / "facts.json"
    file.write_bytes(orjson.dumps(inputs_of(tmp_path, catalogue, CASES["protected"]), default=dict))
    (tmp_path / "none.json").write_text("[]")

    no_data, (said,) = ran(program, "test", "--policy", policy, "--namespace", "auditor", file)
    plan = judged(program, policy, CASES["protected"])
    no_package, (nothing,) = ran(program, "test", "--policy", policy, "--data", policy, file)
    none = judged(program, policy, [])

    sentence = "no control judges this input; its subject is none, or none is asked at its moment"
    assert (no_data, {one["msg"] for one in said["failures"]}) == (1, {sentence})
    assert plan == (1, [sentence], [])
    assert (no_package, nothing["successes"], none) == (0, 0, (0, [], []))


def test_conftest_finds_no_tests_to_verify(policy: Path, program: str) -> None:
    """The bundle leaves them out; `conftest verify` loads it all the same."""
    code, said = ran(program, "verify", "--policy", policy, "--data", policy)

    assert (code, sum(one["successes"] for one in said or ())) == (0, 0)


def test_the_commands_of_the_page_work(
    command: Said, tmp_path: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the plan of Terraform to the sentences of Conftest."""
    monkeypatch.chdir(tmp_path)
    Path("plan.json").write_bytes(orjson.dumps(CASES["near miss"]))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "conftest").symlink_to(program)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    block = re.findall(r"^auditor policy bundle --output.*?^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    lines = [line.partition("#")[0].strip() for line in block[0].splitlines()]
    for line in lines:
        if line.startswith("auditor "):
            assert command(*line.split()[1:])[0] == 0

    (shown,) = [line for line in lines if "conftest" in line]
    done = subprocess.run(["sh", "-c", shown], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "BKP-COV-001 aws_ebs_volume.other: no rule of any backup plan protects it" in done.stdout
