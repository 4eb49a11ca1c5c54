"""Which findings a waiver covers: by ARN, tag, account and organizational unit, and what is not known."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from auditor.evaluate.arrow import texts
from auditor.evaluate.facts import Frame
from auditor.judge.accepted import accepted
from auditor.model.verdicts import Waiver

ARN = "arn:aws:ec2:eu-west-1:111122223333:volume/"
PLAIN = Waiver("BKP-COV-001", "", "moves", "ciso", date(2026, 3, 1))
#: The tags of each resource; None are not known.
TAGS: list[Mapping[str, str] | None] = [{"env": "dev"}, {"env": "prod"}, {}, None]


def has_tag(index: int, key: str, value: str) -> bool | None:
    """As an inventory tells it."""
    tags = TAGS[index]
    return None if tags is None else tags.get(key) == value


def frame(units: tuple[str, ...] | None = ("Workloads", "Dev"), *, tagged: bool = True) -> Frame:
    """Four resources of one account."""
    names = texts("abcd")
    arns = texts(ARN + name for name in "abcd")
    tags = has_tag if tagged else None
    return Frame("resource", "111122223333", "eu-west-1", arns, names, names, units=units, has_tag=tags)


@pytest.mark.parametrize(
    ("said", "units", "covered", "undecided"),
    [
        ({"subject": f"{ARN}?"}, None, [0, 1, 2, 3], 0),
        ({"subject": f"{ARN}b"}, None, [1], 0),
        ({"subject": "arn:aws:ec2:*:volume/B"}, None, [], 0),
        ({"subject": f"{ARN}[ab]"}, None, [], 0),
        ({"subject": "volume/*"}, None, [], 0),
        ({"account": "111122223333"}, None, [0, 1, 2, 3], 0),
        ({"account": "444455556666"}, None, [], 0),
        ({"tag": ("env", "dev")}, (), [0], 1),
        ({"tag": ("env", "Dev")}, (), [], 1),
        ({"tag": ("env", "")}, (), [], 1),
        ({"organizational_unit": "Dev"}, ("Workloads", "Dev"), [0, 1, 2, 3], 0),
        ({"organizational_unit": "Workloads"}, ("Workloads", "Dev"), [0, 1, 2, 3], 0),
        ({"organizational_unit": "dev"}, ("Workloads", "Dev"), [], 0),
        ({"organizational_unit": "Dev"}, (), [], 0),
        ({"organizational_unit": "Dev"}, None, [], 4),
        ({"organizational_unit": "Dev", "tag": ("env", "dev")}, None, [], 2),
        ({"organizational_unit": "Dev", "tag": ("env", "dev")}, ("Prod",), [], 0),
        ({"organizational_unit": "Dev", "subject": f"{ARN}a"}, None, [], 1),
        ({"account": "444455556666", "organizational_unit": "Dev"}, None, [], 0),
        ({"tag": ("env", "dev"), "subject": f"{ARN}a"}, (), [0], 0),
        ({"tag": ("env", "dev"), "subject": f"{ARN}d"}, (), [], 1),
    ],
)
def test_all_that_a_waiver_says_has_to_be_so(
    said: Mapping[str, object], units: tuple[str, ...] | None, covered: list[int], undecided: int
) -> None:
    """What is known not to be so covers nothing, and neither does what is not known, which is counted."""
    waiver = replace(PLAIN, **said)  # type: ignore[arg-type]  # fields of a waiver

    found, open_ = accepted([waiver], frame(units), np.arange(4))

    assert (sorted(found), open_) == (covered, {waiver: undecided} if undecided else {})


def test_only_findings_are_covered() -> None:
    """Whatever else the waiver would cover, as a pass or what is not known."""
    assert accepted([replace(PLAIN, account="111122223333")], frame(), np.array([2])) == (
        {2: replace(PLAIN, account="111122223333")},
        {},
    )


def test_the_first_that_surely_covers_a_finding_counts() -> None:
    """One before it that only may cover it waives nothing, and one behind it covers what is left."""
    may = replace(PLAIN, tag=("env", "dev"))
    first = replace(PLAIN, subject=f"{ARN}d")
    rest = replace(PLAIN, account="111122223333")

    found, open_ = accepted([may, first, rest], frame(), np.arange(4))

    assert found == {0: may, 1: rest, 2: rest, 3: first}
    assert open_ == {may: 1}


def test_what_one_before_it_covers_a_waiver_cannot_cover() -> None:
    """So that is not left open: it is never used there, whatever the tags or the units are."""
    may = replace(PLAIN, tag=("env", "dev"))
    one, rest = replace(PLAIN, subject=f"{ARN}d"), replace(PLAIN, account="111122223333")

    assert accepted([one, may], frame(), np.arange(4)) == ({0: may, 3: one}, {})
    assert accepted([rest, may], frame(), np.arange(4)) == (dict.fromkeys(range(4), rest), {})
    assert accepted([one, may], frame(tagged=False), np.arange(4)) == ({3: one}, {may: 3})


def test_what_has_no_tags_that_are_read_is_not_known() -> None:
    """Such as a recovery point: a waiver by a tag covers none."""
    waiver = replace(PLAIN, tag=("env", "dev"))

    assert accepted([waiver], frame(tagged=False), np.arange(4)) == ({}, {waiver: 4})
