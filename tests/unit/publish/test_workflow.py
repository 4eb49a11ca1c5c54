"""Which Workflow and Note a finding gets that Security Hub has, and how they are set."""

from datetime import UTC, datetime
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from auditor.publish.hub import Known
from auditor.publish.workflow import Setting, set_all, setting_of

TEXT = "Waived until 2026-03-20: Before: it moves."
SUPPRESSED = Setting("suppressed", "SUPPRESSED", TEXT, "ciso")
OPEN = Setting("reopened", "NEW", "No longer waived.", "auditor")


def there(workflow: str, note: str = "", verdict: str = "NON_COMPLIANT", *, is_active: bool = True) -> Known:
    """What Security Hub has."""
    return Known("", datetime(2026, 3, 1, tzinfo=UTC), is_active, verdict, workflow, note, b"")


@pytest.mark.parametrize(
    ("known", "setting"),
    [
        (there("NEW"), SUPPRESSED),
        (there("NOTIFIED"), SUPPRESSED),
        (there("SUPPRESSED"), None),
        (there("SUPPRESSED", "theirs"), None),
        (there("SUPPRESSED", TEXT), None),
        (there("SUPPRESSED", "Waived until 2026-03-10: It moves."), SUPPRESSED),
        (there("SUPPRESSED", f"{TEXT} And more."), SUPPRESSED),
        (there("NEW", TEXT), None),
        (there("NEW", f"{TEXT} | Note before: theirs"), None),
        (there("NEW", f"{TEXT} | Note before: a | Note before: b"), None),
        (there("NEW", "No longer waived."), SUPPRESSED),
        (
            there("NEW", "theirs"),
            Setting("suppressed", "SUPPRESSED", f"{TEXT} | Note before: theirs", "ciso"),
        ),
    ],
)
def test_what_is_waived_is_suppressed_once(known: Known, setting: Setting | None) -> None:
    """Whoever opens it since, or suppressed it, has the last word; notes of others stay behind ours."""
    finding = {"ProductFields": {"auditor/Verdict": "WAIVED"}, "Note": {"Text": TEXT, "UpdatedBy": "ciso"}}
    assert setting_of(finding, known) == setting


@pytest.mark.parametrize(
    ("known", "setting"),
    [
        (there("SUPPRESSED", TEXT), OPEN),
        (there("SUPPRESSED", TEXT, is_active=False), OPEN),
        (there("SUPPRESSED", "", "WAIVED"), OPEN),
        (
            there("SUPPRESSED", f"{TEXT} | Note before: theirs"),
            Setting("reopened", "NEW", "No longer waived. | Note before: theirs", "auditor"),
        ),
        (there("SUPPRESSED", "theirs"), None),
        (there("SUPPRESSED", "No longer waived."), None),
        (there("NEW", TEXT), None),
        (there("RESOLVED", "", "WAIVED"), None),
    ],
)
@pytest.mark.parametrize("verdict", ["NON_COMPLIANT", "INSUFFICIENT_DATA", "ERROR"])
def test_what_is_waived_no_more_is_not_hidden(known: Known, setting: Setting | None, verdict: str) -> None:
    """Only what was suppressed by a waiver, or under one, is opened."""
    assert setting_of({"ProductFields": {"auditor/Verdict": verdict}}, known) == setting


@pytest.mark.parametrize(
    ("known", "is_set"),
    [
        (there("NEW"), True),
        (there("RESOLVED", is_active=False), True),
        (there("RESOLVED"), False),
        (there("NOTIFIED"), False),
        (there("SUPPRESSED", is_active=False), False),
    ],
)
def test_a_pass_is_resolved(known: Known, *, is_set: bool) -> None:
    """Also where Security Hub makes it NEW as it comes back."""
    setting = setting_of({"ProductFields": {"auditor/Verdict": "COMPLIANT"}}, known)
    assert setting == (Setting("resolved", "RESOLVED") if is_set else None)


def test_a_note_fits() -> None:
    """In 512 characters, ours first."""
    finding = {"ProductFields": {"auditor/Verdict": "WAIVED"}, "Note": {"Text": TEXT, "UpdatedBy": "ciso"}}
    setting = setting_of(finding, there("NEW", "x" * 512))
    assert setting is not None
    assert setting.text == f"{TEXT} | Note before: ".ljust(511, "x") + "…"


def test_a_call_takes_a_hundred_of_one_kind() -> None:
    """What the last answer does not name was not set."""
    asked: list[tuple[int, str]] = []

    def update(**given: Any) -> dict[str, Any]:
        ids = given["FindingIdentifiers"]
        asked.append((len(ids), given["Workflow"]["Status"]))
        return {"ProcessedFindings": ids[:1] if given["Workflow"]["Status"] == "NEW" else ids}

    wanted = {f"a{number}": SUPPRESSED for number in range(101)} | {"b": OPEN, "c": OPEN}
    done, failures = set_all(SimpleNamespace(batch_update_findings=update), "p", wanted, Event())

    assert asked == [(100, "SUPPRESSED"), (1, "SUPPRESSED"), (2, "NEW")]
    assert done == {name: wanted[name] for name in wanted if name != "c"}
    assert failures == (
        "The Workflow of 1 finding was not set: Security Hub did not take it; publish again.",
    )


def test_nothing_is_set_once_it_is_stopped() -> None:
    """As by Ctrl-C."""
    stop = Event()
    stop.set()
    assert set_all(SimpleNamespace(), "p", {"a": OPEN}, stop) == ({}, ())
