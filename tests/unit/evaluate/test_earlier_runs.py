"""Facts of the run itself: what its manifest says of the runs before it, and what of that is not known."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from auditor.evaluate.check import FactSchema
from auditor.evaluate.earlier_runs import files_of, kept_days, names_runs, run_frame
from auditor.evaluate.facts import Column
from auditor.evaluate.gaps import Unknowns
from auditor.evidence.chain import Chain, EarlierRun, OtherFile
from tests.unit.evaluate.conftest import World
from tests.unit.evaluate.test_schemas import SCHEMAS

R1, R2, R3 = (f"2026-03-0{day}T01-00-00Z-aaaaaaaaaa" for day in (1, 2, 3))
A, B = "a" * 64, "b" * 64
NEWEST = EarlierRun(R2, manifest_sha256=B, looked_at=True)
NAMED = EarlierRun(R1, named_by=R2, manifest_sha256=A)
NOTHING: dict[str, Any] = {"compared": False, "changed": [], "changed_files": 0, "gone": False}
AS_NAMED = {**NOTHING, "compared": True}
BY = {"named_by": f"the run {R2}"}


def evidence(chain: Chain | None) -> Any:
    """A run that says this of those before it."""
    metadata: dict[str, Any] = {"run_id": R3, "collected_at": "2026-03-03T01:00:00Z"}
    return SimpleNamespace(metadata=metadata if chain is None else metadata | {"chain": chain.told()})


def said(
    chain: Chain | None, of: int = 1, days: int = 0
) -> tuple[dict[str, dict[str, Any]], list[tuple[str, str]]]:
    """The facts of each run by its id, and what of which run is not known."""
    unknowns = Unknowns()
    frame = run_frame(evidence(chain), World.account, unknowns, (of, days))
    check, ids = FactSchema(SCHEMAS["run"]), frame.name.to_pylist()
    told = {one: frame.cite([*frame.facts], index)["run"] for index, one in enumerate(ids)}
    faults = [check(f"run.{name}", value) for one in told.values() for name, value in one.items()]
    assert [one for one in faults if one] == []
    assert frame.arn.to_pylist() == [f"run/{one}" for one in ids]
    columns = [one for one in frame.facts.values() if isinstance(one, Column)]
    (open_,) = {
        tuple(
            (ids[index], unknowns.found[gap].message)
            for hole in one.holes
            for index in np.flatnonzero(hole.mask(frame.size)).tolist()
            for gap in hole.gaps
        )
        for one in columns
    }
    return told, sorted(open_)


def test_runs_that_are_as_they_were_named() -> None:
    """One by the digest that another named, the newest by its files; of the run itself nothing is asked."""
    assert said(Chain((NEWEST, NAMED))) == ({R3: NOTHING, R2: AS_NAMED, R1: {**AS_NAMED, **BY}}, [])


def test_nothing_is_compared_without_a_digest_or_files() -> None:
    """Of a run that nothing named before only the files can be compared, where a parameter asks for them."""
    newest = EarlierRun(R2, manifest_sha256=B)
    assert said(Chain((newest,)), of=0) == ({R3: NOTHING, R2: NOTHING}, [])
    why = f"Of 1 earlier runs, the newest {R2}, their evidence files were not compared at collection."
    assert said(Chain((newest,))) == ({R3: NOTHING, R2: NOTHING}, [(R2, why)])
    assert said(Chain((NEWEST, NAMED)), of=2)[1] == [(R1, why.replace(R2, R1))]


def test_each_file_is_named_with_both_digests() -> None:
    """A manifest is named by a run, a file by its own manifest."""
    manifest = EarlierRun(R1, "changed", R2, A, other=(OtherFile("manifest.json", A, B),), others=1)
    files = (OtherFile("evidence/a.parquet", A), OtherFile("evidence/b.parquet"))
    newest = EarlierRun(R2, "changed", "", B, looked_at=True, other=files, others=12)

    told, unknown = said(Chain((newest, manifest)))

    own = {"file": "evidence/a.parquet", "named": A, "named_by": "its manifest"}
    assert told[R2] == {**AS_NAMED, "changed": [own, {"file": "evidence/b.parquet"}], "changed_files": 12}
    one = {"file": "manifest.json", "named": A, "found": B, **BY}
    assert told[R1] == {**AS_NAMED, "changed": [one], "changed_files": 1, **BY}
    assert unknown == []


@pytest.mark.parametrize(("days", "gone"), [(0, False), (1, False), (2, True)])
def test_a_run_that_is_gone_is_found_as_long_as_runs_are_kept(days: int, *, gone: bool) -> None:
    """It began two days before this one; without days that nobody asked for, removal is nobody's business."""
    told, unknown = said(Chain((NEWEST, EarlierRun(R1, "gone", R2, A))), days=days)
    assert (told[R1], unknown) == ({**NOTHING, "gone": gone, **BY}, [])


def test_the_link_names_a_newest_run_that_is_gone() -> None:
    """Nothing else is left of it."""
    told, _ = said(Chain((EarlierRun(R2, "gone", "latest"),)), days=1)
    assert told[R2] == {**NOTHING, "gone": True, "named_by": "the link latest"}


@pytest.mark.parametrize(
    ("chain", "run", "sentence"),
    [
        (None, R3, "This run does not say which runs were before it: an older release collected it."),
        (Chain(notes=("It cannot be listed.",)), R3, "It cannot be listed."),
        (Chain((EarlierRun(R2, "unread", why="no"),)), R2, f"The run {R2} could not be compared: no."),
        (Chain((NEWEST, EarlierRun(R1, "not_read", R2, A, why="no"))), R1,
         f"Of 1 earlier runs, the newest {R1}, their manifests were not compared at collection."),
        (Chain((EarlierRun(R2, "changed", other=(OtherFile("x"),), others=1, why="no"),)), R2,
         f"The run {R2} could not be compared whole: no."),
        (Chain((EarlierRun(R2, manifest_sha256=B, looked_at=True, unlinked=True),)), R3,
         f"The run {R2} does not say which runs were before it: an older release collected it."),
    ],
    ids=["this one", "folder", "newest", "older", "in part", "older release"],
)  # fmt: skip
def test_what_is_not_known_leaves_a_run_open(chain: Chain | None, run: str, sentence: str) -> None:
    """A run that cannot be read itself; what runs there were, the run that does not know it."""
    assert said(chain)[1] == [(run, sentence)]


def test_it_is_a_subject_where_there_is_an_earlier_run(world: World) -> None:
    """A first run is none, nor is one that says nothing."""
    asked = [names_runs(evidence(one)) for one in (None, Chain(), Chain(notes=("no",)), Chain((NEWEST,)))]
    assert asked == [False, False, True, True]
    assert list(world.subjects().run_frames()) == []


def test_the_parameter_says_how_many_and_how_long() -> None:
    """The files of one, and none has to be kept, where it is absent."""
    given = {"evidence": {"earlier_runs": {"files_of": 7, "kept_days": 90}}}
    assert [(files_of(one), kept_days(one)) for one in ({}, given)] == [(1, 0), (7, 90)]
