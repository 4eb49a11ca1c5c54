"""Each read fails in each way, one at a time: nothing passes because of it, and the command never says 0."""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import pytest

from tests.loopback import faults
from tests.loopback.auditing import AuditFailed, Judgement, audit
from tests.loopback.faults import Fault
from tests.loopback.world import Call
from tests.truth.worlds import PERIOD, TIERS, ailing, healthy

WAYS: dict[str, Callable[[str], Fault]] = {
    "denied": faults.denied,
    "throttled": faults.throttled,
    "broken": faults.broken,
    "html": faults.html,
    "empty document": partial(faults.body, content=b"{}"),
    "null": partial(faults.body, content=b"null"),
    "cut off": faults.cut,
    "reset": faults.reset,
    "repeated token": faults.repeated,
}

WORLDS = {"healthy": healthy, "ailing": ailing}


@cache
def judged(world: str) -> Judgement:
    """What an audit says where every read is answered."""
    return _audit(world, ())


def _audit(world: str, given: tuple[Fault, ...]) -> Judgement:
    with tempfile.TemporaryDirectory() as folder:
        return audit(
            WORLDS[world](),
            Path(folder),
            tiers=TIERS,
            accounts="organization",
            period_days=PERIOD,
            faults=[replace(fault) for fault in given],
            workers=1,
        )


def reads() -> list[tuple[str, int]]:
    """Every operation that an audit sends for its evidence, and how often, by name."""
    counted = Counter(call.operation for call in judged("healthy").calls if not is_beside(call))
    return sorted(counted.items())


def is_beside(call: Call) -> bool:
    """Whether a call is for a count that is only compared: it asks for more types, or for nothing else."""
    types = call.parameters.get("ResourceTypeFilters", ())
    return call.operation in ("ListAccounts", "ListBackupJobSummaries") or "ec2:volume" in types


def wrong(way: str, operation: str, first: int, worlds: Sequence[str] = tuple(WORLDS)) -> Iterator[str]:
    """What is wrong with the audits in which that read fails from its `first` call on."""
    where = f"{operation}, {way}, call {first}"
    fault = replace(WAYS[way](operation), first=first)
    for world in worlds:
        try:
            found = _audit(world, (fault,))
        except AuditFailed as error:
            if not error.exit_code:
                yield f"{where}: no document, and exit 0"
            continue
        if not found.exit_code:
            yield f"{where}: the {world} one exits with 0"
        before = judged(world).verdicts
        yield from (
            f"{where}: {control_id} of {arn} passes"
            for (control_id, arn), verdict in found.verdicts.items()
            if verdict == "COMPLIANT" and before.get((control_id, arn)) != "COMPLIANT"
        )


def pages(way: str, operation: str) -> bool:
    """Whether an operation can fail in a way: only a listing has tokens to repeat."""
    listing = operation.startswith(("List", "GetResources", "DescribeVolumes", "DescribeInst", "DescribeDB"))
    return way != "repeated token" or listing


#: What no tier of the two organizations demands.
NOT_DEMANDED = {"BKP-COV-003", "BKP-ENC-004", "BKP-FRQ-004", "BKP-IMM-005", "BKP-ISO-002", "BKP-ISO-005",
                "BKP-ISO-006", "BKP-REC-003", "BKP-REC-004", "BKP-RET-008"}  # fmt: skip
#: What the ailing one has no fault of.
WITHOUT_FAULT = {
    *NOT_DEMANDED, "BKP-GOV-005", "BKP-GOV-006", "BKP-GOV-010", "BKP-IMM-006", "BKP-RET-005",
    "BKP-RET-006", "BKP-RET-007"
}  # fmt: skip


@pytest.mark.long
def test_the_two_organizations_are_what_they_are_said_to_be() -> None:
    """One passes all that its tier asks for; in the other each control finds, but for `WITHOUT_FAULT`."""
    good, bad = judged("healthy"), judged("ailing")

    assert (good.exit_code, good.gaps) == (0, [])
    of_controls: defaultdict[str, set[str]] = defaultdict(set)
    for (control_id, _), verdict in good.verdicts.items():
        of_controls[control_id].add(verdict)
    told = [*map(frozenset, of_controls.values())]
    assert set(told) == {
        frozenset({"COMPLIANT"}), frozenset({"NOT_APPLICABLE"}), frozenset({"COMPLIANT", "NOT_APPLICABLE"})
    }  # fmt: skip
    assert {name for name, verdicts in of_controls.items() if "COMPLIANT" not in verdicts} == NOT_DEMANDED
    found = {control_id for (control_id, _), verdict in bad.verdicts.items() if verdict == "NON_COMPLIANT"}
    assert found == {control_id for control_id, _ in bad.verdicts} - WITHOUT_FAULT


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
def test_no_pass_rests_on_a_read_that_failed(way: str) -> None:
    """Each read in one of the ways, the first time or from the second on, of one of the organizations."""
    number = list(WAYS).index(way)
    found = [
        problem
        for place, (operation, count) in enumerate(reads())
        if place % len(WAYS) == number and pages(way, operation)
        for problem in wrong(
            way, operation, first=2 if count > 1 and place % 2 else 1, worlds=[list(WORLDS)[place // 2 % 2]]
        )
    ]

    assert found == []


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
def test_no_pass_rests_on_a_read_that_failed_in_any_way(way: str) -> None:
    """Each read in each way, the first time and from the second on."""
    found = [
        problem
        for operation, count in reads()
        if pages(way, operation)
        for first in range(1, min(count, 2) + 1)
        for problem in wrong(way, operation, first)
    ]

    assert found == []
