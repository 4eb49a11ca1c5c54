"""What a document says of itself: how it came about, what was looked at, and what others count.

<run>/scope.parquet, exempt.parquet, reconciliation.parquet    the whole of what the document shows part of
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from auditor.evaluate.subjects import Subjects
from auditor.judge import exempt, reconcile
from auditor.judge.provenance import JudgedBy, provenance
from auditor.judge.row_groups import RowGroups
from auditor.judge.scope import accounts_left_out, places, write_scope
from auditor.judge.scope_part import scope_part
from auditor.judge.written import written

SCOPE: Final = "scope.parquet"
EXEMPT: Final = "exempt.parquet"
RECONCILIATION: Final = "reconciliation.parquet"


def statements(
    run: Path, subjects: Subjects, by: JudgedBy, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The parts of the document by name, when everything has been judged; their files are written to `run`.

    `before` is the part `provenance` of an earlier judgement.

    Raises:
        AuditorError: a file cannot be written.
    """
    left_out = accounts_left_out(subjects)
    listed = subjects.evidence.read("organization_accounts").to_pylist()
    names = {row["account_id"]: row["name"] for row in listed}
    names |= {one.account_id: one.name for one in subjects.accounts.values() if one.name}
    found = list(places(subjects, left_out))
    with written(run / SCOPE) as file:
        write_scope(file, found, names)
    with written(run / EXEMPT) as file, RowGroups(file, exempt.SCHEMA) as rows:
        exempted = exempt.ExemptResources(rows)
        exempted.add(subjects.inventories)
    with written(run / RECONCILIATION) as file, RowGroups(file, reconcile.SCHEMA) as rows:
        compared = reconcile.Reconciliation(rows)
        compared.compare(subjects)
    return {
        "provenance": provenance(subjects.evidence, by, before),
        "scope": scope_part(subjects, found, names, exempted.counted(), compared.tagged),
        "reconciliation": compared.document(),
    }
