"""The users and roles of the evidence, account by account, with the documents that their policies are.

They are read where a parameter asks who may destroy backups, or for the roles of selections.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from auditor.derive.destroyers import IamPrincipal
from auditor.evidence.table_schemas import PRINCIPALS

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

ROLE_STATES: Final = "role_states"
#: The ARN of each role of an account, with the document that says who may take it on.
Trusts = Mapping[str, str | None]


class AccountsPrincipals:
    """The users and roles of all accounts of a run, as columns until an account is asked."""

    def __init__(self, evidence: "Evidence") -> None:
        self._documents = {
            row["digest"]: row["document"] for row in evidence.read("principal_policies").to_pylist()
        }
        self._table = evidence.read(PRINCIPALS)
        self._rows: defaultdict[str, list[int]] = defaultdict(list)
        for row, account_id in enumerate(self._table["account_id"].to_pylist()):
            self._rows[account_id].append(row)

    def of(self, account_id: str) -> list[IamPrincipal]:
        """The users and roles of an account."""
        own = self._table.take(pa.array(self._rows.get(account_id, []), pa.int64()))
        found = []
        for row in own.to_pylist():
            trust = None if row["trust"] is None else self._documents.get(row["trust"])
            found.append(IamPrincipal(row["arn"], dict(row["policies"]), row["boundary"], trust))
        return found

    def documents_of(self, principals: Sequence[IamPrincipal]) -> dict[str, str]:
        """The documents of these by digest."""
        held = {digest for one in principals for digest in (*one.policies.values(), one.boundary or "")}
        return {digest: self._documents[digest] for digest in sorted(held) if digest in self._documents}


def reads_roles(parameters: Mapping[str, Any]) -> bool:
    """Whether `parameters` (parameters.yaml, checked) ask for them."""
    return bool(parameters.get("evidence", {}).get("selection_roles", {}).get("read", False))


class RoleTrusts:
    """The roles of the accounts of a run; those of the account that was asked last are kept."""

    def __init__(self, evidence: "Evidence") -> None:
        self._evidence = evidence
        self._last: tuple[str, Trusts] = ("", {})

    @cached_property
    def _principals(self) -> AccountsPrincipals:
        return AccountsPrincipals(self._evidence)

    def of(self, account_id: str) -> Trusts:
        """The roles of an account; none where they were not read."""
        if self._last[0] != account_id:
            roles = (one for one in self._principals.of(account_id) if ":role/" in one.arn)
            self._last = account_id, {one.arn: one.trust for one in roles}
        return self._last[1]
