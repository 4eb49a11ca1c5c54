"""The policies of vaults that inputs declare: what they open to everybody and to other accounts."""

from typing import Any

from auditor.check.declared import Declaration, Place
from auditor.check.declared_subjects import DeclaredSubject, FactDoubt
from auditor.derive.vault_access import vault_access
from auditor.model.documents import UnreadableDocument

Json = Any


def vault_policy(
    place: Place, arn: str, vault: str, where: Declaration, document: Json, fault: str = ""
) -> DeclaredSubject:
    """The policy of the vault `arn`; `fault` says why it is not known, in a clause, "" where it is."""
    facts: dict[str, Json] = {"policy.vault": vault}
    doubts: dict[str, tuple[FactDoubt, str]] = {}
    if not fault:
        try:
            known = place.account_id not in place.unknown
            found = vault_access(document, place.account_id, known=known)
        except UnreadableDocument as error:
            fault = f"it cannot be understood: {error}"
        else:
            facts |= found.facts
            if found.more:
                doubts["policy.open_to_accounts"] = (FactDoubt.MORE, found.more)
            if found.less:
                doubts["policy.open_to_everyone"] = (FactDoubt.LESS, found.less)
    if fault:
        doubts["policy.open_to_everyone"] = (FactDoubt.MISSING, f"what it allows is not known: {fault}")
    return DeclaredSubject(place, "vault_policy", arn, vault, where, facts, doubts)
