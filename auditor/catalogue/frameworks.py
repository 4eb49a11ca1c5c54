"""Frameworks: what standards and laws ask of backups, and which controls give evidence of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from auditor.catalogue.layers import FRAMEWORKS
from auditor.catalogue.moments import AUDIT
from auditor.model.audit_manager import FRAMEWORK
from auditor.model.errors import UsageError
from auditor.model.policy import Tiers
from auditor.model.settings import FRAMEWORK_ID
from auditor.yaml_files.document import Document, parse

if TYPE_CHECKING:
    from auditor.catalogue.load import Catalogue

#: What a requirement limits of the tiers, and the key of a tier that has it.
_LONGEST, _RPO = "longest_rpo_hours", "rpo_hours"
#: What a requirement of immutable copies limits: a lock in governance mode can be taken away.
_UNLOCKED, _LOCK, _LASTING = "tiers_without_compliance_lock", "lock", "compliance"
#: What a requirement of systems apart from the source limits, and the key of a tier's restores that has it.
_AT_HOME, _RESTORES, _APART = "tiers_restored_in_own_account", "restore_test", "other_account"
#: Whose controls judge the exceptions, whatever the framework.
_ALWAYS: Final = ("waiver", "attestation")


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one place of a framework asks; `why` says why no control gives evidence of it, else ""."""

    id: str
    asks: str
    source: str
    controls: tuple[str, ...]
    why: str
    tighten: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Framework:
    """A standard or law; `id` is the name of its file."""

    id: str
    title: str
    source: str
    requirements: tuple[Requirement, ...]

    @property
    def controls(self) -> frozenset[str]:
        """The ids of all controls that give evidence of something."""
        return frozenset(id_ for one in self.requirements for id_ in one.controls)

    @property
    def limits(self) -> dict[str, float]:
        """What is allowed at most, the strictest where several requirements name it."""
        found: dict[str, float] = {}
        for one in self.requirements:
            for name, value in one.tighten.items():
                found[name] = min(value, found.get(name, value))
        return found


def load_frameworks(catalogue: "Catalogue", *, whole: bool = True) -> tuple[Framework, ...]:
    """The frameworks of the policies, by id; none where their folder has none.

    With `whole`, each control that they name has to be there; without, one that is not there gives no
    evidence, as of policies from which somebody took a control out.

    Raises:
        UsageError: one is wrong, or names a control that is not there; with its file and line.
    """
    known, schema = catalogue.control_ids if whole else None, catalogue.schemas["framework"]
    files = {path: text for path, text in catalogue.files.items() if path.startswith(f"{FRAMEWORKS}/")}
    return tuple(
        framework_of(parse(text, str(catalogue.sources[path])), PurePosixPath(path).stem, schema, known)
        for path, text in sorted(files.items())
    )


def named(frameworks: Sequence[Framework], wanted: str) -> Framework:
    """The framework of that id.

    Raises:
        UsageError: there is none; with the ids that there are.
    """
    for one in frameworks:
        if one.id == wanted:
            return one
    known = ", ".join(one.id for one in frameworks) or "none"
    raise UsageError(f"there is no framework {wanted!r}; the policies have {known}.")


def for_framework(catalogue: "Catalogue", wanted: str | None) -> "Catalogue":
    """The policies as an audit for one framework asks them: its controls, and no more than it allows.

    Controls over waivers and attestations are asked too. None is every control but those that only an audit
    for their framework asks. Of those of Audit Manager it is those that `catalogue.asked` has.

    Raises:
        UsageError: there is no such framework, or an audit can ask none of its controls.
    """
    if wanted is None:
        return replace(catalogue, controls=tuple(one for one in catalogue.controls if not one.only_for))
    found = named(load_frameworks(catalogue), wanted)
    asked = [
        one
        for one in catalogue.controls
        if one.id in found.controls and (one.only_for != FRAMEWORK or catalogue.asked.asks(one.id))
    ]
    if not any(AUDIT in one.moments for one in asked):
        raise UsageError(f"no control of the framework {wanted!r} is asked by an audit; name another one.")
    limits = found.limits
    tiers = {name: _tightened(tier, limits) for name, tier in catalogue.tiers.tiers.items()}
    parameters = catalogue.data["parameters"]
    controls = {
        name: min(value, limits[name]) if name in limits else value
        for name, value in parameters["controls"].items()
    }
    return replace(
        catalogue,
        controls=tuple(one for one in catalogue.controls if one in asked or one.subject in _ALWAYS),
        tiers=Tiers(tiers, catalogue.tiers.assignment, catalogue.tiers.default),
        data={
            **catalogue.data,
            "tiers": {**catalogue.data["tiers"], "tiers": tiers},
            "parameters": {**parameters, "controls": controls},
        },
    )


