"""Each run names the runs before it: what of them is as it was named, and what is not."""

import json
import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence import earlier_runs as module
from auditor.evidence.chain import Chain, EarlierRun, OtherFile, is_chain
from auditor.evidence.earlier_runs import look
from auditor.evidence.store import EvidenceWriter
from tests.unit.evidence.test_store import keys

PLACE = ("111111111111", "eu-west-1")
KEYS = "evidence/111111111111/eu-west-1/keys.parquet"
#: A manifest whose run's id is a thousand lists in each other.
DEEP = b'{"files": {}, "metadata": {"run_id": ' + b"[" * 1000 + b"]" * 1000 + b"}}"


def name(day: int, drawn: str = "aaaaaaaaaa") -> str:
    """The id of the run of a day of March."""
    return f"2026-03-{day:02d}T01-00-00Z-{drawn}"


def collected(out: Path, run_id: str, *, chain: Chain | None = None, files_of: int = 1) -> Chain:
    """Collect a run: what it says of the runs before it, unless `chain` is what it saw already."""
    with EvidenceWriter(out, run_id) as writer:
        writer.write("keys", keys(1), *PLACE)
        seen = look(out, files_of) if chain is None else chain
        writer.commit({"run_id": run_id, "chain": seen.told()})
    return seen


def nights(out: Path, days: int) -> None:
    """A run each night."""
    for day in range(1, days + 1):
        collected(out, name(day))


def without_chain(out: Path, run_id: str) -> None:
    """A run of an older release, which says nothing of others."""
    with EvidenceWriter(out, run_id) as writer:
        writer.commit({"run_id": run_id})


def digest(out: Path, run_id: str, file: str = "manifest.json") -> str:
    """SHA-256 of a file of a run."""
    return sha256((out / run_id / file).read_bytes()).hexdigest()


def states(chain: Chain) -> dict[int, str]:
    """The states of the runs, by the day."""
    return {int(one.run_id[8:10]): one.state for one in chain.runs}


def entry(chain: Chain, day: int) -> EarlierRun:
    """What is known of the run of a day."""
    return next(one for one in chain.runs if one.run_id[8:10] == f"{day:02d}")


def test_a_run_names_the_runs_before_it(tmp_path: Path) -> None:
    """The first says that it is the first; the next ones name each by the run that named it first."""
    assert collected(tmp_path, name(1)).told() == {
        "first": True, "previous": None, "runs": [], "older": 0, "notes": [],
    }  # fmt: skip
    (tmp_path / name(1) / "document.json").write_bytes(b"judged")
    collected(tmp_path, name(2))
    third = collected(tmp_path, name(3))

    one, two = (digest(tmp_path, name(day)) for day in (1, 2))
    judged = sha256(b"judged").hexdigest()
    assert third.told() == {
        "first": False,
        "previous": {"run_id": name(2), "manifest_sha256": two, "document_sha256": None},
        "runs": [
            {"run_id": name(2), "state": "as_named", "manifest_sha256": two, "looked_at": True},
            {
                "run_id": name(1), "state": "as_named", "named_by": name(2), "manifest_sha256": one,
                "document_sha256": judged,
            },
        ],
        "older": 0,
        "notes": [],
    }  # fmt: skip
    assert Chain.of(third.told()) == third
    assert is_chain(third.told())


def test_a_run_that_is_judged_again_is_as_it_was_named(tmp_path: Path) -> None:
    """What is written beside the evidence is no change of it."""
    nights(tmp_path, 2)
    (tmp_path / name(1) / "document.json").write_bytes(b"judged again")
    (tmp_path / name(1) / "report.html").touch()
    assert states(look(tmp_path)) == {2: "as_named", 1: "as_named"}


def change_file(run: Path) -> None:
    """A byte of the evidence."""
    data = bytearray((run / KEYS).read_bytes())
    data[10] ^= 1
    (run / KEYS).write_bytes(data)


def lose_file(run: Path) -> None:
    """A file of the evidence is gone."""
    (run / KEYS).unlink()


def lose_evidence(run: Path) -> None:
    """All of it is gone."""
    shutil.rmtree(run / "evidence")


def add_file(run: Path) -> None:
    """A file more."""
    (run / "evidence" / "gaps.parquet").touch()


