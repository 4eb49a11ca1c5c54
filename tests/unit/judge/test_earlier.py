"""Since when a cause is known: the earlier run in the same folder, if it can be relied on."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from auditor.catalogue.responses import Responses
from auditor.judge import earlier as module
from auditor.judge.earlier import Earlier, causes_part, earlier
from reports.document import MAX_CAUSES, from_json, to_json
from reports.ids import cause_id
from tests.golden.sample_document import PROVENANCE, build

DOCUMENT = build()[0]
NOW = "2026-02-09T00:00:00Z"


def entry(name: str, first_seen: str) -> dict[str, Any]:
    """A cause of one finding."""
    named = {"kind": "plan", "name": name, "plan": "", "why": "", "detail": ""}
    return {
        "id": cause_id("BKP-RET-001", "retention_too_short", *named.values()),
        "control_id": "BKP-RET-001", "code": "retention_too_short", "severity": "medium",
        "verdict": "NON_COMPLIANT", "verdicts": {"NON_COMPLIANT": 1}, "findings": 1, "kinds": {"plan": 1},
        "cause": named, "accounts": 1, "regions": 1,
        "largest": [{"account_id": "000000000001", "findings": 1}], "owners": 0, "by_owner": [],
        "owners_counted": True, "first_seen": first_seen,
        "example": {"account_id": "000000000001", "region": "eu-west-1", "arn": "arn:aws:backup:plan"},
    }  # fmt: skip


def judged(folder: Path, day: str, *names: str, provenance: Any = PROVENANCE, seen: str = "") -> Path:
    """A run as of a day that found causes of these names."""
    run = folder / f"2026-{day}"
    run.mkdir()
    (run / "manifest.json").write_bytes(day.encode())
    as_of = f"2026-{day}T00:00:00Z"
    part = causes_part(run, [entry(name, seen or as_of) for name in names], Earlier(), Responses())
    about = replace(DOCUMENT.run, id=run.name, as_of=as_of, evidence_sha256=sha256(day.encode()).hexdigest())
    made = replace(DOCUMENT, run=about, provenance=provenance, causes=part)
    (run / "document.json").write_bytes(to_json(made))
    assert from_json(to_json(made)).causes == part
    return run


def asked(**settings: str) -> dict[str, Any]:
    """Where a run came from, with other settings."""
    given: Any = PROVENANCE["settings"]
    changed = [{**one, "value": settings.get(one["name"], one["value"])} for one in given]
    return {**PROVENANCE, "settings": changed}


def test_the_newest_earlier_run_says_since_when(tmp_path: Path) -> None:
    """Not the one of the same time, nor a later one, whatever other settings either had."""
    judged(tmp_path, "02-07", "older")
    before = judged(tmp_path, "02-08", "a", "b", seen="2026-01-05T00:00:00Z")
    run = judged(tmp_path, "02-09", "a")
    judged(tmp_path, "02-10", "a")
    (tmp_path / "latest").symlink_to(run.name)

    assert earlier(run, NOW, PROVENANCE) == Earlier(
        before.name, "2026-02-08T00:00:00Z",
        {entry(name, "")["id"]: "2026-01-05T00:00:00Z" for name in ("a", "b")},
    )  # fmt: skip
    assert earlier(run, NOW, asked(fail_on="high")) == earlier(run, NOW, PROVENANCE)


def test_the_first_run_has_none_before(tmp_path: Path) -> None:
    """Nothing to say, and nothing is said."""
    assert earlier(judged(tmp_path, "02-09", "a"), NOW, PROVENANCE) == Earlier()


def test_a_copy_of_a_run_keeps_the_earlier_run_that_it_had(tmp_path: Path) -> None:
    """Judged again where no other run counts: the same answer, unless its list of causes was changed."""
    run = judged(tmp_path, "02-09", "a", seen="2026-01-05T00:00:00Z")
    own = from_json((run / "document.json").read_bytes())
    assert earlier(run, NOW, PROVENANCE, own) == Earlier()

    said = {"run_id": "2026-02-08", "as_of": "2026-02-08T00:00:00Z", "notes": ["One does not count."]}
    own = replace(own, causes={**own.causes, "earlier": said})
    seen = {entry("a", "")["id"]: "2026-01-05T00:00:00Z"}
    kept = Earlier("2026-02-08", "2026-02-08T00:00:00Z", seen, ("One does not count.",))
    assert earlier(run, NOW, PROVENANCE, own) == kept

    spoil_causes(judged(tmp_path, "02-07", "a"))
    noted = ("The run 2026-02-07 does not count: its causes.parquet is not that of its document.",)
    assert earlier(run, NOW, PROVENANCE, own) == replace(kept, notes=(*noted, *kept.notes))
    own = replace(own, causes={**own.causes, "earlier": {**said, "notes": [*noted, *kept.notes]}})
    assert earlier(run, NOW, PROVENANCE, own) == replace(kept, notes=(*noted, *kept.notes))

    spoil_causes(run)
    assert earlier(run, NOW, PROVENANCE, own) == Earlier(notes=noted)


def spoil_document(run: Path) -> str:
    """No JSON any more."""
    (run / "document.json").write_bytes(b"{")
    return "its document.json cannot be read"


def spoil_evidence(run: Path) -> str:
    """Evidence was collected again."""
    (run / "manifest.json").write_bytes(b"other")
    return "its document.json is that of other evidence"


def spoil_causes(run: Path) -> str:
    """The list is another one."""
    (run / "causes.parquet").write_bytes(b"other")
    return "its causes.parquet is not that of its document"


def lose_causes(run: Path) -> str:
    """The list is gone."""
    (run / "causes.parquet").unlink()
    return "its causes.parquet cannot be read"


def lose_document(run: Path) -> str:
    """It was collected only."""
    (run / "document.json").unlink()
    return "it was not judged"


@pytest.mark.parametrize("spoil", [spoil_document, spoil_evidence, spoil_causes, lose_causes, lose_document])
def test_a_broken_run_does_not_count_and_is_named(tmp_path: Path, spoil: Any) -> None:
    """The one before it is taken, and the document says so."""
    older = judged(tmp_path, "02-07", "a")
    why = spoil(judged(tmp_path, "02-08", "a", "b"))

    found = earlier(judged(tmp_path, "02-09", "a"), NOW, PROVENANCE)
    assert (found.run_id, found.notes) == (older.name, (f"The run 2026-02-08 does not count: {why}.",))


@pytest.mark.parametrize(
    ("provenance", "why"),
    [
        (asked(accounts="[200000000001]"), "it was asked for other accounts or Regions"),
        (asked(regions="[eu-west-1]"), "it was asked for other accounts or Regions"),
        ({}, "it does not say for which accounts and Regions it was asked"),
    ],
)
def test_a_run_of_another_scope_does_not_count(tmp_path: Path, provenance: Any, why: str) -> None:
    """Other accounts, other Regions, or one that does not say."""
    judged(tmp_path, "02-08", "a", provenance=provenance)
    run = judged(tmp_path, "02-09", "a")
    assert earlier(run, NOW, PROVENANCE) == Earlier(notes=(f"The run 2026-02-08 does not count: {why}.",))


def test_a_run_that_does_not_say_its_own_scope_counts_none(tmp_path: Path) -> None:
    """Two that do not say are not two of the same."""
    judged(tmp_path, "02-08", "a", provenance={})
    run = judged(tmp_path, "02-09", "a", provenance={})
    note = "The run 2026-02-08 does not count: it does not say for which accounts and Regions it was asked."
    assert earlier(run, NOW, {}) == Earlier(notes=(note,))


def test_a_run_that_is_still_being_written_is_none(tmp_path: Path) -> None:
    """Its hidden folder has a manifest a moment before it is a run; nor is a folder without one."""
    before, run = judged(tmp_path, "02-08", "a"), judged(tmp_path, "02-09", "a")
    (tmp_path / ".2026-02-10-x.partial").mkdir()
    (tmp_path / ".2026-02-10-x.partial" / "manifest.json").touch()
    (tmp_path / "notes").mkdir()
    found = earlier(run, NOW, PROVENANCE)
    assert (found.run_id, found.notes) == (before.name, ())


def test_a_run_of_an_older_release_does_not_count(tmp_path: Path) -> None:
    """Its document names no causes."""
    run = judged(tmp_path, "02-08", "a")
    old = from_json((run / "document.json").read_bytes())
    (run / "document.json").write_bytes(to_json(replace(old, causes={})))

    found = earlier(judged(tmp_path, "02-09", "a"), NOW, PROVENANCE)
    assert found.notes == (
        "The run 2026-02-08 does not count: it was judged by a release that names no causes.",
    )


@pytest.mark.parametrize(("most", "found"), [(1, ""), (2, "2026-02-07")])
def test_so_many_runs_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, found: str
) -> None:
    """On both sides of the bound; that older ones were not looked at is said."""
    monkeypatch.setattr(module, "_MOST", most)
    judged(tmp_path, "02-07", "a")
    spoil_causes(judged(tmp_path, "02-08", "a"))
    run = judged(tmp_path, "02-09", "a")
    judged(tmp_path, "02-10", "a")  # a later one is none of them

    said = earlier(run, NOW, PROVENANCE)
    assert said.run_id == found
    assert ("Earlier runs were not looked at: 1, the newest 2026-02-07." in said.notes) == (most == 1)


@pytest.mark.parametrize("more", [0, 1])
def test_the_document_has_the_first_causes_and_the_file_has_all(tmp_path: Path, more: int) -> None:
    """On both sides of the bound."""
    found = [entry(str(n), NOW) for n in range(MAX_CAUSES + more)]
    part = causes_part(tmp_path, found, Earlier(), Responses())

    assert (part["rows"], len(part["shown"])) == (MAX_CAUSES + more, MAX_CAUSES)
    assert part["shown"][-1]["cause"]["name"] == str(MAX_CAUSES - 1)
