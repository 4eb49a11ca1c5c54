"""Which failed calls stand between us and a fact."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Final

from auditor.evidence.table_schemas import PARTITIONED
from auditor.model.verdicts import Gap

Scope = tuple[str, str]

#: The `service` of a gap that no call of AWS explains: what was answered does not decide it.
OURS: Final = "auditor"
#: The `error` of a gap that hides the jobs of some days only: the others were listed.
HISTORY_LIMIT: Final = "HistoryLimit"


@dataclass(frozen=True)
class GapIndex:
    """The gaps of a run, by what they leave unknown.

    An account or Region that was denied is a gap of every table.
    """

    gaps: tuple[Gap, ...]

    def ids(self, tables: Iterable[str], account_id: str, region: str | None = None) -> tuple[str, ...]:
        """Ids of the gaps in any of `tables` of one account and Region; `region` None is the whole account.

        A gap without a Region (a denied role, a global call) leaves every Region of its account unknown.
        """
        return tuple(gap.gap_id for gap in self.of(tables, account_id, region))

    def of(self, tables: Iterable[str], account_id: str, region: str | None = None) -> tuple[Gap, ...]:
        """The gaps of these ids."""
        wanted = set(tables)
        held = self._of_account.get(account_id, {})
        regions = held if region is None else {"", region}
        found = sorted(number for one in regions for number in held.get(one, ()))
        return tuple(
            gap
            for gap in map(self.gaps.__getitem__, found)
            if gap.error != HISTORY_LIMIT and wanted.intersection(gap.provides)
        )

    @cached_property
    def _of_account(self) -> dict[str, dict[str, list[int]]]:
        """The numbers of the gaps of each account, by Region: there may be as many as places that ask."""
        found: dict[str, dict[str, list[int]]] = {}
        for number, gap in enumerate(self.gaps):
            found.setdefault(gap.account_id, {}).setdefault(gap.region, []).append(number)
        return found

    def history(self, account_id: str, region: str) -> tuple[str, ...]:
        """Ids of the gaps that say that the jobs of the period's first days are no longer listed here."""
        held = map(self.gaps.__getitem__, self._of_account.get(account_id, {}).get(region, ()))
        return tuple(gap.gap_id for gap in held if gap.error == HISTORY_LIMIT)

    def anywhere(self, table: str) -> tuple[str, ...]:
        """Ids of the gaps in `table`, whatever the account and Region."""
        return self._of_table.get(table, ())

    @cached_property
    def _of_table(self) -> dict[str, tuple[str, ...]]:
        """The ids of the gaps in each table."""
        found: dict[str, list[str]] = {}
        for gap in self.gaps:
            if gap.error != HISTORY_LIMIT:
                for table in dict.fromkeys(gap.provides):
                    found.setdefault(table, []).append(gap.gap_id)
        return {table: tuple(ids) for table, ids in found.items()}

    def of_organization(self, table: str) -> tuple[Gap, ...]:
        """The gaps in `table` of calls to AWS Organizations, whatever account they are about."""
        return tuple(gap for gap in self._of_organizations if table in gap.provides)

    @cached_property
    def _of_organizations(self) -> tuple[Gap, ...]:
        """The gaps of calls to AWS Organizations, of which there are far fewer than of others."""
        return tuple(gap for gap in self.gaps if gap.service == "organizations")

    def scopes(self, table: str) -> list[Scope]:
        """Accounts and Regions whose `table` is incomplete; ("…", "") is a whole account. Sorted."""
        if table not in PARTITIONED:
            raise KeyError(table)
        return sorted({(gap.account_id, gap.region) for gap in self.gaps if table in gap.provides})


class Unknowns:
    """What the evidence of a run leaves undecided although no call failed: gaps of their own.

    One gap for each thing that is undecided (a selection, a schedule, a place that was not read), whatever
    the number of subjects that it leaves unknown. `found` has them by id.
    """

    def __init__(self) -> None:
        self.found: dict[str, Gap] = {}

    def add(self, account_id: str, region: str, operation: str, error: str, about: str, message: str) -> str:
        """Record one and give its id; `about` tells it from others of its kind, `message` is a sentence."""
        key = f"{account_id}|{region}|{operation}|{error}|{about}"
        gap_id = f"unknown-{sha256(key.encode()).hexdigest()[:12]}"
        self.found.setdefault(
            gap_id, Gap(gap_id, account_id, region, OURS, operation, error, message, provides=())
        )
        return gap_id