def add_without_text(run: Path) -> None:
    """A file more, whose name is no text."""
    Path(os.fsdecode(os.fsencode(run / "evidence") + b"/\xff")).touch()


def link_folder(run: Path) -> None:
    """A folder more, by a link."""
    (run / "evidence" / "more").symlink_to(run)


@pytest.mark.parametrize(
    ("spoil", "file", "digests"),
    [
        (change_file, KEYS, "both"),
        (lose_file, KEYS, "named"),
        (lose_evidence, KEYS, "named"),
        (add_file, "evidence/gaps.parquet", "none"),
        (add_without_text, "evidence/\\xff", "none"),
        (link_folder, "evidence/more", "none"),
    ],
)
def test_a_file_that_is_not_as_its_manifest_names_it(
    tmp_path: Path, spoil: Callable[[Path], None], file: str, digests: str
) -> None:
    """With the digest that is named and the one that is there; of a run that nobody looks into, nothing."""
    nights(tmp_path, 2)
    before = digest(tmp_path, name(2), KEYS)
    spoil(tmp_path / name(2))

    one = entry(look(tmp_path, 1), 2)

    now = digest(tmp_path, name(2), KEYS) if digests == "both" else None
    assert (one.state, one.others, one.looked_at) == ("changed", 1, True)
    assert one.other == (OtherFile(file, None if digests == "none" else before, now),)
    assert entry(look(tmp_path, 0), 2).state == "as_named"
    assert not entry(look(tmp_path, 0), 2).compared
    assert entry(collected(tmp_path, name(3)), 2) == one


def test_a_manifest_that_is_not_the_one_that_was_named(tmp_path: Path) -> None:
    """Whether its files belong to it or not; what it says of others counts no more."""
    nights(tmp_path, 3)
    manifest = tmp_path / name(2) / "manifest.json"
    before, said = digest(tmp_path, name(2)), json.loads(manifest.read_bytes())
    said["metadata"]["chain"]["runs"][0]["manifest_sha256"] = "0" * 64
    manifest.write_text(json.dumps(said))

    for found in (look(tmp_path, 1), look(tmp_path)):
        assert states(found) == {3: "as_named", 2: "changed", 1: "as_named"}
        assert entry(found, 2).other == (OtherFile("manifest.json", before, digest(tmp_path, name(2))),)
        assert (entry(found, 2).named_by, entry(found, 1).named_by) == (name(3), name(2))


@pytest.mark.parametrize(
    "wrong", [b"", b"[]", b"{", b'{"metadata": 1}', b'{"metadata": {"run_id": "x"}}', DEEP]
)
def test_a_manifest_that_is_none_is_changed_where_it_was_named_and_else_not_known(
    tmp_path: Path, wrong: bytes
) -> None:
    """The newest is not taken for none, and the ones before it are found all the same."""
    nights(tmp_path, 3)
    for day in (1, 3):
        (tmp_path / name(day) / "manifest.json").write_bytes(wrong)

    found = look(tmp_path, 1)

    assert states(found) == {3: "unread", 2: "as_named", 1: "changed"}
    assert entry(found, 3).why == "its manifest.json is no manifest"
    previous = found.told()["previous"]
    assert previous == {"run_id": name(3), "manifest_sha256": None, "document_sha256": None}


def test_a_run_that_is_gone_is_named_as_long_as_its_successors_name_it(tmp_path: Path) -> None:
    """One in the middle hides none before it; of the newest one the link alone says that it was there."""
    nights(tmp_path, 4)
    shutil.rmtree(tmp_path / name(2))
    assert states(look(tmp_path, 1)) == {4: "as_named", 3: "as_named", 2: "gone", 1: "as_named"}
    shutil.rmtree(tmp_path / name(4))

    found = look(tmp_path, 1)
    assert states(found) == {4: "gone", 3: "as_named", 2: "gone", 1: "as_named"}
    assert (entry(found, 4).named_by, entry(found, 2).named_by) == ("latest", name(3))
    assert found.previous == entry(found, 3)

    (tmp_path / "latest").unlink()
    assert states(look(tmp_path, 1)) == {3: "as_named", 2: "gone", 1: "as_named"}


