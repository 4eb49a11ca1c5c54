"""What is told of one resource."""

from typing import Any

import pytest

from auditor.explain import explain
from auditor.model.settings import Settings


@pytest.mark.parametrize("table", ["backup_jobs", "backup_plans"])
def test_no_slot_is_told_where_jobs_or_plans_were_not_read(world: Any, table: str) -> None:
    """A job that nobody could look for was not missed."""
    world.plan()
    world.backup(3)
    world.gap(table)
    world.subjects()
    told = explain(world.folder / "run", world.volume, Settings(as_of=world.as_of))
    assert (list(told.slots), len(told.unread)) == ([], 1)
