"""Waivers by tag, account and organizational unit in a whole audit; what is not known waives nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import Fault, denied
from tests.loopback.standing import ACCOUNT, VOLUME, World, standing

#: The plan selects the standing volume alone: another one is not protected.
CONTROL, OTHER = "BKP-COV-001", VOLUME.replace("vol-1", "vol-2")
DEV = {"key": "env", "value": "dev"}
SAID = {"control_id": CONTROL, "reason": "rebuilt daily", "approved_by": "ciso", "expires": "2026-03-31"}


def world() -> World:
    """A volume that is tagged and that no plan selects, in an account of the unit Sandbox."""
    found = standing(14)
    found.volume("vol-2", Tags=[{"Key": "env", "Value": "dev"}])
    found.accounts[ACCOUNT].ou_path = ("Workloads", "Sandbox")
    return found


def judged(
    tmp_path: Path, *waivers: dict[str, Any], faults: Sequence[Fault] = (), **settings: Any
) -> Judgement:
    """An audit with waivers of that volume's finding."""
    given = [{**SAID, **one} for one in waivers]
    return audit(world(), tmp_path, waivers=given, faults=faults, **settings)


def counts(found: Judgement) -> list[tuple[int, int]]:
    """How many findings each waiver covers, and how many it may cover."""
    return [(one["findings"], one.get("undecided", 0)) for one in found.document["waivers"]]


@pytest.mark.parametrize(
    ("waiver", "verdict"),
    [
        ({"tag": DEV}, "WAIVED"),
        ({"tag": {**DEV, "value": "prod"}}, "NON_COMPLIANT"),
        ({"account": ACCOUNT}, "WAIVED"),
        ({"account": "444455556666"}, "NON_COMPLIANT"),
        ({"organizational_unit": "Workloads"}, "WAIVED"),
        ({"organizational_unit": "Production"}, "NON_COMPLIANT"),
        ({"organizational_unit": "Sandbox", "tag": {**DEV, "value": "prod"}}, "NON_COMPLIANT"),
    ],
)
def test_a_waiver_covers_what_is_so_and_nothing_else(
    tmp_path: Path, waiver: dict[str, Any], verdict: str
) -> None:
    """The units are asked for where only the caller's account is read; another finding stays."""
    found = judged(tmp_path, waiver)

    assert (found.verdict(CONTROL, OTHER), found.verdict(CONTROL, VOLUME)) == (verdict, "COMPLIANT")
    assert counts(found) == [(int(verdict == "WAIVED"), 0)]
    told = {"expired": False, "findings": int(verdict == "WAIVED")}
    assert found.document["waivers"] == [SAID | waiver | told]


def test_where_the_units_are_denied_a_waiver_by_unit_waives_nothing_and_says_so(tmp_path: Path) -> None:
    """The finding stands, and the document and the command say what waives nothing."""
    found = judged(tmp_path, {"organizational_unit": "Sandbox"}, faults=[denied("ListRoots")])

    assert (found.verdict(CONTROL, OTHER), counts(found)) == ("NON_COMPLIANT", [(0, 1)])
    said = " ".join(found.output.split())
    assert (
        "a waiver waives nothing where tags or the organizational unit are not known: "
        f"{CONTROL} organizational unit Sandbox" in said
    )


def test_a_waiver_makes_no_pass_of_what_is_not_known(tmp_path: Path) -> None:
    """Selections were denied: whether it is protected is unknown, whatever is waived."""
    found = judged(tmp_path, {"account": ACCOUNT}, faults=[denied("ListBackupSelections")])

    assert found.verdict(CONTROL, OTHER) == "INSUFFICIENT_DATA"
    assert counts(found) == [(0, 0)]


def test_of_waivers_that_overlap_the_first_of_the_file_counts(tmp_path: Path) -> None:
    """Its reason stands at the finding, and the other covers nothing."""
    found = judged(tmp_path, {"tag": DEV, "reason": "by tag"}, {"account": ACCOUNT})

    (finding,) = [one for one in found.document["findings"] if one["subject"]["arn"] == OTHER
                  and one["control_id"] == CONTROL]  # fmt: skip
    assert (finding["waiver"]["reason"], finding["waiver"]["tag"]) == ("by tag", DEV)
    assert counts(found) == [(1, 0), (0, 0)]
