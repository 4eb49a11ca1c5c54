"""Which accounts are members of the organization that a run read, as conditions of policies ask it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from auditor.derive.organization_conditions import NOT_KNOWN, Members
from auditor.evaluate.gaps import GapIndex
from auditor.evidence.table_schemas import OU_PATHS
from auditor.model.organization import Account

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

_SEEN: Final = "organization"


def members_of(evidence: "Evidence", accounts: Mapping[str, Account], known: GapIndex) -> Members:
    """The accounts that AWS Organizations lists, the one that asked it, and its management account.

    No other one is a member where the whole organization was read without a gap. Where the manifest does not
    name the organization, nothing is known but of an account that was told that it is in none.
    """
    said = evidence.metadata.get("provenance") or {}
    organization_id = said.get(_SEEN, {}).get("id", "")
    if not organization_id:
        alone = next((account_id for account_id, one in accounts.items() if one.alone), "")
        return Members(alone=alone) if alone else NOT_KNOWN
    surely = (said["caller"]["account_id"], said[_SEEN]["management_account_id"])
    paths = {account_id: "" for account_id in surely if account_id} | {
        one.account_id: "/".join((organization_id, *one.parents, ""))
        for one in accounts.values()
        if one.parents is not None
    }
    whole = bool(evidence.metadata.get("management_account_id")) and not known.of_organization(OU_PATHS)
    return Members(organization_id, paths, whole, said[_SEEN]["management_account_id"])
