"""Our own policies as inputs: recognised by content, read as an audit reads them, and held against before.

Sources of the forms: policies/schemas, docs/policies.md.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from auditor import files
from auditor.catalogue.attestations import load_attestations
from auditor.catalogue.frameworks import framework_of, load_frameworks
from auditor.catalogue.layers import FRAMEWORKS, HOLDS
from auditor.catalogue.load import Catalogue, shipped_schemas, tiers_of
from auditor.catalogue.responses import load_responses
from auditor.catalogue.waivers import Limit, load_waivers
from auditor.check.control_versions import Controls, FactsOf
from auditor.check.declared import Declaration, Place
from auditor.check.declared_changes import LOWERED, DeclaredChange
from auditor.check.lowered import (
    Lowered,
    added_waivers,
    weaker_by_attestations,
    weaker_by_waivers,
    weaker_framework,
    weaker_holds,
    weaker_responses,
)
from auditor.check.lowered_parameters import weaker_parameters
from auditor.check.lowered_tiers import weaker_tiers
from auditor.check.own_kinds import (
    ATTESTATIONS,
    FRAMEWORK,
    LEGAL_HOLDS,
    PARAMETERS,
    POLICIES,
    RESPONSES,
    SETTINGS,
    TIERS,
    WAIVERS,
)  # fmt: skip
from auditor.check.own_settings import (
    ReadSettings,
    defaults,
    judging,
    settings_of,
    unread,
    weaker_settings,
)
from auditor.check.reading import Reading
from auditor.model.settings import Settings
from auditor.model.verdicts import Attestation, Waiver
from auditor.rego.load import open_engine
from auditor.yaml_files.document import read_document

Json = Any
Compare = Callable[[Any, Any], Iterator[Lowered]]

_CONTROL: Final = "control"


def weaker_policies(before: Controls, after: Controls, facts: FactsOf | None = None) -> Iterator[Lowered]:
    """What controls demand no longer; what judges them twice is loaded only where two versions are there."""
    from auditor.check.lowered_controls import weaker_controls  # noqa: PLC0415 -- 0.1 s that only this needs

    return weaker_controls(before, after, facts)


#: What is compared, by kind of input; of the others it is only looked at whether they can be read.
COMPARED: Final[Mapping[str, Compare]] = {
    TIERS: weaker_tiers,
    PARAMETERS: weaker_parameters,
    POLICIES: weaker_policies,
    WAIVERS: weaker_by_waivers,
    ATTESTATIONS: weaker_by_attestations,
    RESPONSES: weaker_responses,
    SETTINGS: weaker_settings,
    FRAMEWORK: weaker_framework,
    LEGAL_HOLDS: weaker_holds,
}
#: What a file demanded that was not there; of other kinds nothing can be told.
_ABSENT: Final[Mapping[str, Json]] = {
    SETTINGS: defaults(), WAIVERS: (), ATTESTATIONS: (), RESPONSES: (),
}  # fmt: skip
#: What lies in a folder of policies beside its controls, by the name of the folder.
_BESIDE: Final = (TIERS, PARAMETERS, LEGAL_HOLDS)
#: Of what a file that is gone may have demanded something, as a change calls it.
_ONE: Final[Mapping[str, str]] = {
    TIERS: "tier", PARAMETERS: "parameter", POLICIES: "control", SETTINGS: "setting", FRAMEWORK: "framework",
}  # fmt: skip
_MOVED: Final = "it is there no longer, or is read as something else, and what takes its place is not known"
#: In place of a file: what judges the check.
_JUDGING: Final = ""
_NO_BASE: Final = "there is nothing to compare it with (--diff-base), so whether it demands less is not known"


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file or folder of policies among the inputs: `name` as it was named, `place` where it lies."""

    kind: str
    name: str
    place: Path


@dataclass(frozen=True, slots=True)
class Demanded:
    """What policies demand: values by kind and name, "" for what judges, with the lines of their files.

    `judging` are the policies that judge.
    """

    values: dict[tuple[str, str], Json] = field(default_factory=dict)
    files: dict[tuple[str, str], str] = field(default_factory=dict)
    lines: dict[tuple[str, str], Callable[[Sequence[str | int]], int]] = field(default_factory=dict)
    judging: Catalogue | None = None

    @property
    def settings(self) -> Mapping[str, Json]:
        """The settings that judge."""
        found: Mapping[str, Json] = self.values[SETTINGS, _JUDGING]
        return found

    def add(
        self,
        key: tuple[str, str],
        value: Json,
        file: str,
        line: Callable[[Sequence[str | int]], int] = lambda _: 0,
    ) -> None:
        """Add what one file demands."""
        self.values[key], self.files[key], self.lines[key] = value, file, line


def demanded(
    own: Sequence[OwnFile], catalogue: Catalogue, settings: Settings, read: ReadSettings = unread
) -> Demanded:
    """What the policies among the inputs demand, and what those demand that judge.

    `read` gives what a file of settings says by name.

    Raises:
        UsageError: one of them is wrong; with its file and line.
    """
    found = Demanded(judging=catalogue)
    for one in own:
        if one.kind == SETTINGS:
            said = settings_of(one.place, settings, read(one.place))
            found.add((SETTINGS, one.name), said, one.name, read_document(one.place, one.name).line)
        else:
            _add(found, one, catalogue, settings)
    _add_beside(found, catalogue, _JUDGING, settings.as_of.date())
    found.add((POLICIES, _JUDGING), _controls(catalogue), str(settings.policies or POLICIES))
    for kind, named, entries in (
        (WAIVERS, settings.waivers, _waivers(settings.waivers, catalogue, settings)),
        (ATTESTATIONS, settings.attestations, _attestations(settings.attestations, catalogue, settings)),
        (RESPONSES, settings.responses, load_responses(settings.responses).entries),
    ):
        found.add((kind, _JUDGING), entries, str(named or kind), _lines(named))
    file = settings.origins.file
    found.add(
        (SETTINGS, _JUDGING),
        {**judging(settings), "audit_manager": catalogue.asked},
        str(file or SETTINGS),
        _lines(file),
    )
    return found


