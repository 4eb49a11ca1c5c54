"""The runs before a run as subjects: whether each is as it was when another run named it.

What was found of them stands in the run's manifest (`auditor.evidence.chain`); nothing beside the run is
read. They are subjects where it names any, or where a parameter says how long runs are kept. The run itself
is the first of them: nothing is asked of it, and it stands for runs that it does not know. A run is a subject
of its own, not the organization: an audit of one account has runs too, and a waiver, or the day since when
something is known, is of one run.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from auditor.evaluate.arrow import texts
from auditor.evaluate.facts import Frame, Hole, encode
from auditor.evaluate.gaps import Unknowns
from auditor.evaluate.times import parse
from auditor.evidence.chain import LINK, Chain, EarlierRun, begun_at
from auditor.evidence.layout import MANIFEST

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

RUN: Final = "run"
_OPERATION: Final = "earlier runs"


def files_of(parameters: Mapping[str, Any]) -> int:
    """Of how many earlier runs the evidence files are compared too (parameters.yaml, checked)."""
    return int(_given(parameters).get("files_of", 1))


def kept_days(parameters: Mapping[str, Any]) -> int:
    """How many days a run has to be kept; 0 where `parameters` do not ask it."""
    return int(_given(parameters).get("kept_days", 0))


def _given(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    given: Mapping[str, Any] = parameters.get("evidence", {}).get("earlier_runs", {})
    return given


def chain_of(evidence: "Evidence") -> Chain | None:
    """What a run says of the runs before it; None where an older release collected it."""
    said = evidence.metadata.get("chain")
    return None if said is None else Chain.of(said)


def names_runs(evidence: "Evidence") -> bool:
    """Whether a run names one before it, or does not know whether there was one."""
    chain = chain_of(evidence)
    return chain is not None and not chain.first


def run_frame(evidence: "Evidence", account_id: str, unknowns: Unknowns, asked: tuple[int, int]) -> Frame:
    """The run and those before it, for which an account answers.

    `asked` says of how many earlier runs the evidence files are to be compared, and how many days a run has
    to be kept.
    """
    of, days = asked
    chain = chain_of(evidence)
    runs = chain.runs if chain else ()
    since = parse(evidence.metadata["collected_at"]) - timedelta(days=days) if days else None
    ids = [str(evidence.metadata["run_id"]), *(one.run_id for one in runs)]

    def unknown(about: str, message: str) -> str:
        return unknowns.add(account_id, "", _OPERATION, "Unknown", about, message)

    open_: list[set[str]] = [{unknown(message, message) for message in _general(chain)}]
    open_ += [{unknown(one.run_id, message) for message in _unread(one)} for one in runs]
    for about, message, places in _unseen(runs, of):
        for place in places:
            open_[1 + place].add(unknown(about, message))
    holes = [
        Hole(gaps, np.array([tuple(sorted(one)) == gaps for one in open_], bool), partial=True)
        for gaps in dict.fromkeys(tuple(sorted(one)) for one in open_ if one)
    ]
    facts: Mapping[str, list[Any]] = {
        "run.compared": [False, *(one.compared for one in runs)],
        "run.changed": [[], *(list(_other(one)) for one in runs)],
        "run.changed_files": [0, *(one.others for one in runs)],
        "run.gone": [False, *(one.state == "gone" and _is_since(one, since) for one in runs)],
        "run.named_by": [None, *(_namer(one) for one in runs)],
    }
    return Frame(
        subject=RUN,
        account_id=account_id,
        region="",
        arn=texts(f"run/{one}" for one in ids),
        resource_type=texts("" for _ in ids),
        name=texts(ids),
        facts={path: encode(values, *holes) for path, values in facts.items()},
    )


def _is_since(run: EarlierRun, since: datetime | None) -> bool:
    begun = begun_at(run.run_id)
    return since is not None and begun is not None and begun >= since


def _namer(run: EarlierRun) -> str | None:
    """What names a run, in words; None where nothing named it before."""
    return "the link latest" if run.named_by == LINK else (run.named_by and f"the run {run.named_by}") or None


def _other(run: EarlierRun) -> Iterator[dict[str, Any]]:
    """The files of a run that are not as they were named, each with what names it."""
    for one in run.other:
        by = _namer(run) if one.file == MANIFEST else one.named and "its manifest"
        told = {"file": one.file, "named_by": by, "named": one.named, "found": one.found}
        yield {name: value for name, value in told.items() if value}


def _general(chain: Chain | None) -> Iterator[str]:
    """Sentences on why it is not known which runs there were."""
    if chain is None:
        yield "This run does not say which runs were before it: an older release collected it."
        return
    yield from chain.notes
    unlinked = [one.run_id for one in chain.runs if one.unlinked]
    if unlinked:
        yield f"The run {unlinked[0]} does not say which runs were before it: an older release collected it."


def _unread(run: EarlierRun) -> Iterator[str]:
    """A sentence on what of a run could not be read."""
    if run.why and run.state != "not_read":
        whole = " whole" if run.state == "changed" else ""
        yield f"The run {run.run_id} could not be compared{whole}: {run.why}."


def _unseen(runs: Sequence[EarlierRun], files_of: int) -> Iterator[tuple[str, str, list[int]]]:
    """What was not looked at: a word that tells it from others, a sentence, and the places of the runs."""
    there = [place for place, one in enumerate(runs) if one.state != "gone"]
    closed = [place for place in there[:files_of] if runs[place].state == "as_named"]
    for about, places, why in (
        ("manifests", [place for place in there if runs[place].state == "not_read"], "their manifests"),
        ("files", [place for place in closed if not runs[place].looked_at], "their evidence files"),
    ):
        if places:
            many, newest = len(places), runs[places[0]].run_id
            said = f"Of {many} earlier runs, the newest {newest}, {why} were not compared at collection."
            yield about, said, places
