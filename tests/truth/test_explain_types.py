"""`auditor explain` of a subject of each type that an audit judges."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from auditor.catalogue.load import Catalogue
from tests.loopback.auditing import audit, command
from tests.loopback.kept import kept
from tests.loopback.organization_policies import governed, made
from tests.loopback.standing import VOLUME, standing
from tests.truth.explaining import told, verdicts

#: The types that the controls of an audit judge; the policy of a vault is explained with the vault.
TYPES = sorted({one.subject for one in Catalogue.load().controls if "audit" in one.moments})
COMPARED = {"evidence": {"backup_policies": {"compared": True}}}
COPIED = {"account_copy": {"retention_days": 7}}
WAIVED = {"control_id": "BKP-COV-001", "reason": "r", "approved_by": "a", "expires": "2026-03-31"}
ATTESTED = {
    "control_id": "BKP-REC-001",
    "statement": "s",
    "attested_by": "Ada",
    "attested_on": "2026-02-01",
    "evidence": "https://example.com/1",
    "sha256": "a" * 64,
    "expires": "2026-04-01",
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, tuple[str, str]]]]:
    """A run with a subject of each type at least: by type its ARN, and a control that judged it."""
    world = standing(35)
    made(governed(world))
    world.at().access_policies["main"] = '{"Statement": []}'
    folder = tmp_path_factory.mktemp("explained")
    attestations = folder / "attestations.yaml"
    attestations.write_text(yaml.safe_dump({"attestations": [{**ATTESTED, "subject": VOLUME}]}))
    waivers = [{**WAIVED, "subject": VOLUME}]
    before = audit(world, folder, accounts="organization", tier=COPIED, parameters=COMPARED, waivers=waivers,
                   attestations=str(attestations)).run  # fmt: skip
    command(world, "audit", "--config", str(before.parents[1] / "auditor.yaml"), "--untested")
    (run,) = {*before.parent.glob("[0-9]*")} - {before}
    table = pq.ParquetFile(run / "verdicts.parquet").read(["subject_type", "arn", "control_id"])
    first: dict[str, tuple[str, str]] = {}
    for row in table.to_pylist():
        first.setdefault(row["subject_type"], (row["arn"], row["control_id"]))
    with kept():
        yield run, first


@pytest.mark.long
@pytest.mark.parametrize("kind", TYPES)
def test_a_subject_of_each_type_is_explained(
    judged: tuple[Path, dict[str, tuple[str, str]]], kind: str
) -> None:
    """With the verdict that the run gave it."""
    run, first = judged
    arn, control = first[kind]

    found = told(run, arn)

    assert (found.subject.arn, control in verdicts(found)) == (arn, True)
