"""Whether a declaration and a record of the evidence do the same, however each is written."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from auditor.derive.lock import lock_mode
from auditor.model.plans import BackupPlan, Rule, Selection
from auditor.model.vaults import VaultLock

#: What AWS Backup answers where a plan names no time zone.
_UTC: Final = "Etc/UTC"


def same_rules(held: BackupPlan, plan: BackupPlan) -> bool:
    """Whether two plans back up alike; a plan that is not understood is like none."""

    def rules(of: BackupPlan) -> list[Rule]:
        return [
            replace(rule, rule_id="", timezone="UTC" if rule.timezone == _UTC else rule.timezone)
            for rule in of.rules
        ]

    return not (held.fault or plan.fault) and rules(held) == rules(plan)


def same_choice(held: Selection, selection: Selection) -> bool:
    """Whether two selections of one plan choose alike."""

    def choice(of: Selection) -> tuple[object, ...]:
        texts = (of.resources, of.not_resources, of.list_of_tags)
        return (*(sorted(some) for some in texts), sorted(map(repr, of.conditions)))

    return not (held.fault or selection.fault) and choice(held) == choice(selection)


def same_tags(held: Mapping[str, str], tags: Mapping[str, str]) -> bool:
    """Whether a resource has the same tags; those that AWS itself gives are in no input."""
    return dict(held) == {**of_aws(held), **tags}


def of_aws(held: Mapping[str, str] | None) -> dict[str, str]:
    """The tags that AWS itself gives, which no input can change."""
    return {key: text for key, text in (held or {}).items() if key.startswith("aws:")}


def same_lock(held: VaultLock, lock: VaultLock) -> bool:
    """Whether two locks have one mode and one range; when one comes into force is not declared."""

    def ends(of: VaultLock) -> tuple[object, ...]:
        return lock_mode(of), of.min_retention_days, of.max_retention_days

    return ends(held) == ends(lock)
