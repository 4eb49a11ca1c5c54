"""CloudFormation reads YAML 1.1, in which what stands without quotes may be another value."""

from pathlib import Path
from typing import Any

import pytest

from auditor.catalogue.load import Catalogue
from auditor.check.declared import Assumed
from auditor.check.inputs import read_inputs
from auditor.check.run import CheckOptions, judge_inputs
from auditor.model.settings import Settings
from auditor.rego.engine import Engine
from auditor.yaml_files.document import parse
from tests.check.conftest import AS_OF, Said, said_of
from tests.check.terraform import REGION
from tests.check.test_cloudformation import changed

DAYS, TAG, WANTED = "{DeleteAfterDays: !Ref Days}", '!Join ["", [go, ld]]', "ConditionValue: !Ref Tier"
ROOM = ('MaxRetentionDays: "35"', 'MaxRetentionDays: "90"')


@pytest.mark.parametrize(
    ("written", "days"),
    [("35", 35), ("043", 35), ("0x23", 35), ("3_5", 35), ("035", 29), ('"35"', 35), ("0b11", 3)],
)
def test_a_number_without_quotes_is_that_of_yaml_1_1(
    catalogue: Catalogue, engine: Engine, tmp_path: Path, written: str, days: int
) -> None:
    """Gold keeps 35 days, and 035 are 29; the lock of the vault allows 7 to 90."""
    file = tmp_path / "template.yaml"
    file.write_text(changed((DAYS, f"{{DeleteAfterDays: {written}}}"), ROOM))

    inputs = read_inputs((file,), Assumed("", REGION))
    result = judge_inputs(inputs, engine, catalogue, Settings(as_of=AS_OF), CheckOptions(unit=""))

    kept = {code for control, _, _, code in said_of(result) if control == "BKP-RET-001"}
    assert kept == (set() if days == 35 else {"retention_too_short"})


@pytest.mark.parametrize(
    ("tag", "wanted", "selected"),
    [("yes", '"yes"', False), ('"yes"', '"yes"', True), ("yes", '"true"', True), ("On", "yes", True)],
)
def test_a_word_without_quotes_is_a_truth_value(
    command: Said,
    tmp_path: Path,
    tag: str,
    wanted: str,
    selected: bool,  # noqa: FBT001 -- a case
) -> None:
    """The tag `yes` is `true` to AWS, and a selection that asks for the text is another one."""
    file = tmp_path / "template.yaml"
    text = changed((TAG, tag), (WANTED, f"ConditionValue: {wanted}"), ("Key: backup-tier,", "Key: keep,"))
    file.write_text(text.replace("ConditionKey: backup-tier", "ConditionKey: keep"))

    _, out, _ = command("check", file, "--unit", "", "--region", REGION)

    assert ("BKP-COV-001 Data" not in out) is selected


def values(text: str) -> Any:
    """The value of `a`, as a file of ours and as YAML 1.1 has it."""
    document = parse(f"a: {text}\n", "f.yaml")
    return document.value["a"], document.old_value["a"]


@pytest.mark.parametrize(
    ("text", "ours", "old"),
    [
        ("yes", "yes", True),
        ("OFF", "OFF", False),
        ('"yes"', "yes", "yes"),
        ("'035'", "035", "035"),
        ("012345678901", "012345678901", "012345678901"),
        ("012345670123", "012345670123", 1402433619),
        ("1:30", "1:30", 90),
        ("Null", "Null", None),
        ("y", "y", "y"),
        ("2026-01-01", "2026-01-01", "2026-01-01"),
        ("[no, 010]", ["no", "010"], [False, 8]),
        ("{b: True}", {"b": "True"}, {"b": True}),
        ("0" + "7" * 300, "0" + "7" * 300, "0" + "7" * 300),
        ("true", True, True),
    ],
)
def test_files_of_ours_are_yaml_1_2(text: str, ours: Any, old: Any) -> None:
    """An account or a time of day stays a text there."""
    assert values(text) == (ours, old)
