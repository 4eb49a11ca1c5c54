"""Backups of file systems and gateways that were deleted in their own service, as far as moto has these."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.contract.executor.native_backups import (
    LATER,
    MORE_KINDS,
    START,
    Native,
    back_up,
    described,
    gone,
    in_vault,
)
from tests.contract.executor.world import World


@pytest.mark.parametrize("kind", MORE_KINDS)
def test_a_backup_that_was_deleted_in_its_service_is_gone(
    whole_world: World, kind: Callable[[World], Native]
) -> None:
    """It is not in its vault, and it is said why; the others stay as they are."""
    whole_world.backup().create_backup_vault(BackupVaultName="night")
    resource, delete = kind(whole_world)
    first, second = back_up(whole_world, resource), back_up(whole_world, resource)
    delete(first)
    whole_world.run(LATER)

    assert described(whole_world, first) == gone(first, START + timedelta(hours=4))
    assert described(whole_world, second) == "COMPLETED"
    assert in_vault(whole_world) == [second]
