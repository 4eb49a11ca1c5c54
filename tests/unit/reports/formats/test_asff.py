"""The format `asff`, by botocore's model of `BatchImportFindings` and the limits of the API reference."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from reports.document import AuditDocument
from reports.render import render

_LIMITS = {"Id": 512, "GeneratorId": 512, "Title": 256, "Description": 1_024}


@pytest.fixture(scope="module")
def judge() -> Any:
    """The shape of the call's argument."""
    return get_session().get_service_model("securityhub").operation_model("BatchImportFindings").input_shape


def _calls(data: bytes, judge: Any) -> list[list[dict[str, Any]]]:
    """The findings of each call; each call is as AWS takes it."""
    calls = []
    for line in data.splitlines():
        call = json.loads(line)
        assert ParamValidator().validate(call, judge).generate_report() == ""
        found = call["Findings"]
        assert len(line) <= 240_000
        assert 1 <= len(found) <= 100
        assert len({(one["AwsAccountId"], one["ProductArn"], one["Region"]) for one in found}) == 1
        for one in found:
            _within(one)
        calls.append(found)
    return calls


def _within(one: dict[str, Any]) -> None:
    """The lengths and patterns that botocore does not check."""
    for name, limit in _LIMITS.items():
        assert 1 <= len(one[name]) <= limit
    assert len(one.get("Note", {}).get("Text", "")) <= 512
    assert len(one.get("Remediation", {}).get("Recommendation", {}).get("Text", "")) <= 512
    assert all(
        len(key) <= 128 and value.strip() and len(value) <= 2_048
        for key, value in one["ProductFields"].items()
    )
    assert all(re.fullmatch(r"[^/]+(/[^/]+){0,2}", kind) for kind in one["FindingProviderFields"]["Types"])
    assert re.fullmatch(r"arn:aws:securityhub:[a-z0-9-]+:\d{12}:product/\d{12}/default", one["ProductArn"])


def test_each_finding_once_with_the_status_of_its_verdict(
    sample: AuditDocument, judge: Any, written: Callable[[str], tuple[bytes, list[str]]]
) -> None:
    """What is unknown is neither PASSED nor FAILED; a waived finding is suppressed; a gap is a finding."""
    data, said = written("asff")
    found = [one for call in _calls(data, judge) for one in call]
    statuses = Counter(
        (one["ProductFields"]["auditor/Verdict"], one["Compliance"]["Status"]) for one in found
    )

    assert said == []
    passes = statuses.pop(("COMPLIANT", "PASSED"))
    assert statuses == {
        ("NON_COMPLIANT", "FAILED"): 25,
        ("WAIVED", "FAILED"): 1,
        ("INSUFFICIENT_DATA", "WARNING"): 19,
        ("ERROR", "NOT_AVAILABLE"): 1,
        ("GAP", "NOT_AVAILABLE"): 2,
    }
    assert len({one["Id"] for one in found}) == len(found) == 48 + passes
    assert {finding.id for finding in sample.findings} < {one["Id"] for one in found}
    (waived,) = (one for one in found if one["ProductFields"]["auditor/Verdict"] == "WAIVED")
    assert (waived["Workflow"], waived["Note"]) == (
        {"Status": "SUPPRESSED"},
        {
            "Text": "Waived until 2026-02-28: Staging is rebuilt weekly from production; "
            "accepted until the migration ends.",
            "UpdatedBy": "ciso@example.com",
            "UpdatedAt": "2026-02-09T00:00:00Z",
        },
    )


def test_what_has_a_finding_has_not_passed(
    sample: AuditDocument, judge: Any, written: Callable[[str], tuple[bytes, list[str]]]
) -> None:
    """PASSED is where all that a control judged in an account and Region is compliant, and nowhere else."""
    found = [one for call in _calls(written("asff")[0], judge) for one in call]
    passed = {
        (one["GeneratorId"], one["AwsAccountId"], one["Region"])
        for one in found
        if one["Compliance"]["Status"] == "PASSED"
    }
    bad = {(one.control_id, one.subject.account_id, one.subject.region) for one in sample.findings}

    assert ("BKP-FRQ-002", "100000000001", "eu-west-1") in passed
    assert not passed & bad
    assert "400000000002" not in {account for _, account, _ in passed}  # nothing there could be read


@pytest.mark.parametrize(("limit", "value"), [("MAX_FINDINGS", 3), ("MAX_BYTES", 5_000)])
def test_a_call_takes_no_more_than_it_may(
    judge: Any, limited: Callable[..., tuple[bytes, list[str]]], limit: str, value: int
) -> None:
    """Smaller calls hold the same findings."""
    data, _ = limited("asff", **{limit: value})
    calls = _calls(data, judge)

    assert len({one["Id"] for call in calls for one in call}) == sum(map(len, calls))
    size = max(map(len, calls)) if limit == "MAX_FINDINGS" else max(map(len, data.splitlines()))
    assert value * 0.6 < size <= value


def test_a_hostile_name_stays_within_the_limits(judge: Any, hostile: Callable[[str], bytes]) -> None:
    """Nothing in a line is invisible."""
    data = hostile("asff")
    found = [one for call in _calls(data, judge) for one in call]

    assert len(found) == 4
    assert all(line.isprintable() for line in data.decode().splitlines())


@pytest.mark.parametrize(("name", "is_shown"), [(" \t ", False), ("", False), (" web ", True)])
def test_a_blank_name_is_none(
    sample: AuditDocument, judge: Any, verdicts_parquet: Path, tmp_path: Path, name: str, *, is_shown: bool
) -> None:
    """Security Hub takes no text without a letter: the ARN stands there."""
    table = pq.read_table(verdicts_parquet)
    named = table.set_column(table.column_names.index("name"), "name", pa.array([name] * table.num_rows))
    pq.write_table(named, verdicts_parquet)

    made = render(sample, verdicts_parquet.parent, tmp_path / "out", ["asff"], warn=pytest.fail)
    found = [one for call in _calls(made[0].read_bytes(), judge) for one in call]
    subjects = {one["ProductFields"].get("auditor/Subject", "web") for one in found}

    assert (subjects == {"web"}) is is_shown
    assert all(subject.strip() == subject != "" for subject in subjects)


def test_a_gap_of_no_account_goes_to_the_first(
    sample: AuditDocument, judge: Any, verdicts_parquet: Path, tmp_path: Path
) -> None:
    """A call for the whole organization has no account, and Security Hub takes no finding without one."""
    table = pq.read_table(verdicts_parquet.with_name("gaps.parquet")).slice(0, 1)
    nowhere = table.set_column(table.column_names.index("account_id"), "account_id", pa.array([""]))
    pq.write_table(nowhere, verdicts_parquet.with_name("gaps.parquet"))

    made = render(sample, verdicts_parquet.parent, tmp_path / "out", ["asff"], warn=pytest.fail)
    found = [one for call in _calls(made[0].read_bytes(), judge) for one in call]

    (gap,) = (one for one in found if one["ProductFields"]["auditor/Verdict"] == "GAP")
    assert gap["AwsAccountId"] == sample.run.accounts[0]["account_id"]
