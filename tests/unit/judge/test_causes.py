"""Causes of findings: what is one cause, that none is lost, and that its id is the same in every run."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.evaluate.ask import Answered
from auditor.evaluate.facts import Column, Frame, Hole, encode, project
from auditor.judge import causes
from auditor.judge.causes import Causes
from auditor.judge.sink import VerdictSink
from auditor.judge.verdicts import judge
from auditor.model.organization import Account
from auditor.model.policy import Control, Explained
from auditor.model.verdicts import Gap, Severity, Waiver
from auditor.rego.engine import Answer
from reports.ids import cause_id

ACCOUNTS = {f"{n:012d}": Account(f"{n:012d}", f"account {n}", "aws", None, "ACTIVE") for n in range(3)}
GAP = Gap("g1", "000000000000", "eu-west-1", "backup", "ListBackupJobs", "AccessDenied", "no", ("jobs",))
CONTROL = Control(
    id="BKP-COV-001", title="t", description="d", severity=Severity.HIGH, subject="resource",
    moments=("audit",), reads=("bad",), cites=("why",), reasons={"left_out": "r", "other": "o"},
    remediation="r", package="controls.x", path="x.rego",
    causes={
        "left_out": Explained("have none", "why", "`do`"), "other": Explained("have it", "plan", "`do`"),
    },
)  # fmt: skip
EXCLUDED = {"kind": "selection", "name": "all", "plan": "nightly", "why": "excluded"}
AS_OF = "2026-02-09T00:00:00Z"

#: A resource: its account, its type, its state, its cause (None: no fact names one), its owner.
Resource = tuple[int, str, str, dict[str, str] | None, str]


def frames(resources: Sequence[Resource]) -> list[Frame]:
    """The resources of each account."""
    made = []
    for account in sorted({one[0] for one in resources}):
        here = [(number, one) for number, one in enumerate(resources) if one[0] == account]
        unknown = np.array([one[2] == "unknown" for _, one in here])
        values = encode([None if one[2] == "unknown" else one[2] for _, one in here])
        inventory: Any = SimpleNamespace(tags=[{"team": one[4]} if one[4] else {} for _, one in here])
        made.append(
            Frame(
                "resource", f"{account:012d}", "eu-west-1",
                pa.array([f"arn:{number}" for number, _ in here]), pa.array([one[1] for _, one in here]),
                pa.array([""] * len(here)),
                {
                    "bad": Column(values.codes, values.values, (Hole(("g1",), unknown),)),
                    "why": encode([one[3] for _, one in here]),
                    "plan": encode(["nightly"] * len(here)),
                },
                population=SimpleNamespace(inventory=inventory),  # type: ignore[arg-type]  # tags alone are read
            )
        )  # fmt: skip
    return made


ANSWERS = {
    "no": Answer(applicable=True, compliant=True),
    "yes": Answer(applicable=True, non_compliant=({"code": "left_out", "evidence": {}},)),
    "both": Answer(
        applicable=True,
        non_compliant=({"code": "left_out", "evidence": {}}, {"code": "other", "evidence": {}}),
    ),
    "silent": Answer(applicable=True),
}


def judged(folder: Path, resources: Sequence[Resource], *waivers: Waiver, owner: str = "") -> VerdictSink:
    """What a sink holds of the resources, all judged by one control."""
    with (
        (folder / "verdicts.parquet").open("wb") as file,
        VerdictSink(file, {"g1": GAP}, ACCOUNTS, owner) as sink,
    ):
        for frame in frames(resources):
            projection = project(frame, CONTROL.reads, AS_OF, lambda _path, _value: None)
            answers = [ANSWERS[facts["bad"]] for facts in projection.inputs]
            sink.add(judge(Answered(CONTROL, frame, projection, answers), waivers, date(2026, 2, 9)))
    return sink


def test_findings_with_one_cause_are_one_cause(tmp_path: Path) -> None:
    """Over two accounts and two types; a pass is none, and where no fact names a cause the account does."""
    resources: list[Resource] = [
        (0, "EBS", "yes", EXCLUDED, "a"), (0, "EBS", "yes", EXCLUDED, "a"), (0, "EBS", "no", None, "a"),
        (1, "RDS", "yes", EXCLUDED, "b"), (1, "RDS", "yes", None, ""),
    ]  # fmt: skip
    entries = judged(tmp_path, resources, owner="team").causes.entries({}, AS_OF)

    named = ("selection", "all", "nightly", "excluded", "")
    assert entries == [
        {
            "id": cause_id("BKP-COV-001", "left_out", *named),
            "control_id": "BKP-COV-001", "code": "left_out", "severity": "high", "verdict": "NON_COMPLIANT",
            "verdicts": {"NON_COMPLIANT": 3}, "findings": 3, "kinds": {"EBS": 2, "RDS": 1},
            "cause": dict(zip(("kind", "name", "plan", "why", "detail"), named, strict=True)),
            "accounts": 2, "regions": 1,
            "largest": [
                {"account_id": "000000000000", "findings": 2}, {"account_id": "000000000001", "findings": 1},
            ],
            "owners": 2, "by_owner": [{"owner": "a", "findings": 2}, {"owner": "b", "findings": 1}],
            "owners_counted": True, "first_seen": AS_OF,
            "example": {"account_id": "000000000000", "region": "eu-west-1", "arn": "arn:0"},
        },
        {
            "id": cause_id("BKP-COV-001", "left_out", "account", "000000000001", "", "", ""),
            "control_id": "BKP-COV-001", "code": "left_out", "severity": "high", "verdict": "NON_COMPLIANT",
            "verdicts": {"NON_COMPLIANT": 1}, "findings": 1, "kinds": {"RDS": 1},
            "cause": {"kind": "account", "name": "000000000001", "plan": "", "why": "", "detail": ""},
            "accounts": 1, "regions": 1, "largest": [{"account_id": "000000000001", "findings": 1}],
            "owners": 0, "by_owner": [{"owner": "", "findings": 1}],
            "owners_counted": True, "first_seen": AS_OF,
            "example": {"account_id": "000000000001", "region": "eu-west-1", "arn": "arn:4"},
        },
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("listed", "named"),
    [(["b", "a"], ("why", "a, b")), (["b"], ("why", "b")), ([], ("account", "000000000000"))],
)
def test_a_fact_that_lists_names_is_told_as_they_are(
    tmp_path: Path, listed: list[str], named: tuple[str, str]
) -> None:
    """In their order, not as a program writes a list; one that lists none names no cause."""
    resources: list[Any] = [(0, "EBS", "yes", listed, "")]
    (entry,) = judged(tmp_path, resources).causes.entries({}, AS_OF)

    assert (entry["cause"]["kind"], entry["cause"]["name"]) == named


def test_a_waived_finding_is_of_the_same_cause(tmp_path: Path) -> None:
    """One of two is accepted: one cause, by the worse verdict; without an owner tag nobody is counted."""
    waiver = Waiver("BKP-COV-001", "arn:1", "migration", "me", date(2026, 3, 1))
    resources: list[Resource] = [(0, "EBS", "yes", EXCLUDED, "a")] * 2
    (entry,) = judged(tmp_path, resources, waiver).causes.entries({}, AS_OF)

    assert (entry["verdict"], entry["verdicts"]) == ("NON_COMPLIANT", {"NON_COMPLIANT": 1, "WAIVED": 1})
    assert (entry["findings"], entry["owners"], entry["by_owner"]) == (2, 0, [])


@pytest.mark.parametrize(
    ("gap", "named"),
    [
        ({"operation": "backup:ListX", "error": "Denied"}, ("call", "backup:ListX", "", "unread", "Denied")),
        ({"operation": "auditor:Expiry", "error": "Unknown"}, ("fact", "Expiry", "", "unsettled", "")),
        (
            {"operation": "backup:ListX", "error": "NotRead"},
            ("call", "backup:ListX", "", "not_asked", "NotRead"),
        ),
        (
            {"operation": "redshift:ListX", "error": "NotListed"},
            ("call", "redshift:ListX", "", "not_asked", "NotListed"),
        ),
    ],
)
def test_a_gap_is_a_call_or_what_was_read(gap: dict[str, str], named: tuple[str, ...]) -> None:
    """A call that failed, one that nobody was to send, and a fact that nothing that was read settles."""
    held = Causes()
    key = ("INSUFFICIENT_DATA", "high", "BKP-COV-001", "evidence_gap")
    held.add_unlisted(key, "000000000000", "", "arn:x", {"gaps": [gap]})
    (entry,) = held.entries({}, AS_OF)
    assert tuple(entry["cause"].values()) == named


def test_what_is_unknown_is_caused_by_the_call_that_failed(tmp_path: Path) -> None:
    """And what a control left unsaid by the control."""
    resources: list[Resource] = [(0, "EBS", "unknown", None, ""), (0, "EBS", "silent", None, "")]
    entries = judged(tmp_path, resources).causes.entries({}, AS_OF)

    assert [(one["code"], *one["cause"].values()) for one in entries] == [
        ("evidence_gap", "call", "backup:ListBackupJobs", "", "unread", "AccessDenied"),
        ("not_stated", "control", "BKP-COV-001", "", "not_stated", ""),
    ]


some = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["EBS", "RDS"]),
        st.sampled_from(["no", "yes", "both", "silent", "unknown"]),
        st.sampled_from([None, EXCLUDED, {**EXCLUDED, "name": "other"}]),
        st.sampled_from(["", "a", "b"]),
    ),
    min_size=1,
    max_size=30,
)


@given(resources=some, waived=st.sampled_from(["arn:1*", "nothing"]))
def test_causes_and_verdicts_agree(
    tmp_path_factory: pytest.TempPathFactory, resources: list[Resource], waived: str
) -> None:
    """By control, code, verdict, account and kind: each finding is in one cause of each of its codes."""
    folder = tmp_path_factory.mktemp("run")
    waiver = Waiver("BKP-COV-001", waived, "migration", "me", date(2026, 3, 1))
    sink = judged(folder, resources, waiver, owner="team")

    by_verdict: Counter[tuple[str, str]] = Counter()
    by_account: Counter[tuple[str, str]] = Counter()
    named: Counter[str] = Counter()
    for row in pq.read_table(folder / "verdicts.parquet").to_pylist():
        further = json.loads(row["further"] or "[]")
        named.update(row["causes"].split())
        assert len(row["causes"].split()) == (1 + len(further) if row["code"] else row["verdict"] == "ERROR")
        for code in {row["code"], *(one["code"] for one in further)} if row["code"] else ():
            by_verdict[code, row["verdict"]] += 1
            by_account[code, row["account_id"]] += 1
    counted: Counter[tuple[str, str]] = Counter()
    placed: Counter[tuple[str, str]] = Counter()
    entries = sink.causes.entries({}, AS_OF)
    for one in entries:
        counted.update({(one["code"], verdict): n for verdict, n in one["verdicts"].items()})
        placed.update({(one["code"], place["account_id"]): place["findings"] for place in one["largest"]})
        assert one["findings"] == sum(one["kinds"].values()) == sum(one["verdicts"].values())
        assert one["findings"] == sum(owner["findings"] for owner in one["by_owner"])
    assert (counted, placed) == (by_verdict, by_account)
    assert named == {one["id"]: one["findings"] for one in entries}
    assert len({one["id"] for one in entries}) == len(entries)


def test_unrelated_resources_change_no_id(tmp_path: Path) -> None:
    """More accounts, types, owners and causes come; what was there keeps its id and says since when."""
    before: list[Resource] = [(1, "EBS", "yes", EXCLUDED, "a"), (1, "EBS", "unknown", None, "")]
    after: list[Resource] = [
        (0, "RDS", "yes", {**EXCLUDED, "name": "a"}, "z"), *before, (2, "S3", "yes", EXCLUDED, "b"),
        (2, "S3", "both", None, "b"),
    ]  # fmt: skip
    first = judged(tmp_path, before, owner="team").causes.entries({}, "2026-01-09T00:00:00Z")
    known = {one["id"]: one["first_seen"] for one in first}
    second = judged(tmp_path, after, owner="team").causes.entries(known, AS_OF)

    seen = {one["id"]: one["first_seen"] for one in second}
    assert len(known) == 2
    assert known.items() <= seen.items()
    assert {when for id_, when in seen.items() if id_ not in known} == {AS_OF}


def test_so_many_causes_and_owners_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On both sides of the bounds; beyond them all is counted still, and said to be cut."""
    monkeypatch.setattr(causes, "MOST_CAUSES", 3)
    monkeypatch.setattr(causes, "MOST_OWNERS", 2)
    every: list[Resource] = [(0, "EBS", "yes", {**EXCLUDED, "name": f"s{n}"}, "a") for n in range(3)]
    held = judged(tmp_path, every, owner="team").causes
    assert [one["cause"]["name"] for one in held.entries({}, AS_OF)] == ["s0", "s1", "s2"]

    more: list[Resource] = [(1, "EBS", "yes", {**EXCLUDED, "name": f"s{n}"}, "a") for n in (7, 8)]
    more += [(1, "EBS", "yes", {**EXCLUDED, "name": "s0"}, owner) for owner in ("b", "c")]
    entries = judged(tmp_path, [*every, *more], owner="team").causes.entries({}, AS_OF)
    told = [
        (one["cause"]["kind"], one["cause"]["name"], one["findings"], one["owners_counted"])
        for one in entries
    ]
    assert told == [
        ("selection", "s0", 3, False), ("other", "", 2, True), ("selection", "s1", 1, True),
        ("selection", "s2", 1, True),
    ]  # fmt: skip
