"""Backups of file systems and gateways that were deleted in their own service, as far as moto has these."""

from collections.abc import Callable

import pytest

from tests.contract.executor.native_backups import (
    MORE_KINDS,
    Native,
    only_what_was_deleted_is_gone,
)
from tests.contract.executor.world import World


@pytest.mark.parametrize("kind", MORE_KINDS)
def test_a_backup_that_was_deleted_in_its_service_is_gone(
    whole_world: World, kind: Callable[[World], Native]
) -> None:
    """It is not in its vault, and it is said why; the others stay as they are."""
    only_what_was_deleted_is_gone(whole_world, kind)
