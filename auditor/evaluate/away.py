"""The kinds of copies that lie away from what they are copies of: in another Region, in another account."""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.columns import among, coded
from auditor.evaluate.inventory import Inventory
from auditor.model.arn import place_of
from auditor.model.resource_types.row import Partitions, PossibleCopies

_ACCOUNT, _REGION = 0, 1  # parts of a place
#: The ARN of a vault, of which no part is a pattern. Of copies into another partition nothing is stated.
_VAULT: Final = re.compile(r"arn:(?P<partition>[a-z-]+):backup:[a-z0-9-]+:[0-9]{12}:backup-vault:.+")


@dataclass(frozen=True, slots=True)
class Away:
    """A kind: the `facts` about it, a tier's `demand`, and which `part` (a `word`) of its place differs."""

    facts: str
    demand: str
    part: int
    word: str

    def is_away(self, inventory: Inventory, vault_arn: str | None) -> bool:
        """Whether a vault lies away from the resources of an account and Region, as far as its ARN tells."""
        here = (inventory.scope.account.account_id, inventory.scope.region)
        return place_of(vault_arn or "")[self.part] not in ("", here[self.part])

    def lies_away(self, inventory: Inventory, vault_arn: str) -> bool | None:
        """The same, None where that is not known.

        A place that is declared may be a stand-in, and a text may be the ARN of no vault that can be reached.
        """
        here, there = inventory.scope, place_of(vault_arn)[self.part]
        own = (here.account.account_id, here.region)[self.part]
        vault = _VAULT.fullmatch(vault_arn)
        if not vault or (inventory.names(here.region) and vault["partition"] != here.account.partition):
            return None
        if there == own:
            return False
        return True if there and inventory.names(own) and inventory.names(there) else None

    def possible(self, copies: PossibleCopies) -> Partitions:
        """Where AWS Backup makes such copies of a resource type."""
        return copies.regions if self.part == _REGION else copies.accounts

    def away(self, inventory: Inventory, vaults: pa.ChunkedArray) -> NDArray[np.bool_]:
        """The same of each vault of a column."""
        codes, arns = coded(vaults)
        return np.array([*(self.is_away(inventory, arn) for arn in arns), False], bool)[codes]

    def lying_away(self, inventory: Inventory, points: pa.Table) -> NDArray[np.bool_]:
        """The same of each recovery point; `region` says in which Region it lies."""
        if self.part == _REGION:
            return ~among(points["region"], (inventory.scope.region,))
        return self.away(inventory, points["vault_arn"])

    def demanding(self, inventory: Inventory) -> list[int]:
        """The codes of the tiers that ask for such a copy."""
        tiers = inventory.scope.tiers.tiers
        return [code for code, name in enumerate(inventory.tier_names) if tiers[name].get(self.demand)]

    def asked(self, inventory: Inventory) -> NDArray[np.bool_]:
        """The resources whose tier asks for such a copy, or is not known."""
        return np.isin(inventory.tier, [ABSENT, *self.demanding(inventory)])


IN_REGION: Final = Away("copies", "copy", _REGION, "Region")
IN_ACCOUNT: Final = Away("account_copies", "account_copy", _ACCOUNT, "account")


@dataclass(frozen=True, slots=True)
class _Elsewhere(Away):
    """The kind that lies in another account or in another Region."""

    def is_away(self, inventory: Inventory, vault_arn: str | None) -> bool:
        """Whether a vault lies away from the resources of an account and Region, as far as its ARN tells."""
        return any(kind.is_away(inventory, vault_arn) for kind in (IN_REGION, IN_ACCOUNT))


ELSEWHERE: Final = _Elsewhere("apart", "three_two_one", _REGION, "account or Region")
