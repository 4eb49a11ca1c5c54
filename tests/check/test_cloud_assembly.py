"""The folder that CDK synthesises: its manifest says where the stack of each template is deployed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import Said
from tests.check.test_attached_volumes import template

HERE, ELSEWHERE = "aws://111122223333/eu-west-1", "aws://111122223333/us-east-1"
OPEN = "aws://unknown-account/unknown-region"


def assembly(folder: Path, data: str, backups: str, **more: Any) -> Path:
    """A volume in one stack, and the plan that selects it in another."""
    made = template()["Resources"]
    made["Chosen"]["Properties"]["BackupSelection"]["ListOfTags"][0]["ConditionValue"] = "gold"
    parts = {"Data": {"Volume": made["Volume"]}, "Backups": {key: made[key] for key in ("Plan", "Chosen")}}
    folder.mkdir(parents=True)
    for name, resources in parts.items():
        (folder / f"{name}.template.json").write_text(json.dumps({"Resources": resources}), "utf-8")
    artifacts = {
        name: {
            "type": "aws:cloudformation:stack",
            "environment": environment,
            "properties": {"templateFile": f"{name}.template.json"},
        }
        for name, environment in (("Data", data), ("Backups", backups))
    }
    manifest = {"version": "36.0.0", "artifacts": {**artifacts, **more}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def covered(command: Said, folder: Path, *options: str) -> str:
    """What is said of the volume's cover."""
    out = command("check", folder, "--unit", "", "--format", "json", *options)[1]
    said = [one for one in json.loads(out)["entries"] if one["control_id"] == "BKP-COV-001"]
    return said[0]["verdict"] if said else "COMPLIANT"


@pytest.mark.parametrize(
    ("data", "backups", "verdict"),
    [
        (HERE, HERE, "COMPLIANT"),
        (HERE, ELSEWHERE, "NON_COMPLIANT"),
        (HERE, "aws://444455556666/eu-west-1", "INSUFFICIENT_DATA"),
        (OPEN, OPEN, "COMPLIANT"),
        (HERE, OPEN, "COMPLIANT"),
        ("aws://unknown-account/eu-west-1", "aws://unknown-account/us-east-1", "NON_COMPLIANT"),
    ],
    ids=["one-place", "regions", "accounts", "none-is-told", "one-is-told", "only-regions"],
)
def test_the_manifest_says_where_a_template_is_deployed(
    command: Said, tmp_path: Path, data: str, backups: str, verdict: str
) -> None:
    """A plan protects what lies in its account and Region; what is not told lies where the other does.

    Of an account without a plan among the inputs it is not known what protects there.
    """
    assert covered(command, assembly(tmp_path / "cdk.out", data, backups)) == verdict
    assert covered(command, assembly(tmp_path / "app" / "assembly-prod", data, backups)) == verdict


def test_an_option_is_for_what_the_manifest_leaves_open(command: Said, tmp_path: Path) -> None:
    """It puts no template into another place than its stack's."""
    options = ("--account", "111122223333", "--region", "us-east-1")

    assert covered(command, assembly(tmp_path / "a", HERE, ELSEWHERE), *options) == "NON_COMPLIANT"
    assert covered(command, assembly(tmp_path / "b", OPEN, ELSEWHERE), *options) == "COMPLIANT"


@pytest.mark.parametrize("odd", [None, [], "x", {"type": 1}, {"environment": 7, "properties": []}])
def test_a_manifest_of_the_wrong_shape_is_no_crash(command: Said, tmp_path: Path, odd: Any) -> None:
    """What is understood of it counts; the manifest itself declares nothing."""
    folder = assembly(tmp_path / "cdk.out", HERE, ELSEWHERE, Odd=odd)

    code, out, _ = command("check", folder, "--unit", "")

    assert code == 3
    assert "manifest.json" not in out


def test_a_template_of_two_stacks_is_read_for_each(command: Said, tmp_path: Path) -> None:
    """What lies in a Region without the plan is a finding there; a plan that lies in both protects both."""

    def again(template: str) -> dict[str, Any]:
        properties = {"templateFile": f"./{template}.template.json"}
        return {"type": "aws:cloudformation:stack", "environment": ELSEWHERE, "properties": properties}

    twice = assembly(tmp_path / "a", HERE, HERE, Again=again("Data"))
    code, out, _ = command("check", twice, "--unit", "", "--format", "json")
    entries = [one for one in json.loads(out)["entries"] if one["control_id"] == "BKP-COV-001"]
    assert code == 3
    assert [(one["subject"]["region"], one["verdict"]) for one in entries] == [("us-east-1", "NON_COMPLIANT")]
    assert json.loads(out)["summary"]["resources"] == 2
    both = assembly(tmp_path / "b", HERE, HERE, Again=again("Data"), Other=again("Backups"))
    assert covered(command, both) == "COMPLIANT"
    assert covered(command, assembly(tmp_path / "c", HERE, HERE, Again=again("Backups"))) == "COMPLIANT"
