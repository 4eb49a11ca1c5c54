"""Controls whose METADATA asks less, or lets their Rego read less, than before."""

from dataclasses import replace

import pytest

from auditor.check.control_versions import Controls
from auditor.check.lowered_controls import weaker_controls
from auditor.model.policy import Control
from tests.check.test_lowered_controls import before, changed

__all__ = ["before"]


def whole_input(before: Controls) -> tuple[Controls, Control]:
    """A control whose Rego takes a fact from `input` as a whole."""
    get = 'object.get(input, ["bucket", "versioning"], "enabled")'
    words = [
        ("applicable if input.bucket.versioning", "applicable if input.bucket"),
        ("input.bucket.versioning", get),
    ]
    control = before.by_id["BKP-COV-002"]
    return changed(replace(before, by_id={control.id: control}), {control.path: words}), control


def read_otherwise(then: Controls, old: Control, new: Control) -> list[tuple[str, bool]]:
    """What is told of a control that declares to read something else, and whether it is not known."""
    before, after = (replace(then, by_id={one.id: one}) for one in (old, new))
    found = weaker_controls(before, after)
    return [(one.said.partition(" of the example")[0], bool(one.fault)) for one in found]


def test_a_fact_that_its_rego_is_not_given_any_more_is_a_loss(before: Controls) -> None:
    """Though the Rego is the same."""
    then, control = whole_input(before)
    narrow = replace(control, reads=("bucket.was_versioned",))

    lost = "it reads bucket.versioning no longer: NON_COMPLIANT becomes COMPLIANT"
    assert read_otherwise(then, control, narrow) == [(lost, False)]


@pytest.mark.long
def test_a_fact_that_is_read_too_may_leave_findings_open(before: Controls) -> None:
    """Where it is not known; what no Rego reads is let go without a loss."""
    control = before.by_id["BKP-COV-002"]
    more = replace(control, reads=(*control.reads, "bucket.name"))

    assert read_otherwise(before, control, more) == [("it reads bucket.name too", True)]
    assert read_otherwise(before, more, control) == []


def test_metadata_that_asks_less_is_a_finding(before: Controls) -> None:
    """Whether it is asked at all, of what, and who may answer for what it cannot judge."""
    control = before.by_id["BKP-FRQ-001"]
    less = replace(control, only_for="dora", demanded_by="tier.copy", attestable=True)
    more = replace(before, by_id={**before.by_id, control.id: less})

    assert [one.said for one in weaker_controls(before, more)] == [
        "it is asked no longer without the framework dora",
        "it applies to nothing of a tier without tier.copy",
        "what it cannot judge may be attested",
    ]
    assert not [*weaker_controls(more, before)]