def test_a_folder_in_the_place_of_another(tmp_path: Path) -> None:
    """Two runs whose folders are swapped are both changed, and the third is not."""
    nights(tmp_path, 4)
    (tmp_path / name(1)).rename(tmp_path / "aside")
    (tmp_path / name(2)).rename(tmp_path / name(1))
    (tmp_path / "aside").rename(tmp_path / name(2))
    wanted = {4: "as_named", 3: "as_named", 2: "changed", 1: "changed"}
    assert (states(look(tmp_path, 1)), states(look(tmp_path))) == (wanted, wanted)


@pytest.mark.parametrize("copy", ["copy", "2026-03-09T01-00-00Z-bbbbbbbbbb"])
def test_a_copy_beside_is_no_run_of_its_own(tmp_path: Path, copy: str) -> None:
    """Whatever it is called; it stands in for the run where that is gone, as far as it is the same."""
    nights(tmp_path, 3)
    shutil.copytree(tmp_path / name(2), tmp_path / copy)
    assert states(look(tmp_path, 1)) == {3: "as_named", 2: "as_named", 1: "as_named"}
    shutil.rmtree(tmp_path / name(2))
    assert states(look(tmp_path, 1)) == {3: "as_named", 2: "as_named", 1: "as_named"}
    change_file(tmp_path / copy)
    assert states(look(tmp_path)) == {3: "as_named", 2: "changed", 1: "as_named"}


def test_a_run_that_is_renamed_before_it_was_named_counts(tmp_path: Path) -> None:
    """A first run that somebody gave a name of his own makes no second first one."""
    nights(tmp_path, 1)
    (tmp_path / name(1)).rename(tmp_path / "baseline")
    assert collected(tmp_path, name(2)).previous == EarlierRun(
        name(1), manifest_sha256=digest(tmp_path, "baseline"), looked_at=True
    )


def test_a_link_counts_by_what_it_leads_to(tmp_path: Path) -> None:
    """A run that was moved is as it was named; a link to nothing, or to itself, is a run that is gone."""
    runs, elsewhere = tmp_path / "runs", tmp_path / "elsewhere"
    nights(runs, 3)
    (runs / name(1)).rename(elsewhere)
    (runs / name(1)).symlink_to(elsewhere)
    assert states(look(runs)) == {3: "as_named", 2: "as_named", 1: "as_named"}
    change_file(elsewhere)
    assert states(look(runs)) == {3: "as_named", 2: "as_named", 1: "changed"}
    (runs / name(3)).rename(tmp_path / "newest")
    (runs / name(3)).symlink_to(tmp_path / "newest")
    manifest = runs / name(2) / "manifest.json"
    manifest.write_bytes(manifest.read_bytes() + b" ")
    assert states(look(runs)) == {3: "as_named", 2: "changed", 1: "changed"}
    assert states(look(runs, 1)) == {3: "as_named", 2: "changed", 1: "as_named"}
    for target in ("nowhere", name(1)):
        (runs / name(1)).unlink()
        (runs / name(1)).symlink_to(target)
        assert states(look(runs)) == {3: "as_named", 2: "changed", 1: "gone"}


def test_a_link_to_what_cannot_be_seen_is_not_gone(tmp_path: Path) -> None:
    """Here for a name that is too long; it may be so for want of a permission."""
    nights(tmp_path, 3)
    for day in (1, 3):
        shutil.rmtree(tmp_path / name(day))
        (tmp_path / name(day)).symlink_to("x" * 300)
    for found in (look(tmp_path, 1), look(tmp_path)):
        assert states(found) == {3: "unread", 2: "as_named", 1: "unread"}
        assert entry(found, 1).why == "its manifest.json cannot be read: file name too long"


def test_two_runs_at_once_name_the_same_one_and_the_next_names_both(tmp_path: Path) -> None:
    """A chain may fork: nothing is changed, and nothing is gone."""
    nights(tmp_path, 1)
    seen = look(tmp_path, 1)
    for drawn in ("aaaaaaaaaa", "bbbbbbbbbb"):
        collected(tmp_path, name(2, drawn), chain=seen)

    found = collected(tmp_path, name(3))

    assert [(one.run_id, one.state, one.named_by) for one in found.runs] == [
        (name(2, "bbbbbbbbbb"), "as_named", ""),
        (name(2), "as_named", ""),
        (name(1), "as_named", name(2, "bbbbbbbbbb")),
    ]
    assert [one.state for one in look(tmp_path).runs] == ["as_named"] * 4


