"""The facts that are made and the facts that the schemas promise are the same."""

from typing import Any

import pytest

from auditor.catalogue.load import shipped_schemas
from auditor.catalogue.schemas import paths
from auditor.evaluate.check import FactSchema
from tests.unit.evaluate.conftest import World

SCHEMAS = shipped_schemas()[0]


@pytest.mark.parametrize("subject", ["resource", "plan", "vault", "vault_policy", "key", "recovery_point"])
def test_every_fact_of_the_schema_is_made_and_no_other(world: World, subject: str) -> None:
    """A policy author can rely on the schema: each path in it is a column, or a part of one."""
    schema = SCHEMAS[subject]
    subjects = world.subjects()
    frame = next(one for one in subjects.frames() if one.subject == subject)
    promised = set(paths(schema)) - {"as_of"}
    tops = {
        path for path in promised - set(frame.facts) if any(one.startswith(f"{path}.") for one in frame.facts)
    }
    rows = {
        path
        for path in promised - tops
        if not any(path.startswith(f"{other}.") for other in promised - tops if other != path)
    }
    places = f"policies/schemas/{subject}.json", "auditor/evaluate"
    assert [f"{path}: {places[0]} has no row for it" for path in sorted(set(frame.facts) - rows)] == []
    assert [f"{path}: nothing in {places[1]} makes it" for path in sorted(rows - set(frame.facts))] == []


@pytest.mark.parametrize("subject", ["resource", "plan", "vault", "vault_policy", "key", "recovery_point"])
def test_every_fact_is_as_the_schema_says(world: World, subject: str) -> None:
    """A lived-in account: backups, a failure, a lock, a copy; every value of every fact is checked."""
    world.plan({"CopyActions": [{"DestinationBackupVaultArn": world.far_vault}]})
    world.add("backup_vaults", arn=world.vault, name="main", locked=True, min_retention_days=7)
    for number in range(30):
        failed: dict[str, Any] = {"state": "FAILED", "message": "no"} if number == 7 else {}
        world.backup(number, **failed)
    world.point("copy", world.night(20), world.away, source_vault_arn=world.vault)
    world.add("copy_jobs", job_id="c", resource_arn=world.volume, state="FAILED", created_at=world.night(3),
              destination_vault_arn=world.far_vault)  # fmt: skip
    check = FactSchema(SCHEMAS[subject])
    subjects = world.subjects()
    faults = [
        fault
        for frame in subjects.frames()
        if frame.subject == subject
        for path, column in frame.facts.items()
        for index in range(frame.size)
        if (value := column.at(index)) is not None and (fault := check(path, value)) is not None
    ]
    assert faults == []
