"""The keys that vaults are encrypted with: whether they can still be used after the change."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from auditor.check.declared import Declaration, Place
from auditor.check.declared_subjects import DeclaredSubject, FactDoubt
from auditor.evaluate.vault_keys import AWS, CUSTOMER

Json = Any

_ALIAS: Final = ":alias/"
#: In the ARN or name of an alias of a key that AWS manages.
_OF_AWS: Final = "alias/aws/"


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


class KeyOfVault(NamedTuple):
    """Who manages the key of a vault, CUSTOMER or AWS: "" where it is not known, because of `fault`.

    `key` is its ARN then, where that is known.
    """

    manager: str
    fault: str = ""
    key: str = ""


def keys_of_vaults(
    keys: Iterable[DeclaredKey], uses: Iterable[KeyUse], aliases: Mapping[str, str]
) -> dict[tuple[Place, str], KeyOfVault]:
    """Who manages the key of each vault, by its account and Region and its name.

    What an input makes is the customer's, and so is what an alias stands for that it makes: KMS makes none
    for a key of AWS, whose aliases begin with `alias/aws/` (aws-backup.md 4.16).
    """
    made = {key.arn for key in keys}
    found: dict[tuple[Place, str], list[KeyOfVault]] = {}
    for use in uses:
        found.setdefault((use.place, use.vault), []).append(_managed(use, made, aliases))
    return {vault: _agreed(told) for vault, told in found.items()}


def _agreed(told: Sequence[KeyOfVault]) -> KeyOfVault:
    """What all inputs together tell of the key of a vault: one that names it counts, unless two disagree."""
    known = {one for one in told if one.manager or one.key}
    if len(known) > 1:
        return KeyOfVault("", "the inputs name different keys of it")
    return known.pop() if known else told[-1]


def _managed(use: KeyUse, made: Container[str], aliases: Container[str]) -> KeyOfVault:
    if use.fault:
        return KeyOfVault("", use.fault)
    if not use.key or _OF_AWS in use.key:
        return KeyOfVault(AWS)
    if use.key in made or use.key in aliases:
        return KeyOfVault(CUSTOMER)
    return KeyOfVault("", f"no input makes {use.key}", use.key)


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
