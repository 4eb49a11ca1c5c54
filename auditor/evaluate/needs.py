"""Which tables of the evidence a fact is made of: what a run collects, and which gaps it needs.

A fact that is not named here, or of another subject, is taken to need everything.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from auditor.evidence.tables import AGES, EVERYTHING, OU_PATHS
from auditor.model.policy import Control, Tiers

Tables = frozenset[str]

_RESOURCES: Final = frozenset({"resources"})
_PLANS: Final = frozenset({"backup_plans"})
_VAULTS: Final = frozenset({"backup_vaults"})
#: Recovery points are read vault by vault.
_POINTS: Final = _VAULTS | {"recovery_points"}
_TIER: Final = _RESOURCES | {OU_PATHS}
#: What selects a resource; recorded jobs settle what AWS's documents leave open.
_SELECTION: Final = _RESOURCES | _PLANS | {"backup_selections", "region_settings", "backup_jobs"}
#: Of resources whose listing does not tell their age, jobs and recovery points do.
_AGE: Final = _RESOURCES | _POINTS | {AGES, "backup_jobs"}
_DELETIONS: Final = _RESOURCES | _POINTS | _PLANS | {"backup_jobs", "copy_jobs"}
_HISTORY: Final = _SELECTION | _AGE | {"copy_jobs"}

#: By subject: what lists it (""), and its facts by path; the longest path that fits counts.
SOURCES: Final[Mapping[str, Mapping[str, Tables]]] = {
    "resource": {
        "": _RESOURCES,
        "tier": _TIER,
        "resource": _RESOURCES,
        "resource.age_hours": _AGE,
        "resource.created_at": _AGE,
        "protection": _SELECTION,
        "backups": _HISTORY,
        "backups.deleted_early": _DELETIONS,
        "backups.deleted_early_first": _DELETIONS,
        "slots": _HISTORY,
        "copies": _HISTORY,
    },
    "plan": {
        "": _PLANS,
        "plan": _PLANS,
        "tiers": _SELECTION | _TIER,
        "cadences": _SELECTION | _TIER,
        "lifecycles": _SELECTION | _VAULTS,
    },
    "vault": {
        "": _VAULTS,
        "vault": _VAULTS,
        "vault.demanded_lock": _SELECTION | _TIER | _POINTS,
        "vault.demanded_by": _SELECTION | _TIER | _POINTS,
    },
    "recovery_point": {
        "": _POINTS,
        "tier": _POINTS | _TIER,
        "recovery_point": _POINTS,
        "recovery_point.key_manager": _POINTS | {"keys"},
        "recovery_point.job_id": _POINTS | {"backup_jobs", "copy_jobs"},
    },
}


def tables_of(controls: Iterable[Control], tiers: Tiers) -> Tables:
    """The tables that `controls` need, in the words of a gap's `provides`.

    OU paths are among them only where an assignment of a tier asks for organizational units.
    """
    found = frozenset[str]().union(*(_of_control(control) for control in controls))
    by_unit = any(entry.organizational_units for entry in tiers.assignment)
    return found if by_unit else found - {OU_PATHS}


def _of_control(control: Control) -> Tables:
    facts = SOURCES.get(control.subject)
    if facts is None:
        return EVERYTHING
    return facts[""].union(*(source(facts, path) for path in (*control.reads, *control.cites)))


def source(facts: Mapping[str, Tables], path: str) -> Tables:
    """The tables of the fact at `path`, and of the facts below it."""
    below = [tables for known, tables in facts.items() if known.startswith(f"{path}.")]
    held = path
    while held and held not in facts:
        held = held.rpartition(".")[0]
    if not held:
        return EVERYTHING
    return facts[held].union(*below)
