"""Attestations that have expired, that vouch for nothing, or for too much: findings of a whole audit."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.loopback.auditing import Judgement, audit, command
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, VOLUME, World, standing
from tests.truth.test_attestations import LONG, SAID, SHORT, TESTED

IN_FORCE, USED, NARROW = "BKP-GOV-015", "BKP-GOV-016", "BKP-GOV-017"


def world(more: int = 0) -> World:
    """A volume that a plan selects, and more of its tier."""
    found = standing(14)
    for number in range(more):
        found.volume(f"more-{number}", Tags=[{"Key": "backup", "Value": "daily"}])
    return found


def judged(tmp_path: Path, *said: dict[str, Any], more: int = 0, **settings: Any) -> Judgement:
    """An audit with these attestations."""
    file = tmp_path / "attestations.yaml"
    file.write_text(yaml.safe_dump({"attestations": [SAID | one for one in said]}), encoding="utf-8")
    return audit(world(more), tmp_path, attestations=str(file), **{"tier": LONG, **settings})


def of(found: Judgement, control_id: str) -> dict[str, str]:
    """The verdict of a control over attestations, by what each is of and its last day."""
    wanted = ((arn, verdict) for (one, arn), verdict in found.verdicts.items() if one == control_id)
    return {arn.partition(f"attestation/{TESTED}/")[2]: verdict for arn, verdict in wanted}


def test_an_expired_an_unused_and_a_needed_attestation_are_told_apart(tmp_path: Path) -> None:
    """Each is a subject of its own; the findings name what it says, and count like any other."""
    expired, gone = {"expires": "2026-02-28"}, {"subject": f"{VOLUME}0"}
    found = judged(tmp_path, {}, expired, gone, formats=["html", "csv", "json"])

    needed, ended, unused = f"{VOLUME}/2026-04-01", f"{VOLUME}/2026-02-28", f"{VOLUME}0/2026-04-01"
    assert of(found, IN_FORCE) == {needed: "COMPLIANT", ended: "NON_COMPLIANT", unused: "COMPLIANT"}
    assert of(found, USED) == {needed: "COMPLIANT", ended: "NOT_APPLICABLE", unused: "NON_COMPLIANT"}
    assert of(found, NARROW) == {needed: "COMPLIANT", ended: "NOT_APPLICABLE", unused: "NOT_APPLICABLE"}
    assert found.exit_code == 3
    (reason,) = found.reasons(IN_FORCE, f"attestation/{TESTED}/{ended}")
    names = ("control_id", "statement", "attested_by", "attested_on", "evidence")
    said = {**{name: SAID[name] for name in names}, **expired, "covers": VOLUME}
    assert (reason.code, reason.evidence["attestation"]) == ("expired", said)
    told = " ".join(found.output.split())
    assert f"1 attestation in {ACCOUNT} has expired: BKP-REC-001. medium" in told
    assert f"1 attestation in {ACCOUNT} is told of no verdict: BKP-REC-001. low" in told
    code, out, _ = command(world(), "explain", "--run", str(found.run), f"attestation/{TESTED}/{ended}")
    assert (code, 'attestation.attested_by  "Ada"' in out) == (0, True)


@pytest.mark.long
def test_without_attestations_no_control_over_them_is_asked(tmp_path: Path) -> None:
    """Nothing is said of what is not there."""
    found = audit(standing(14), tmp_path, tier=LONG)
    assert {one["id"] for one in found.document["controls"]}.isdisjoint({IN_FORCE, USED, NARROW})


@pytest.mark.long
@pytest.mark.parametrize(
    ("said", "settings", "verdict"),
    [
        ({}, {"tier": SHORT}, "NON_COMPLIANT"),  # what the data tells needs nobody's word
        ({"attested_on": "2026-03-02"}, {}, "NOT_APPLICABLE"),  # it begins later
        ({"subject": VOLUME.replace("eu-central-1", "us-west-2")}, {}, "NOT_APPLICABLE"),  # not read
        ({"subject": f"{VOLUME}0"}, {"faults": [denied("DescribeVolumes")]}, "INSUFFICIENT_DATA"),
    ],
    ids=["told by AWS", "later", "elsewhere", "not listed"],
)  # fmt: skip
def test_unused_is_said_only_where_that_is_known(
    tmp_path: Path, said: dict[str, str], settings: dict[str, Any], verdict: str
) -> None:
    """All was read that it may be of."""
    assert [*of(judged(tmp_path, said, **settings), USED).values()] == [verdict]


@pytest.mark.long
@pytest.mark.parametrize(("subject", "codes"), [(VOLUME, []), (f"{VOLUME[:-5]}*", ["too_large_a_share"])])
def test_one_that_vouches_for_most_of_what_is_asked_is_too_broad(
    tmp_path: Path, subject: str, codes: list[str]
) -> None:
    """A single subject never is."""
    found = judged(tmp_path, {"subject": subject}, more=2)
    assert found.codes(NARROW, f"attestation/{TESTED}/{subject}/2026-04-01") == codes
