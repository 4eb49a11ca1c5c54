"""The calls of a run that failed."""

from collections.abc import Collection
from dataclasses import asdict
from hashlib import sha256
from threading import Lock

import pyarrow as pa

from auditor.aws.failures import Failure
from auditor.collect.columns import table_of
from auditor.evidence.table_schemas import EVERYTHING
from auditor.model.verdicts import Gap


class Gaps:
    """The gaps of a run, from many threads.

    One call that fails in the same way many times in an account and Region (for each of its vaults, say) is
    one gap: it keeps the message that sorts first and every table that is incomplete because of it. Tables
    other than `tables` are not read and cannot be incomplete.
    """

    def __init__(self, tables: Collection[str] = EVERYTHING) -> None:
        self._tables = frozenset(tables)
        self._lock = Lock()
        self._gaps: dict[str, Gap] = {}

    def add(
        self,
        account_id: str,
        region: str,
        service: str,
        operation: str,
        failure: Failure,
        provides: tuple[str, ...],
        about: str = "",
    ) -> None:
        """Record a failed call; `provides` names the tables that are incomplete because of it.

        Failures `about` different things are different gaps.
        """
        key = f"{account_id}|{region}|{service}|{operation}|{failure.code}" + (f"|{about}" if about else "")
        gap_id = f"gap-{sha256(key.encode()).hexdigest()[:12]}"
        with self._lock:
            known = self._gaps.get(gap_id)
            if known is not None:
                provides = (*known.provides, *provides)
            self._gaps[gap_id] = Gap(
                gap_id=gap_id,
                account_id=account_id,
                region=region,
                service=service,
                operation=operation,
                error=failure.code,
                message=min(failure.message, known.message) if known else failure.message,
                provides=tuple(sorted(self._tables.intersection(provides))),
            )

    def all(self) -> tuple[Gap, ...]:
        """List the gaps by account, Region, service, operation, error and message."""
        with self._lock:
            gaps = list(self._gaps.values())
        return tuple(
            sorted(
                gaps,
                key=lambda gap: (
                    gap.account_id,
                    gap.region,
                    gap.service,
                    gap.operation,
                    gap.error,
                    gap.message,
                    gap.gap_id,
                ),
            )
        )

    def table(self) -> pa.Table:
        """Make the table `gaps`."""
        return table_of("gaps", [asdict(gap) for gap in self.all()])
