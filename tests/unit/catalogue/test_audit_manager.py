"""Frameworks of AWS Backup Audit Manager in a file: read as they are meant, or refused with the line."""

from pathlib import Path

import pytest

from auditor.catalogue.audit_manager import read_framework
from auditor.model.errors import UsageError
from auditor.yaml_files.document import read_document

#: A framework by lines; the control is that of the third.
GOOD = """FrameworkName: F
FrameworkControls:
  - ControlName: BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK
    ControlInputParameters:
      - {ParameterName: requiredRetentionDays, ParameterValue: "35"}
    ControlScope: {ComplianceResourceTypes: [EBS]}
"""


def test_the_parameters_and_the_scope_are_read(tmp_path: Path) -> None:
    """And what DescribeFramework answers beside them is no fault."""
    file = tmp_path / "f.yaml"
    file.write_text(f"{GOOD}FrameworkArn: arn:aws:backup:eu-central-1:111122223333:framework:F\n")

    (control,) = read_framework(read_document(file)).controls

    assert (control.number("requiredRetentionDays"), control.types) == (35, ("EBS",))


@pytest.mark.parametrize(
    ("part", "other", "said"),
    [
        ("ControlInputParameters:", "ControlInputParameter:", "4: unknown key 'ControlInputParameter'"),
        ('"35"', "35", "5: 'ParameterValue' must be a text, not 35; put it in quotes."),
        ('"35"', "'0'", "3: '0' is not a value of the parameter requiredRetentionDays"),
        ("[EBS]", "EBS", "6: 'ComplianceResourceTypes' must be a list, not 'EBS'."),
        ("[EBS]", "[[EBS]]", "6: entry 1 of 'ComplianceResourceTypes' must be a text, not ['EBS']."),
        ("{ComplianceResourceTypes: [EBS]}", "[EBS]", "6: 'ControlScope' must be a mapping of keys, not"),
        ("ControlName: BACKUP", "ControlName: ", "3: '_RECOVERY_POINT_MINIMUM_RETENTION_CHECK' is not"),
        ("FrameworkName: F", "FrameworkName: {}", "1: 'FrameworkName' must be a text, not {}."),
        ("  - ControlName", "    ControlName", "2: 'FrameworkControls' must be a list, not {"),
    ],
)  # fmt: skip
def test_what_createframework_would_not_take_is_refused_with_its_line(
    tmp_path: Path, part: str, other: str, said: str
) -> None:
    """A misspelt member is no default, and a value of another type no fault of ours."""
    file = tmp_path / "f.yaml"
    file.write_text(GOOD.replace(part, other))

    with pytest.raises(UsageError) as refused:
        read_framework(read_document(file))

    assert str(refused.value).startswith(f"{file}:{said}")
