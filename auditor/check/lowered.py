"""What policies demanded and demand no longer: tiers, frameworks, holds, what persons say, and more.

Only what is surely less is said as such. What is another, and may be less or more, has a `fault`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar

from auditor.catalogue.frameworks import Framework
from auditor.catalogue.responses import Response
from auditor.model.holds import Matter, Matters
from auditor.model.policy import SAMPLE_SIZES
from auditor.model.verdicts import Attestation, Waiver

Json = Any
Step = str | int
_Given = TypeVar("_Given", Waiver, Attestation)

#: Keys of tiers and parameters of which a higher number demands less, and of which a lower one does.
_HIGHER: Final = (
    "rpo_hours", "retention_max_days", "max_age_days", "max_age_hours", "max_minutes", "copy_max_age_rpos",
    "quota_used_percent", "waiver_max_findings", "waiver_max_percent",
    "attestation_max_verdicts", "attestation_max_percent", "restore_errors",
)  # fmt: skip
_LOWER: Final = (
    "retention_days", "attainment_percent", "copies", "kinds", "elsewhere", "immutable", *SAMPLE_SIZES,
)  # fmt: skip
#: Flags that demand something, those that demand less, and lists that demand less the longer they are.
_DEMAND: Final = (
    "required", "customer_key", "unclassified", "validated", "other_account", "whole_backups", "own_key",
)  # fmt: skip
_SPARE: Final = ("sample",)
_ACCEPTED: Final = ("coverage", "frequency", "retention", "accepted_messages")
#: What holds these lists, and may be added.
_NATIVE: Final = "native"
_LOCKS: Final = ("none", "governance", "compliance")
#: Where a tier says that it is a finding to be in it, whether or not it demands backups.
UNCLASSIFIED: Final = "unclassified"
#: In place of what is not there.
WITHOUT: Final = object()


@dataclass(frozen=True, slots=True)
class Lowered:
    """One thing that is demanded no longer: `path` is where its file says so now.

    Of a folder of policies, `file` is the path below it, and `at` the line.
    `fault` says in a clause why it is not known whether less is demanded, "" where it is.
    """

    kind: str
    name: str
    said: str
    path: tuple[Step, ...] = ()
    fault: str = ""
    file: str = ""
    at: int = 0


def weaker_framework(before: Framework, after: Framework) -> Iterator[Lowered]:
    """The controls that it asks no longer for a requirement, and what it allows more of."""
    number = {one.id: place for place, one in enumerate(after.requirements)}
    for one in before.requirements:
        place = number.get(one.id)
        if place is None:
            if one.controls:
                yield Lowered("framework", before.id, f"the requirement {one.id} is gone", ("requirements",))
            continue
        gone = [id_ for id_ in one.controls if id_ not in after.requirements[place].controls]
        if gone:
            said = f"{', '.join(gone)} asked no longer for the requirement {one.id}"
            yield Lowered("framework", before.id, said, ("requirements", place, "controls"))
    for key, limit in before.limits.items():
        new = after.limits.get(key)
        if new is None or new > limit:
            said = f"tighten.{key} {limit:g} {becomes(WITHOUT if new is None else new)}"
            yield Lowered("framework", before.id, said, ("requirements",))


def less(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """What a tier demands no longer: its path, what became of it, and why that may be no less."""
    if not before["required"]:
        if before.get(UNCLASSIFIED):
            held = {UNCLASSIFIED: after[UNCLASSIFIED]} if UNCLASSIFIED in after else {}
            yield from _less({UNCLASSIFIED: True}, held, ())
        return
    if not after["required"]:
        yield ("required",), "required true becomes false", ""
        return
    yield from _less(before, after, ())


def _less(
    before: Mapping[str, Json], after: Mapping[str, Json], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    sparing = (*_SPARE, *_ACCEPTED, _NATIVE)
    for key in (*before, *(one for one in after if one in sparing and one not in before)):
        nothing: Json = {} if key == _NATIVE else [] if key in _ACCEPTED else WITHOUT
        old, new = (held.get(key, nothing) for held in (before, after))
        if old == new or (key in SAMPLE_SIZES and not after.get("sample")):
            continue  # where no sample is taken any more, each is restored
        here = (*path, key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _less(old, new, here)
            continue
        weaker = is_weaker(key, old, new)
        if weaker is not False:
            said = f"{'.'.join(here)} {spelled(old)} {becomes(new)}"
            yield here if new is not WITHOUT else path, said, "" if weaker else perhaps_less(said)


def perhaps_less(said: str, what: str = "that is less") -> str:
    """The clause of what is another, and may be less or more."""
    return f"{said}, and whether {what} is not known"


def is_weaker(key: str, old: Json, new: Json) -> bool | None:
    """Whether a value demands less than another, None where nobody knows."""
    if key in _DEMAND:
        return bool(old) and (new is WITHOUT or not new)
    if key in _SPARE:
        return new is True
    if key in _ACCEPTED:
        return bool(added(old, new))
    if new is WITHOUT:
        return True
    if key in (*_HIGHER, *_LOWER):
        return bool(new > old if key in _HIGHER else new < old)
    return _LOCKS.index(new) < _LOCKS.index(old) if key == "lock" else None


def added(old: Json, new: Json) -> list[Json]:
    """What a list has, and an earlier one had not; None for no list."""
    return [one for one in new or () if one not in (old or ())]


def weaker_by_waivers(before: Sequence[Waiver], after: Sequence[Waiver]) -> Iterator[Lowered]:
    """The waivers that are new, or hold for longer."""
    for number, one, until in _held_longer(before, after):
        said = f"findings {_scope(one)} are waived {until}"
        yield Lowered("waiver", f"of {one.control_id}", said, ("waivers", number))


def added_waivers(before: Sequence[Waiver], after: Sequence[Waiver], on: date) -> list[Waiver]:
    """Those `after` of which none `before` covers the same on a day."""
    held = _longest(before)
    return [one for one in after if _covered(one) not in held or held[_covered(one)].expires < on]


def _held_longer(before: Sequence[_Given], after: Sequence[_Given]) -> Iterator[tuple[int, _Given, str]]:
    """Those that are new or hold for longer: the place of each, and until when it holds, in words."""
    held = _longest(before)
    for number, one in enumerate(after):
        earlier = held.get(_covered(one))
        if earlier is None or one.expires > earlier.expires:
            since = "" if earlier is None else f", and no longer only until {earlier.expires}"
            yield number, one, f"until {one.expires}{since}"


def _longest(given: Sequence[_Given]) -> dict[tuple[Json, ...], _Given]:
    """By what they cover, of each the waiver or attestation that ends last."""
    return {_covered(one): one for one in sorted(given, key=lambda one: one.expires)}


def _covered(one: Waiver | Attestation) -> tuple[Json, ...]:
    return one.control_id, one.subject, one.account, one.organizational_unit, one.tag


def _scope(one: Waiver | Attestation) -> str:
    tag = f"tag {one.tag[0]}={one.tag[1]}" if one.tag else ""
    unit = f"unit {one.organizational_unit}" if one.organizational_unit else ""
    account = f"account {one.account}" if one.account else ""
    return f"of {' and '.join(filter(None, (one.subject, tag, account, unit)))}"


def weaker_by_attestations(before: Sequence[Attestation], after: Sequence[Attestation]) -> Iterator[Lowered]:
    """The attestations that are new or hold for longer, each in place of evidence."""
    for number, one, until in _held_longer(before, after):
        said = f"what is not known {_scope(one)} is attested {until}"
        yield Lowered("attestation", f"of {one.control_id}", said, ("attestations", number))


def weaker_responses(before: Sequence[Response], after: Sequence[Response]) -> Iterator[Lowered]:
    """The responses that are due later, and those that are gone: whether their causes are is not known."""
    held = {one.cause: (number, one.due) for number, one in enumerate(after)}
    for one in before:
        number, due = held.get(one.cause, (0, None))
        if due is None:
            fault = f"the response is gone, and whether {one.cause} is, too, is not known"
            yield Lowered("response", f"to {one.cause}", "it is gone", ("responses",), fault)
        elif due > one.due:
            said = f"it is due on {due}, and no longer on {one.due}"
            yield Lowered("response", f"to {one.cause}", said, ("responses", number))


def weaker_holds(before: Matters, after: Matters) -> Iterator[Lowered]:
    """The open matters whose hold is demanded no longer, in fewer places, not as long, or of others."""
    held = {(one.name, one.hold): one for one in after}
    for one in before:
        now = held.get((one.name, one.hold))
        gone = [] if now is None else added((*now.accounts, *now.regions), (*one.accounts, *one.regions))
        less_, fault = "", ""
        if now is None:
            less_ = "no longer"
        elif gone:
            less_ = f"no longer in {', '.join(gone)}"
        elif now.until is not None and (one.until is None or now.until < one.until):
            less_ = f"only until {now.until}"
        elif _choice(now) != _choice(one):
            less_ = "of others"
            fault = perhaps_less(f"the matter {one.name} demands its hold of others", "these are fewer")
        if less_:
            said = f"the hold {one.hold} of the matter {one.name} is demanded {less_}"
            yield Lowered("setting", "holds", said, ("matters",), fault)


def _choice(one: Matter) -> tuple[Json, ...]:
    """Of which recovery points it demands a hold."""
    return one.vaults, one.resources, one.first, one.last


def spelled(value: Json) -> str:
    """A value in words."""
    if value is WITHOUT:
        return "nothing"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "demanded" if isinstance(value, Mapping) else str(value)


def becomes(value: Json) -> str:
    """What became of a value, in words."""
    return "is gone" if value is WITHOUT else f"becomes {spelled(value)}"
