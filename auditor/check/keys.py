"""The keys that vaults are encrypted with: whether they can be used after the change, and whose they are."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from auditor.check.declared import Declaration, Place
from auditor.check.declared_subjects import DeclaredSubject, FactDoubt
from auditor.check.key_managers import ToldKey, agreed, managed_key
from auditor.model.key_managers import AWS

Json = Any

_ALIAS: Final = ":alias/"


@dataclass(frozen=True, slots=True)
class DeclaredKey:
    """A key of KMS: its state after the change is enabled, disabled or deleted, "" where `fault` hides it."""

    place: Place
    arn: str
    declaration: Declaration
    state: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A vault, and the ARN of its key: "" where it is not known, because of `fault`.

    The ARN may be that of an alias that no input has.
    """

    vault: str
    place: Place
    key: str
    fault: str = ""


def keys_of_vaults(known: Mapping[str, str], uses: Iterable[KeyUse]) -> dict[tuple[Place, str], ToldKey]:
    """Who manages the key of each vault, by its account and Region and its name.

    `known` has the managers of keys by their ARNs.
    """
    found: dict[tuple[Place, str], list[ToldKey]] = {}
    for use in uses:
        found.setdefault((use.place, use.vault), []).append(_managed(use, known))
    return {vault: agreed(told) for vault, told in found.items()}


def _managed(use: KeyUse, known: Mapping[str, str]) -> ToldKey:
    if use.fault:
        return ToldKey("", use.fault)
    return managed_key(use.key, known) if use.key else ToldKey(AWS)


def key_subjects(
    keys: Iterable[DeclaredKey], uses: Iterable[KeyUse], aliases: Mapping[str, str]
) -> Iterator[DeclaredSubject]:
    """Each key that a vault uses, and each that is not enabled and that a vault may use.

    `aliases` has for the ARN of an alias that of its key, "" where that is not known.
    """
    users: dict[str, list[str]] = {}
    open_: dict[Place, KeyUse] = {}
    for use in uses:
        named = aliases.get(use.key, use.key)
        if _ALIAS in use.key and (not named or _ALIAS in named):
            unsaid = "not known" if use.key in aliases else "not among the inputs"
            clause = f"which key {use.key} stands for is {unsaid}"
            open_.setdefault(use.place, replace(use, key="", fault=clause))
        elif named:
            users.setdefault(named, []).append(use.vault)
        elif use.fault:
            open_.setdefault(use.place, use)
    for key in keys:
        vaults, hidden = users.get(key.arn, []), open_.get(key.place)
        if not vaults and (hidden is None or key.state == "enabled"):
            continue
        facts: dict[str, Json] = {"key.vaults": vaults}
        doubts: dict[str, tuple[FactDoubt, str]] = {}
        if key.fault:
            doubts["key.state"] = (FactDoubt.MISSING, key.fault)
        else:
            facts["key.state"] = key.state
        if not vaults and hidden is not None:
            clause = f"whether the vault {hidden.vault} is encrypted with it is not known: {hidden.fault}"
            doubts["key.state"] = (FactDoubt.LESS if not key.fault else FactDoubt.MISSING, clause)
        yield DeclaredSubject(key.place, "key", key.arn, key.arn, key.declaration, facts, doubts)
