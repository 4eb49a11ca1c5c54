"""What holds for every subject of a check: tiers, time, opt-ins, and the organizational units of accounts."""

from dataclasses import replace

from auditor.catalogue.load import Catalogue
from auditor.check.declared_frames import Circumstances
from auditor.derive.selection import EmptySelection
from auditor.evaluate.account_quotas import AccountLimits
from auditor.evaluate.readings import selection_settings
from auditor.model.policy import Tiers
from auditor.model.settings import Settings


def circumstances_of(
    catalogue: Catalogue, settings: Settings, unit: str | None, *, assume_opted_in: bool
) -> Circumstances:
    """What holds for every subject of a check; `unit` is the path that is stated, None where none is."""
    return Circumstances(
        catalogue.tiers,
        # CreateBackupSelection refuses a selection with neither resources nor tags: it is never made
        replace(selection_settings(settings), empty_selection=EmptySelection.NOTHING),
        settings.as_of,
        True if assume_opted_in else None,
        None if unit is None else unit_path(unit),
        AccountLimits.of(catalogue.data["parameters"]),
    )


def unit_path(stated: str) -> tuple[str, ...]:
    """The names of a path of organizational units, from the top; () is the root."""
    return tuple(part for part in stated.split("/") if part)


def units_of(tiers: Tiers, stated: str | None) -> list[tuple[str, ...]]:
    """The paths of organizational units that the accounts may have; `stated` is the one that is known."""
    if stated is not None:
        return [unit_path(stated)]
    units = sorted({unit for entry in tiers.assignment for unit in entry.organizational_units})
    return [(), *((unit,) for unit in units)]