def test_a_run_of_an_older_release_says_nothing_of_those_before_it(tmp_path: Path) -> None:
    """It is named from now on, as are all that are there."""
    for day in (1, 2):
        without_chain(tmp_path, name(day))

    third, fourth = collected(tmp_path, name(3)), collected(tmp_path, name(4))

    assert [(one.run_id, one.named_by, one.unlinked) for one in third.runs] == [
        (name(2), "", True), (name(1), "", True),
    ]  # fmt: skip
    assert [(one.named_by, one.unlinked) for one in fourth.runs] == [
        ("", False), (name(3), False), (name(3), False),
    ]  # fmt: skip


def pipe(run: Path) -> str:
    """A manifest that nobody writes to."""
    (run / "manifest.json").unlink()
    os.mkfifo(run / "manifest.json")
    return "its manifest.json cannot be read: it is a pipe, not a file"


def folder(run: Path) -> str:
    """A folder in the place of the manifest."""
    (run / "manifest.json").unlink()
    (run / "manifest.json").mkdir()
    return "its manifest.json cannot be read: is a directory"


def pipe_of_evidence(run: Path) -> str:
    """An evidence file that nobody writes to."""
    (run / KEYS).unlink()
    os.mkfifo(run / KEYS)
    return f"{KEYS} cannot be read: it is a pipe, not a file"


@pytest.mark.parametrize("spoil", [pipe, folder, pipe_of_evidence])
def test_what_cannot_be_read_is_not_known(tmp_path: Path, spoil: Callable[[Path], str]) -> None:
    """Neither the same nor another, whether it was named or not."""
    nights(tmp_path, 2)
    why = [spoil(tmp_path / name(day)) for day in (1, 2)]
    found = look(tmp_path)
    assert [(one.state, one.why) for one in found.runs] == [("unread", one) for one in why]


def test_a_folder_that_cannot_be_listed_is_not_the_first_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not known then what was before; where nothing is, that is known."""

    def denied(_: object) -> Any:
        raise PermissionError(13, "Permission denied")

    assert look(tmp_path / "new", 1).first
    monkeypatch.setattr(os, "scandir", denied)
    found = look(tmp_path, 1)
    assert (found.first, found.notes) == (
        False, ("The folder of the runs cannot be listed: permission denied.",)
    )  # fmt: skip


def test_what_is_no_run_is_passed_over(tmp_path: Path) -> None:
    """Files, folders with and without a manifest, what an interrupted run left, names that are no time."""
    nights(tmp_path, 1)
    digits = name(2).replace("2", "\N{ARABIC-INDIC DIGIT TWO}")
    for other in ("notes", "x/y", "2026-99-99T01-00-00Z", digits, ".2026-03-02T01-00-00Z-x.partial"):
        (tmp_path / other).mkdir(parents=True)
    (tmp_path / "file").touch()
    (tmp_path / "x" / "manifest.json").write_bytes(b"[" * 100_000)
    (tmp_path / ".2026-03-02T01-00-00Z-x.partial" / "manifest.json").touch()
    assert states(look(tmp_path)) == {1: "as_named"}


@pytest.mark.parametrize(("most", "days"), [(2, [5, 4]), (5, [5, 4, 3, 2, 1])])
def test_so_many_runs_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, days: list[int]
) -> None:
    """On both sides of the bound; how many are older is said, and all are compared where somebody asks it."""
    monkeypatch.setattr(module, "MOST_RUNS", most)
    nights(tmp_path, 5)
    found = look(tmp_path, 1)
    assert ([*states(found)], found.older) == (days, 5 - most)
    assert ([*states(look(tmp_path))], look(tmp_path).older) == ([5, 4, 3, 2, 1], 0)


def test_so_many_bytes_of_manifests_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond them was not looked at; of one that is too large nothing is known."""
    nights(tmp_path, 3)
    size = (tmp_path / name(2) / "manifest.json").stat().st_size
    for bytes_, state in ((size, "as_named"), (size - 1, "not_read")):
        monkeypatch.setattr(module, "_ALL_BYTES", bytes_)
        assert states(look(tmp_path, 1))[2] == state

    monkeypatch.setattr(module, "_MANIFEST_BYTES", 10)
    assert entry(look(tmp_path, 1), 3).why.startswith("its manifest.json cannot be read: it is larger than")
