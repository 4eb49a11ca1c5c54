"""The file of attestations: what is kept of it, and what is refused with its file and line."""

from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.catalogue.attestations import Attestations, load_attestations
from auditor.catalogue.load import Catalogue
from auditor.model.errors import UsageError
from auditor.model.verdicts import Attestation

CONTROLS = Catalogue.load().controls
DATABASE = "arn:aws-cn:rds:cn-north-1:111122223333:db:orders"
ENTRY = {
    "control_id": "BKP-REC-001",
    "subject": DATABASE,
    "statement": "It was restored, and its rows agreed.",
    "attested_by": "Wei Zhang",
    "attested_on": "2026-01-20",
    "evidence": "https://wiki.example.com/restores/1",
    "sha256": "a" * 64,
    "expires": "2026-04-20",
}


def written(folder: Path, **changed: Any) -> Path:
    """A file of one attestation; None takes a key away."""
    entry = {name: value for name, value in {**ENTRY, **changed}.items() if value is not None}
    path = folder / "attestations.yaml"
    path.write_text(yaml.safe_dump({"attestations": [entry]}), encoding="utf-8")
    return path


def test_attestations_are_kept_with_the_digest_of_their_file(tmp_path: Path) -> None:
    """Days are days, and what it says can be told again; without a file there are none."""
    file = written(tmp_path, tag={"key": "team", "value": "a"})
    made = Attestation(
        "BKP-REC-001", "It was restored, and its rows agreed.", "Wei Zhang", date(2026, 1, 20),
        "https://wiki.example.com/restores/1", "a" * 64, date(2026, 4, 20), DATABASE, tag=("team", "a"),
    )  # fmt: skip

    found = load_attestations(file, CONTROLS)
    assert found == Attestations((made,), file.read_bytes(), sha256(file.read_bytes()).hexdigest())
    assert Attestation.of(made.told()) == made
    assert load_attestations(None, CONTROLS) == Attestations()


def test_the_example_is_one() -> None:
    """It can be copied."""
    example = Path(__file__).resolve().parents[3] / "examples" / "attestations.yaml"
    (one,) = load_attestations(example, CONTROLS).entries
    assert (one.control_id, one.subject) == ("BKP-REC-001", DATABASE)


def test_one_ends_at_most_so_many_days_after_it_was_said(tmp_path: Path) -> None:
    """The last of them is in it; whoever asks for no limit gets what is there."""
    file = written(tmp_path, expires="2027-01-20")
    assert load_attestations(file, CONTROLS, 365) == load_attestations(file, CONTROLS)
    with pytest.raises(UsageError) as refused:
        load_attestations(file, CONTROLS, 364)
    assert str(refused.value) == (
        f"{file}:6: it ends more than 364 days after 2026-01-20, when it was said (the setting "
        "max_attestation_days); write 2027-01-19 at the latest."
    )


@pytest.mark.parametrize(
    ("day", "holds"),
    [("2026-01-19", False), ("2026-01-20", True), ("2026-04-20", True), ("2026-04-21", False)],
)
def test_one_counts_from_its_day_through_its_last(day: str, *, holds: bool) -> None:
    """Both days are in it."""
    assert Attestation.of(ENTRY).holds(date.fromisoformat(day)) is holds


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"control_id": "BKP-REC-999"}, "there is no control BKP-REC-999"),
        ({"control_id": "BKP-COV-001"}, "nobody attests it; these can be: BKP-REC-001, BKP-REC-002"),
        ({"subject": None}, "it does not say what it covers"),
        ({"subject": "arn:aws-cn:rds:*:*:db:*"}, "is too wide"),
        ({"statement": "…"}, "'statement' says nothing; write what is so"),
        ({"evidence": " "}, "'evidence' says nothing; write where the proof of it lies"),
        ({"sha256": "abc"}, "it should be: The SHA-256 digest of the proof, 64 small hexadecimal digits"),
        ({"sha256": "A" * 64}, "64 small hexadecimal digits"),
        ({"sha256": None}, "sha256"),
        ({"expires": "2026-01-19"}, "it ends before it was said; write a day from 2026-01-20 on"),
        ({"attested_on": "2026-02-30"}, "write the day as YYYY-MM-DD"),
        ({"mood": "good"}, "mood"),
    ],
)
def test_what_proves_nothing_is_refused(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    """With the file and the line."""
    file = written(tmp_path, **changed)
    with pytest.raises(UsageError) as refused:
        load_attestations(file, CONTROLS)
    assert str(refused.value).startswith(f"{file}:")
    assert said in str(refused.value)
