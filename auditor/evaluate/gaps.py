"""Which failed calls stand between us and a fact."""

from collections.abc import Iterable
from dataclasses import dataclass

from auditor.evidence.tables import PARTITIONED
from auditor.model.verdicts import Gap

Scope = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Gaps:
    """The gaps of a run, by what they leave unknown.

    An account or Region that was denied is a gap of every table.
    """

    gaps: tuple[Gap, ...]

    def ids(self, tables: Iterable[str], account_id: str, region: str | None = None) -> tuple[str, ...]:
        """Ids of the gaps in any of `tables` of one account and Region; `region` None is the whole account.

        A gap without a Region (a denied role, a global call) leaves every Region of its account unknown.
        """
        wanted = set(tables)
        return tuple(
            gap.gap_id
            for gap in self.gaps
            if gap.account_id == account_id
            and (region is None or gap.region in ("", region))
            and wanted.intersection(gap.provides)
        )

    def anywhere(self, table: str) -> tuple[str, ...]:
        """Ids of the gaps in `table`, whatever the account and Region."""
        return tuple(gap.gap_id for gap in self.gaps if table in gap.provides)

    def scopes(self, table: str) -> list[Scope]:
        """Accounts and Regions whose `table` is incomplete; ("…", "") is a whole account. Sorted."""
        if table not in PARTITIONED:
            raise KeyError(table)
        return sorted({(gap.account_id, gap.region) for gap in self.gaps if table in gap.provides})
