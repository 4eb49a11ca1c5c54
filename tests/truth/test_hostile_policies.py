"""Policies from elsewhere in a whole audit: at a limit a control is ERROR, and no other changes."""

import shutil
from pathlib import Path

import pytest

from auditor.catalogue.load import policies_folder
from auditor.cli.main import main
from auditor.rego.process import EvaluationLimits
from tests.loopback.auditing import AuditFailed, Judgement, audit
from tests.loopback.standing import VOLUME, standing

HOSTILE = "controls/governance/hostile/hostile.rego"
CONTROL = """# METADATA
# title: A control that somebody found somewhere
# description: |
#   It asks more of a machine than any question about backups is worth.
# scope: package
# schemas:
#   - input: schema.resource
# custom:
#   id: BKP-GOV-901
#   severity: high
#   subject: resource
#   moments: [audit]
#   reads: [tier]
#   reasons:
#     hostile: "it is so"
#   remediation: Take this control out of the folder of policies.
package controls.governance.hostile

applicable if input.tier.required

compliant if not endless

non_compliant contains {"code": "hostile"} if endless

"""

ENDLESS = """endless if {
	some i in numbers.range(1, 100000)
	some j in numbers.range(1, 100000)
	i * j < 0
}"""


def policies(folder: Path, rule: str) -> Path:
    """The shipped policies and one control more."""
    shutil.copytree(policies_folder(), folder)
    (folder / HOSTILE).parent.mkdir(parents=True)
    (folder / HOSTILE).write_text(CONTROL + rule + "\n", encoding="utf-8")
    test = "package controls.governance.hostile_test\n\ntest_nothing if true\n"
    (folder / HOSTILE).with_name("hostile_test.rego").write_text(test, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """The same audit by the shipped policies alone."""
    return audit(standing(), tmp_path_factory.mktemp("healthy"))


@pytest.mark.long
@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (
            ENDLESS,
            "The control could not be evaluated: it takes more than 0.3 s of processor time",
        ),
        (
            "endless if count(numbers.range(1, 2000000000)) == 1",
            "The control could not be evaluated: it needs more than 256 MiB of memory",
        ),
    ],
    ids=["time", "memory"],
)
def test_a_control_at_a_limit_is_an_error_and_no_other_changes(
    healthy: Judgement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str, reason: str
) -> None:
    """Its reason says which limit; the run ends as with any ERROR, with all other verdicts as they were."""
    monkeypatch.setattr("auditor.rego.load.LIMITS", EvaluationLimits(seconds=0.3, mebibytes=256))

    judged = audit(standing(), tmp_path, policies=str(policies(tmp_path / "policies", rule)))

    assert (healthy.exit_code, judged.exit_code) == (0, 4)
    assert judged.verdicts == {**healthy.verdicts, ("BKP-GOV-901", VOLUME): "ERROR"}
    assert [found.message for found in judged.reasons("BKP-GOV-901", VOLUME)] == [reason]


@pytest.mark.parametrize("command", ["policy list", "push", "audit", "evaluate"])
def test_every_command_refuses_the_same_policy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """One sentence with file and line before anything else is done, and exit code 2."""
    folder = policies(tmp_path / "policies", 'endless if http.send({"url": "http://127.0.0.1:9"})')
    said = f"{HOSTILE}:{CONTROL.count(chr(10)) + 1}: http.send is refused in a policy: "
    if command == "audit":
        with pytest.raises(AuditFailed) as failed:
            audit(standing(), tmp_path, policies=str(folder))
        assert (failed.value.exit_code, said in str(failed.value)) == (2, True)
        return
    arguments = [*command.split(), "--policies", str(folder)]
    if command == "evaluate":
        arguments.insert(1, str(audit(standing(), tmp_path).run))

    with pytest.raises(SystemExit) as left:
        main(arguments)

    assert left.value.code == 2
    assert f"auditor: {said}" in capsys.readouterr().err