def reported(catalogue: "Catalogue", wanted: str | None) -> tuple[Framework, ...]:
    """The frameworks that a run's document tells of.

    One whose controls only an audit for it asks is told of there alone.
    """
    alone = {one.id for one in catalogue.controls if one.only_for}
    found = load_frameworks(catalogue, whole=False)
    return tuple(one for one in found if wanted or not one.controls or not one.controls <= alone)


def allowed(catalogue: "Catalogue") -> dict[str, float]:
    """What the policies allow at most, by the names of `Framework.limits`: the loosest tier counts."""
    tiers = [tier for tier in catalogue.tiers.tiers.values() if tier["required"]]
    loosest = max((tier[_RPO] for tier in tiers), default=0)
    unlocked = sum(tier[_LOCK] != _LASTING for tier in tiers)
    at_home = sum(not tier[_RESTORES].get(_APART) for tier in tiers if _RESTORES in tier)
    of_tiers = {_LONGEST: loosest, _UNLOCKED: unlocked, _AT_HOME: at_home}
    return {**catalogue.data["parameters"]["controls"], **of_tiers}


def _tightened(tier: Mapping[str, Any], limits: Mapping[str, float]) -> Mapping[str, Any]:
    if not tier["required"]:
        return tier
    rpo = {_RPO: min(tier[_RPO], limits[_LONGEST])} if _LONGEST in limits else {}
    lock = {_LOCK: _LASTING} if _UNLOCKED in limits else {}
    apart = _RESTORES in tier and _AT_HOME in limits
    return {**tier, **rpo, **lock, **({_RESTORES: {**tier[_RESTORES], _APART: True}} if apart else {})}


def framework_of(
    document: Document, id_: str, schema: Mapping[str, Any], known: frozenset[str] | None
) -> Framework:
    """The framework that a document declares, of the controls that are `known`; None is any control.

    Raises:
        UsageError: it is wrong, or names a control that is not known.
    """
    document.check(schema)
    if not re.fullmatch(FRAMEWORK_ID, id_):
        raise document.error(
            [], "the file's name is the framework's id; write it in small letters, digits, dots and hyphens."
        )
    value = document.value
    seen: set[str] = set()
    for number, entry in enumerate(value["requirements"]):
        place: list[str | int] = ["requirements", number]
        if entry["id"] in seen:
            raise document.error([*place, "id"], f"{entry['id']} is a requirement already; name it once.")
        seen.add(entry["id"])
        missing = [] if known is None else sorted({*entry["controls"]} - known)
        if missing:
            raise document.error(
                [*place, "controls"],
                f"there is no control {missing[0]}; `auditor policy list` shows them.",
            )
        if bool(entry["controls"]) == ("why" in entry):
            raise document.error(
                place, "name the controls that give evidence of it, or say in `why` that none does."
            )
        if "tighten" in entry and not entry["controls"]:
            raise document.error([*place, "tighten"], "no control judges it; name one, or remove 'tighten'.")
    return Framework(
        id_,
        value["title"],
        value["source"],
        tuple(
            Requirement(
                entry["id"],
                entry["asks"],
                entry.get("source", value["source"]),
                tuple(entry["controls"]),
                entry.get("why", ""),
                entry.get("tighten", {}),
            )
            for entry in value["requirements"]
        ),
    )
