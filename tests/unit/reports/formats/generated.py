"""Audits at random: what controls answered of subjects, through the auditor's own sink into a run's files."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from auditor.catalogue.attestations import Attestations
from auditor.catalogue.responses import Responses
from auditor.catalogue.waivers import Waivers
from auditor.evaluate.ask import Answered
from auditor.evaluate.facts import Column, Frame, Hole, encode, project
from auditor.evaluate.gaps import GapIndex
from auditor.evidence.store import Evidence
from auditor.judge.earlier import Earlier, causes_part
from auditor.judge.publish import document, gap_place, write_gaps
from auditor.judge.sink import TABLE_OF, VerdictSink
from auditor.judge.tally import Tally
from auditor.judge.verdicts import judge
from auditor.model.organization import Account
from auditor.model.policy import Control, SubjectType, Tiers
from auditor.model.verdicts import Gap, Severity, Waiver
from auditor.rego.engine import Answer
from reports.document import AuditDocument, from_json, to_json
from tests.golden.sample_document import build

AS_OF: Final = "2026-02-09T00:00:00Z"
NAMES: Final = {"100000000001": "Pay & <Ship>", "200000000001": "中文", "300000000001": "Closed"}
_REGIONS: Final = ("eu-central-1", "eu-west-1")
_KINDS: Final = ("resource", "deleted_resource", "recovery_point", "vault")
#: What a control answered; `unread`: it was not asked, as a call had failed.
_ANSWERS: Final[Mapping[str, Answer]] = {
    "good": Answer(applicable=True, compliant=True),
    "bad": Answer(applicable=True, non_compliant=({"code": "early", "evidence": {"days": 7}},)),
    "two": Answer(
        applicable=True,
        non_compliant=({"code": "early", "evidence": {}}, {"code": "other", "evidence": {"n": 2}}),
    ),
    "both": Answer(applicable=True, compliant=True, non_compliant=({"code": "other", "evidence": {}},)),
    "failed": Answer(error="no <answer>"),
    "silent": Answer(applicable=True),
    "not asked": Answer(),
}
_TIERS: Final = {"gold": {"required": True}, "none": {"required": False}}


def _control(id_: str, severity: Severity, subject: SubjectType, *, deleted: bool = False) -> Control:
    return Control(
        id=id_, title=f"About {id_}", description="d", severity=severity, subject=subject,
        moments=("audit",), reads=(f"said.{id_}",), cites=("recovery_point.vault_arn",),
        reasons={"early": "kept {days} <days>", "other": "another"}, remediation="Do `this`.",
        package="controls.x", path="x.rego", deleted_resources=deleted,
    )  # fmt: skip


CONTROLS: Final = (
    _control("BKP-COV-001", Severity.CRITICAL, "resource", deleted=True),
    _control("BKP-FRQ-001", Severity.MEDIUM, "resource"),
    _control("BKP-RET-002", Severity.HIGH, "recovery_point"),
    _control("BKP-VLT-001", Severity.LOW, "vault"),
)
#: Of the first control all under /kept/ is accepted, of the third one of it, to the last day; two are over.
WAIVERS: Final = (
    *(
        Waiver(control.id, "*/kept/*", "<moved>", "me", date(2026, month, 1))
        for control, month in zip(CONTROLS, (3, 2, 1), strict=False)
    ),
    Waiver(CONTROLS[2].id, "*/kept/1", "soon", "me", date(2026, 2, 9)),
)


@dataclass(frozen=True)
class Generated:
    """An audit as it lies in its folder; what each resource's tier asks for is told beside it, by ARN."""

    document: AuditDocument
    folder: Path
    required: Mapping[str, bool | None]


#: Of a subject: type, tier, whether it is under /kept/, what the first and the second control say, and name.
_SAID: Final = st.sampled_from((*_ANSWERS, "unread"))
_SUBJECT: Final = st.tuples(
    st.sampled_from(("EBS", "S3")),
    st.sampled_from(("gold", "gold", "none", None)),
    st.booleans(),
    _SAID,
    _SAID,
    st.text(max_size=6),
)
_PLACE: Final = st.tuples(
    st.sampled_from(tuple(NAMES)[:2]), st.sampled_from(_REGIONS), st.sampled_from(_KINDS)
)
Told = tuple[Mapping[tuple[str, str, str], Sequence[tuple[Any, ...]]], Sequence[tuple[str, str, str]], bool]
#: Subjects by account, Region and kind, places that were not listed, and whether an account is left out.
told_audits: Final[st.SearchStrategy[Told]] = st.tuples(
    st.dictionaries(_PLACE, st.lists(_SUBJECT, min_size=1, max_size=6), max_size=6),
    st.lists(_PLACE.filter(lambda place: place[2] in TABLE_OF), max_size=2, unique=True),
    st.booleans(),
)


@cache
def _sample() -> AuditDocument:
    return build()[0]


