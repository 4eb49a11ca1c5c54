"""Findings by class, and which of them the document lists."""

from collections.abc import Iterable

import orjson
import pytest

from auditor.judge.classes import Classes, keys_of, place
from reports.document import MAX_BYTES, MAX_FINDINGS, MAX_OF_CLASS, ClassEntry, Finding, ReasonEntry, Subject


def finding(number: int, *codes: str, control: str = "BKP-RET-002", evidence: str = "") -> Finding:
    """A finding of a recovery point; the numbers run over ten accounts."""
    subject = Subject("recovery_point", f"arn:{number:06d}", f"{number % 10:012d}", "eu-west-1", "EBS", "")
    reasons = tuple(ReasonEntry(code, "m", {"text": evidence} if evidence else {}) for code in codes)
    return Finding(control, subject, "NON_COMPLIANT", "high", reasons)


def classes(findings: Iterable[Finding]) -> Classes:
    """The classes of findings that come one by one."""
    found = Classes()
    for one in findings:
        found.findings += 1
        for key in keys_of(one):
            found.add(
                key,
                account_id=one.subject.account_id,
                region=one.subject.region,
                grouped_by="account",
                groups={one.subject.account_id: 1},
                findings=[one],
            )
    return found


def test_a_small_organization_lists_every_finding() -> None:
    """Up to the bound all are listed in their order, though they are of one class."""
    every = [finding(number, "early") for number in range(MAX_FINDINGS)]
    (entry,), listed = classes(reversed(every)).published()
    assert list(listed) == sorted(every, key=place)
    assert (entry.findings, entry.shown) == (MAX_FINDINGS, MAX_FINDINGS)


def test_beyond_the_bound_the_first_of_each_class_are_listed() -> None:
    """One finding more, and each class lists its first by account, Region and ARN; the totals stay whole."""
    every = [finding(number, "early") for number in range(MAX_FINDINGS)] + [
        finding(7, "key", control="BKP-ENC-001")
    ]
    (early, key), listed = classes(every).published()
    first = sorted(every[:-1], key=place)[:MAX_OF_CLASS]
    assert list(listed) == sorted([*first, every[-1]], key=place)
    assert early == ClassEntry(
        "NON_COMPLIANT", "high", "BKP-RET-002", "early", findings=MAX_FINDINGS, accounts=10, regions=1,
        shown=MAX_OF_CLASS, grouped_by="account", groups=10,
        largest=tuple({"group": f"{n:012d}", "findings": MAX_FINDINGS // 10} for n in range(10)),
    )  # fmt: skip
    assert (key.findings, key.shown) == (1, 1)


def test_the_order_in_which_findings_come_changes_nothing() -> None:
    """Pages, partitions and frames may come in any order."""
    every = [finding(number, f"code-{number % 7}") for number in range(MAX_FINDINGS + 500)]
    assert classes(every).published() == classes(reversed(every)).published()


@pytest.mark.long
def test_many_classes_list_fewer_of_each() -> None:
    """Two hundred classes keep the bound in all, and each has as many as another."""
    every = [finding(number, f"code-{number % 200:03d}") for number in range(20_000)]
    entries, listed = classes(every).published()
    assert (len(entries), {entry.shown for entry in entries}, len(listed)) == (200, {8}, 1_600)


def test_a_finding_of_several_codes_is_in_each_class_and_listed_once() -> None:
    """Two reasons of one code count once, and a finding without a reason has a class of its own."""
    entries, listed = classes([finding(1, "b", "a", "b"), finding(2)]).published()
    assert [(entry.code, entry.findings, entry.shown) for entry in entries] == [
        ("", 1, 1),
        ("a", 1, 1),
        ("b", 1, 1),
    ]
    assert len(listed) == 2


@pytest.mark.parametrize(("size", "shown"), [(1_000, 1_000), (MAX_BYTES // 40, 30)])
def test_long_evidence_leaves_room_for_fewer(size: int, shown: int) -> None:
    """Within the number of findings and beyond their bytes: the first of the class are listed, whole."""
    entries, listed = classes(finding(n, "early", evidence="x" * size) for n in range(1_000)).published()
    assert (len(listed), entries[0].shown) == (shown, shown)
    assert {len(one.reasons[0].evidence["text"]) for one in listed} == {size}


def test_evidence_that_is_longer_than_a_document_is_cut() -> None:
    """One finding whose evidence alone is too long is listed with the beginning of it."""
    (entry,), (listed,) = classes([finding(1, "early", evidence="x" * 2 * MAX_BYTES)]).published()
    assert entry.shown == 1
    assert listed.reasons[0].evidence == {"text": "x" * 500}


def test_more_classes_than_fit_leave_the_last_unlisted_and_counted() -> None:
    """Whatever the number of classes, the findings that are listed keep the bound."""
    every = (finding(number, f"code-{number:05d}", evidence="y" * 1_900) for number in range(2_500))
    entries, listed = classes(every).published()
    assert (len(entries), sum(entry.findings for entry in entries)) == (2_500, 2_500)
    assert sum(len(orjson.dumps(one, option=orjson.OPT_INDENT_2)) for one in listed) <= MAX_BYTES
    assert sum(entry.shown for entry in entries) == len(listed) > 800
