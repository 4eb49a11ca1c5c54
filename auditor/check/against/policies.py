"""Policies that a change puts or takes away, held against those that a run recorded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from auditor.check.declared import Declaration
from auditor.check.declared_subjects import DeclaredSubject, FactDoubt
from auditor.check.native import LIFECYCLE_POLICY
from auditor.check.reading import Reading
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.needs import accepted_kinds
from auditor.evaluate.scope import ScopeFacts
from auditor.evaluate.vault_policies import VaultPolicy, vault_policies
from auditor.model.policy import Tiers
from auditor.model.vaults import Vault

SUBJECT: Final = "vault_policy"
#: The kind of what an input removes, by the ARN of its vault.
REMOVED: Final = "policy"
AFTER_APPLY: Final = "KnownAfterApply"


@dataclass(slots=True)
class PolicyChange:
    """The policies that a change puts, and the vaults that it takes theirs from, by the ARN of the vault."""

    put: dict[str, DeclaredSubject] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    @property
    def anything(self) -> bool:
        """Whether any policy is another after it."""
        return bool(self.put or self.taken)

    def applied(
        self, inventory: Inventory, recorded: Sequence[Vault], gone: Sequence[str]
    ) -> list[VaultPolicy]:
        """The policies after the change, of an inventory that had the vaults `recorded`; `gone` are not."""
        out = {*self.put, *self.taken, *gone}
        kept = [vault for vault in recorded if vault.arn not in out]
        put = [_policy(one, inventory.scope) for one in self.put.values()]
        return [*vault_policies(inventory, kept), *put]


def policies_changed(declared: Reading, inventory: Inventory) -> PolicyChange:
    """What inputs make of policies; one that does not change is left as it is recorded."""
    changing = {one.arn: one for one in declared.subjects if one.subject == SUBJECT and not one.stays}
    taken = {one.key for one in declared.removed if one.kind == REMOVED}
    if not (changing or taken):
        return PolicyChange()
    recorded: Mapping[str, VaultPolicy] = {
        one.arn: one for one in vault_policies(inventory, inventory.vaults) if not one.missing
    }
    change = PolicyChange(taken=taken - changing.keys())
    for arn, one in changing.items():
        held = recorded.get(arn)
        if held is None or one.doubts or held.less or held.facts != one.facts:
            change.put[arn] = one
    return change


def unheld(declared: Reading, tiers: Tiers) -> Iterator[Declaration]:
    """Where policies of Data Lifecycle Manager change of which a tier accepts that they back up something."""
    if LIFECYCLE_POLICY in accepted_kinds(tiers):
        for one in declared.lifecycle_policies:
            if one.prior is None or one.prior.changes:
                yield one.declaration


def _policy(one: DeclaredSubject, scope: ScopeFacts) -> VaultPolicy:
    gaps: dict[FactDoubt, tuple[str, ...]] = {}
    for path, (doubt, clause) in one.doubts.items():
        said = f"After the change, {path} of the policy of vault {one.name} is in doubt: {clause}."
        gaps[doubt] = (scope.unknown("check", AFTER_APPLY, f"{path} {one.arn}", said),)
    return VaultPolicy(
        one.arn,
        one.name,
        one.facts,
        missing=gaps.get(FactDoubt.MISSING, ()),
        more=gaps.get(FactDoubt.MORE, ()),
        less=gaps.get(FactDoubt.LESS, ()),
    )