def written(told: Told, folder: Path) -> Generated:
    """Judge what was told, write verdicts, gaps, causes and document into `folder`, and read that again."""
    places, unlisted, left_out = told
    accounts = {
        name: Account(name, NAMES[name], "aws", (), "SUSPENDED" if name.startswith("3") else "ACTIVE")
        for name in [*NAMES][: 3 if left_out else 2]
    }
    gaps = {gap.gap_id: gap for gap in [*map(_unlisted, unlisted), *map(_unread, places)]}
    frames = [_frame(place, subjects) for place, subjects in sorted(places.items())]
    tally = Tally()
    with (folder / "verdicts.parquet").open("wb") as file, VerdictSink(file, gaps, accounts) as sink:
        for frame in frames:
            tally.add(frame, [_judged(sink, control, frame) for control in _asked(frame)])
        for control in CONTROLS:
            sink.add_unlisted(control, GapIndex(tuple(map(_unlisted, unlisted))))
    counted = sorted(
        (gap for gap in gaps.values() if gap.provides or gap.gap_id in sink.rests_on), key=gap_place
    )
    with (folder / "gaps.parquet").open("wb") as file:
        write_gaps(file, counted)
    entries = sink.causes.entries({}, AS_OF)
    made = document(
        _evidence(frames, accounts), sink=sink, tally=tally, accounts=accounts,
        resources=Counter(kind for one in frames if one.called == "resource"
                          for kind in one.resource_type.to_pylist()),
        gaps=counted, controls=CONTROLS, given=(Waivers(WAIVERS), Attestations()),
        frameworks=((), None, {}), engine="none",
        policies_sha256="0" * 64,
        tiers=Tiers({}, (), ""), readings={}, fail_on="low", accepted=(),
        deleted=sorted(arn for one in frames if one.deleted for arn in one.arn.to_pylist()),
        said={"provenance": _sample().provenance,
              "causes": causes_part(folder, entries, Earlier(), Responses())},
    )  # fmt: skip
    (folder / "document.json").write_bytes(to_json(made))
    return Generated(from_json((folder / "document.json").read_bytes()), folder, _required(places))


def _arn(place: tuple[str, str, str], number: int, kept: object) -> str:
    account_id, region, kind = place
    return f"arn:aws:any:{region}:{account_id}:{kind}/{'kept' if kept else 'other'}/{number}"


def _required(places: Mapping[tuple[str, str, str], Sequence[tuple[Any, ...]]]) -> dict[str, bool | None]:
    return {
        _arn(place, number, subject[2]): subject[1] and _TIERS[subject[1]]["required"]
        for place, subjects in places.items()
        if place[2] == "resource"
        for number, subject in enumerate(subjects)
    }


def _unlisted(place: tuple[str, str, str]) -> Gap:
    account_id, region, kind = place
    id_ = f"gap-{account_id[0]}-{region}-{kind}"
    return Gap(id_, account_id, region, "backup", "List", "AccessDenied", "<no>", (TABLE_OF[kind],))


def _unread(place: tuple[str, str, str]) -> Gap:
    account_id, region, kind = place
    id_ = f"unread-{account_id[0]}-{region}-{kind}"
    return Gap(id_, account_id, region, "kms", "DescribeKey", "AccessDenied", "no", ())


def _frame(place: tuple[str, str, str], subjects: Sequence[tuple[Any, ...]]) -> Frame:
    account_id, region, kind = place
    arns = [_arn(place, number, subject[2]) for number, subject in enumerate(subjects)]
    is_resource = "resource" in kind
    frame = Frame(
        kind.removeprefix("deleted_"), account_id, region, pa.array(arns),
        pa.array([subject[0] if is_resource else "" for subject in subjects]),
        pa.array([subject[5] for subject in subjects]),
        {"tier": encode([_TIERS.get(subject[1]) for subject in subjects])},
        deleted=kind == "deleted_resource",
    )  # fmt: skip
    facts = {
        f"said.{control.id}": _said(place, [subject[3 + number] for subject in subjects])
        for number, control in enumerate(_asked(frame))
    }
    if kind == "recovery_point":
        facts["recovery_point.vault_arn"] = encode([f"arn:vault-{one[0]}" for one in subjects])
    cast("dict[str, Column]", frame.facts).update(facts)
    return frame


def _said(place: tuple[str, str, str], said: Sequence[str]) -> Column:
    unread = np.array([one == "unread" for one in said])
    return encode([None if one == "unread" else one for one in said], Hole((_unread(place).gap_id,), unread))


def _asked(frame: Frame) -> list[Control]:
    return [
        one
        for one in CONTROLS
        if one.subject == frame.subject and (one.deleted_resources or not frame.deleted)
    ]


def _judged(sink: VerdictSink, control: Control, frame: Frame) -> Any:
    """The codes of the verdicts of a control over a frame, which the sink has taken."""
    found = project(frame, control.reads, AS_OF, lambda _path, _value: None)
    answers = [_ANSWERS[facts["said"][control.id]] for facts in found.inputs]
    judged = judge(Answered(control, frame, found, answers), WAIVERS, date.fromisoformat(AS_OF[:10]))
    sink.add(judged)
    return judged.code


class _Stored:
    """Evidence as far as the document asks for it: a recovery point is a row, and there is no job."""

    metadata: Final = {
        "run_id": "20260209T000000Z", "as_of": AS_OF, "period_start": "2026-01-10T00:00:00Z",
        "period_end": AS_OF, "partition": "aws",
    }  # fmt: skip
    manifest_sha256: Final = "1" * 64

    def __init__(self, frames: Sequence[Frame], accounts: Sequence[str]) -> None:
        self._points = {
            (one.account_id, one.region): one.size for one in frames if one.called == "recovery_point"
        }
        self._accounts = accounts

    def partitions(self) -> list[tuple[str, str]]:
        return [(name, region) for name in self._accounts for region in _REGIONS]

    def read(self, table: str, account_id: str = "", region: str = "", columns: Any = ()) -> pa.Table:
        rows = {"calls": 1, "recovery_points": self._points.get((account_id, region), 0)}.get(table, 0)
        return pa.table({columns[0]: pa.array([7] * rows, pa.int64())})


def _evidence(frames: Sequence[Frame], accounts: Mapping[str, Account]) -> Evidence:
    read = [name for name, account in accounts.items() if account.status == "ACTIVE"]
    return cast("Evidence", _Stored(frames, read))