def _waivers(file: Path | None, catalogue: Catalogue, settings: Settings) -> tuple[Waiver, ...]:
    limit = Limit(settings.as_of.date(), settings.max_waiver_days)
    return load_waivers(file, catalogue.controls, limit).entries


def _attestations(file: Path | None, catalogue: Catalogue, settings: Settings) -> tuple[Attestation, ...]:
    return load_attestations(file, catalogue.controls, settings.max_attestation_days).entries


def _lines(file: Path | None) -> Callable[[Sequence[str | int]], int]:
    """What gives the lines of a file, which is read when one is asked for; 0 without a file."""

    def line(path: Sequence[str | int]) -> int:
        return read_document(file).line(path) if file else 0

    return line


def _add(found: Demanded, one: OwnFile, catalogue: Catalogue, settings: Settings) -> None:
    key, schemas = (one.kind, one.name), shipped_schemas()[0]
    if one.kind == POLICIES:
        policies = Catalogue.load(one.place)
        load_frameworks(policies)
        open_engine("embedded", policies.modules, policies.data).close()
        found.add(key, _controls(policies), one.name)
        _add_beside(found, policies, one.name, settings.as_of.date())
        return
    document = read_document(one.place, one.name)
    value: Json = None
    if one.kind == TIERS:
        value = tiers_of(document, schemas["tiers"])
    elif one.kind == PARAMETERS:
        document.check(schemas["parameters"])
        value = document.value
    elif one.kind == WAIVERS:
        value = _waivers(one.place, catalogue, settings)
    elif one.kind == RESPONSES:
        value = load_responses(one.place).entries
    elif one.kind == ATTESTATIONS:
        value = _attestations(one.place, catalogue, settings)
    else:
        value = framework_of(document, one.place.stem, schemas["framework"], catalogue.control_ids)
    found.add(key, value, one.name, document.line)


def _add_beside(found: Demanded, catalogue: Catalogue, name: str, on: date) -> None:
    """Add what policies demand beside their controls: tiers, parameters and, on a day, legal holds."""
    matters = tuple(one for one in catalogue.matters if one.is_open(on))
    for kind, value, path in (
        (TIERS, catalogue.tiers, "tiers.yaml"),
        (PARAMETERS, catalogue.data["parameters"], "parameters.yaml"),
        (LEGAL_HOLDS, matters, HOLDS),
    ):
        file = catalogue.sources.get(path)
        found.add((kind, name), value, files.shown(file) if file else kind, _lines(file))


def _controls(catalogue: Catalogue) -> Controls:
    by_id = {one.id: one for one in catalogue.controls}
    frameworks = {path: text for path, text in catalogue.files.items() if path.startswith(f"{FRAMEWORKS}/")}
    return Controls(by_id, catalogue.modules, catalogue.rego, catalogue.data, frameworks)


def policy_readings(
    after: Demanded, before: Demanded | None, facts: FactsOf | None = None
) -> Iterator[Reading]:
    """A reading for each of our policies among the inputs, and one for those that judge, where they are less.

    What is demanded no longer is a change of it, each once: what judges may be an input as well. Controls
    whose Rego is another judge `facts`, as they were and as they are.
    """
    compares: dict[str, Compare] = {**COMPARED, POLICIES: partial(weaker_policies, facts=facts)}
    said: set[Lowered] = set()
    compared: list[tuple[Json, Json]] = []
    for key in sorted(after.values, key=lambda key: key[1] == _JUDGING):
        kind, name = key
        file = after.files[key]
        reading = Reading(file, kind)
        compare, now = compares.get(kind), after.values[key]
        old = before.values.get(key, _ABSENT.get(kind)) if before else None
        if compare and old is not None:
            for one in compare(old, now) if (old, now) not in compared else ():
                if one not in said:
                    said.add(one)
                    reading.changes.append(_change(one, file, after.lines[key]))
            compared.append((old, now))
        elif compare:
            reading.assumed.append(f"{file}: {_NO_BASE}")
        beside = kind in _BESIDE and (POLICIES, name) in after.values
        if reading.changes or not (name == _JUDGING or beside):
            yield reading
    yield from _gone(after, before) if before else ()


def _gone(after: Demanded, before: Demanded) -> Iterator[Reading]:
    """A reading for each file that is there no longer, or is none of our policies any more."""
    for kind, name in sorted(before.values.keys() - after.values.keys()):
        beside = kind in _BESIDE and (POLICIES, name) in before.values
        if kind in _ONE and not beside:
            gone = Lowered(_ONE[kind], name, "it is there no longer", (Path(name).name,), _MOVED)
            yield Reading(name, kind, changes=[_change(gone, name, lambda _: 0)])


def waivers_of_change(now: Sequence[Waiver], before: Demanded | None, on: date) -> list[Waiver]:
    """The waivers that a change adds: they waive nothing of what it demands no longer."""
    return added_waivers(before.values[WAIVERS, _JUDGING], now, on) if before else []


def _change(one: Lowered, file: str, line: Callable[[Sequence[str | int]], int]) -> DeclaredChange:
    if one.file or one.kind == _CONTROL:
        where = Declaration(f"{file}/{one.file}" if one.file else file, one.name, one.at)
    else:
        where = Declaration(file, "/".join(map(str, one.path)), line(one.path))
    return DeclaredChange(
        Place.of("", ""), one.kind, LOWERED, one.name, where, fault=one.fault, lost=(one.said,)
    )
