"""What parameters demanded and demand no longer, of controls, evidence and the opt-in of resource types."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, astuple
from typing import Any, Final

from auditor.check.lowered import WITHOUT, Lowered, added, becomes, is_weaker, perhaps_less, spelled
from auditor.derive.wildcards import AnyOf
from auditor.evaluate.account_quotas import AccountLimits, account_limits
from auditor.evaluate.earlier_runs import files_of, kept_days
from auditor.evaluate.report_plans import report_hours

Json = Any

#: Where there is none of it, Rego takes this (policies/schemas/parameters.json).
_DEFAULTS: Final[Mapping[str, Json]] = {
    "quota_used_percent": 90,
    "waiver_max_findings": 50,
    "waiver_max_percent": 50,
    "attestation_max_verdicts": 50,
    "attestation_max_percent": 50,
}
#: What a push makes backups by: another value may make fewer.
_PUSHED: Final = ("schedules", "copy_regions", "copy_needs_full_management")
_GRACE: Final = "compliance_grace_days"
_RAILS: Final = ("evidence", "guard_rails")
_DESTROYERS: Final = ("evidence", "destroyers")
_COMPARED: Final = ("evidence", "backup_policies", "compared")
_ROLES: Final = ("evidence", "selection_roles", "read")
_REPORTS: Final = ("evidence", "report_plans", "max_age_hours")
_RUNS: Final = ("evidence", "earlier_runs")
_QUOTAS: Final = ("evidence", "account_quotas")
_QUOTAS_ASKED: Final = (*_QUOTAS, "asked")
#: The number that plans are held to before the merge, asked or not (BKP-GOV-004).
_PLANS: Final = "plans"


def weaker_parameters(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Lowered]:
    """What controls are tuned with and lets more pass, and failures that count as a success."""
    old, new = (held.get("controls", {}) for held in (before, after))
    for key in dict.fromkeys((*old, *new)):
        values = [held.get(key, _DEFAULTS.get(key, WITHOUT)) for held in (old, new)]
        if values[0] != values[1] and WITHOUT not in values:
            weaker = is_weaker(key, *values)
            if weaker is not False:
                said = f"{spelled(values[0])} {becomes(values[1])}"
                fault = "" if weaker else perhaps_less(said)
                yield Lowered("parameter", f"controls.{key}", said, ("controls", key), fault)
    accepted, held = (one.get("evidence", {}).get("accepted_completions", []) for one in (after, before))
    for number, one in enumerate(accepted):
        if one not in held:
            path = ("evidence", "accepted_completions", number)
            what = ", ".join(f"{key} {value}" for key, value in one.items())
            said = f"jobs of {what} count as a success"
            yield Lowered("parameter", "evidence.accepted_completions", said, path)
    pushed = [held.get("organization", {}) for held in (before, after)]
    yield from _of_push(*pushed)
    types, kept = (one.get("resource_types", []) for one in pushed)
    rails, now = (one.get("evidence", {}).get("guard_rails", {}) for one in (before, after))
    guardians = _more(rails, now) if rails.get("actions") else []
    for where, listed, said in (
        (("organization", "resource_types"), added(kept, types), "opted in no longer"),
        ((*_RAILS, "actions"), added(now.get("actions"), rails.get("actions")), "denied no longer"),
        ((*_RAILS, "guardians"), guardians, "let through by denials"),
    ):
        if listed:
            yield Lowered("parameter", ".".join(where), f"{', '.join(listed)} {said}", where)
    destroyers = (one.get("evidence", {}).get("destroyers", {}) for one in (before, after))
    for key, said in _of_destroyers(*destroyers):
        where = (*_DESTROYERS, key)
        yield Lowered("parameter", ".".join(where), said, where)
    yield from _of_asked(before, after)


def _of_asked(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Lowered]:
    """What is asked of accounts and of earlier runs no longer, or less strictly."""
    old, new = (one.get("evidence", {}) for one in (before, after))
    for path, otherwise in ((_COMPARED, ()), (_ROLES, new.get("destroyers", {}).get("guardians"))):
        _, name, key = path
        asked, kept = (one.get(name, {}) for one in (old, new))
        if asked.get(key) and not kept.get(key) and not otherwise:
            said = f"true {becomes(kept.get(key, WITHOUT))}"
            yield Lowered("parameter", ".".join(path), said, path)
    hours, later = (report_hours(one) for one in (before, after))
    if hours and not 0 < later <= hours:
        yield Lowered("parameter", ".".join(_REPORTS), f"{hours} {becomes(later)}", _REPORTS)
    for key, of in (("files_of", files_of), ("kept_days", kept_days)):
        number, less = (of(one) for one in (before, after))
        if less < number:
            where = (*_RUNS, key)
            yield Lowered("parameter", ".".join(where), f"{number} {becomes(less)}", where)
    yield from _of_quotas(before, after)


def _of_quotas(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Lowered]:
    """That quotas are asked about no longer, or said to be higher; plans are held to theirs in any case."""
    limits, now = (AccountLimits.of(one) for one in (before, after))
    asked, still = (account_limits(one) is not None for one in (before, after))
    if asked and not still:
        told = after.get("evidence", {}).get("account_quotas", {}).get("asked", WITHOUT)
        yield Lowered("parameter", ".".join(_QUOTAS_ASKED), f"true {becomes(told)}", _QUOTAS_ASKED)
    for (key, limit), most in zip(asdict(limits).items(), astuple(now), strict=True):
        if most > limit and (key == _PLANS or (asked and still)):
            where = (*_QUOTAS, key)
            yield Lowered("parameter", ".".join(where), f"{limit} {becomes(most)}", where)


def _of_push(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Lowered]:
    """What another value makes of the backups, copies and locks of a push."""
    for key in _PUSHED:
        if before.get(key) != after.get(key):
            path = ("organization", key)
            fault = perhaps_less("it is another", "a push makes fewer backups or copies by it")
            yield Lowered("parameter", ".".join(path), "it is another", path, fault)
    days, now = (held.get(_GRACE, 0) for held in (before, after))
    if now > days:
        path = ("organization", _GRACE)
        yield Lowered("parameter", ".".join(path), f"{days} {becomes(now)}", path)


def _of_destroyers(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """The key and what became of it; without guardians nobody is asked about."""
    if not before.get("guardians"):
        return
    if not after.get("guardians"):
        yield "guardians", "no user or role is asked about any more"
        return
    more = _more(before, after)
    if more:
        yield "guardians", f"{', '.join(more)} may destroy backups"
    apart = "apart_from_operators"
    if before.get(apart) and not after.get(apart):
        yield apart, f"{spelled(before[apart])} {becomes(after.get(apart, WITHOUT))}"


def _more(before: Mapping[str, Json], after: Mapping[str, Json]) -> Sequence[str]:
    """The guardians that were none before, by a pattern neither."""
    held = AnyOf(before.get("guardians") or [])
    return [one for one in after.get("guardians") or [] if held.match(one) is None]
