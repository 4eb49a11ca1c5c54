"""Matters of a register of legal holds: what each demands to be held, where and until when."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter and the hold that it demands in each of its accounts and Regions.

    `hold` is the hold's title or its id. Without `vaults` it demands recovery points of every vault, without
    `resources` (ARNs and resource types) of every resource. `first` and `last` are days of creation, UTC;
    None: no limit. `until` is the last day, UTC, on which the matter is open; None: it has no end yet.
    """

    name: str
    hold: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    owner: str
    vaults: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    until: date | None = None

    def is_open(self, on: date) -> bool:
        """Whether it is open on that day, UTC."""
        return self.until is None or on <= self.until

    def demands(self, account_id: str, region: str) -> bool:
        """Whether it demands a hold in that account and Region."""
        return account_id in self.accounts and region in self.regions


Matters = tuple[Matter, ...]
