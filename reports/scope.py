"""What a run looked at, and what others count of the same, as words, cells and bounded lists."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reports.document import AuditDocument
from reports.frameworks import only_asked
from reports.text import clean_tree, clip
from reports.words import N_, Words

#: Worst first, each with its word and what it means.
_STATES: Final = {
    "DENIED": (N_("denied"), N_("AWS refused the call.")),
    "FAILED": (N_("not read"), N_("A call was not answered, or no call was made.")),
    "PARTLY": (N_("partly"), N_("Something was read, and something was not: see the gaps.")),
    "LEFT_OUT": (N_("left out"), N_("A setting left it out: nothing was asked.")),
    "CLOSED": (N_("closed"), N_("The organization says that the account is closed: nothing was asked.")),
    "NOT_OFFERED": (
        N_("not offered"),
        N_("AWS Backup does not name the type among those of the Region: nothing was asked."),
    ),
    "NOT_NEEDED": (N_("not needed"), N_("No control needs it: nothing was asked.")),
    "READ": (N_("read"), N_("No call about it failed.")),
}
_NOUNS: Final = {
    "plans": N_("Plans"),
    "vaults": N_("Vaults"),
    "recovery points": N_("Points"),
    "backup jobs": N_("Jobs"),
    "copy jobs": N_("Copies"),
    "restore jobs": N_("Restores"),
    "settings": N_("Settings"),
}
_WHATS: Final = {
    "accounts": N_("Accounts"),
    "backup jobs": N_("Backup jobs, by day"),
    "recovery points": N_("Recovery points, by vault"),
    "resources with tags": N_("Resources with tags, by type"),
}
_ROWS: Final = 24
_NAMES: Final = 3
_REGIONS: Final = 8
_GROUPS: Final = 12
_DIFFERENCES: Final = 5


def sentences(document: AuditDocument, words: Words) -> Iterator[str]:
    """Give what page one says of what was left out, and of totals that do not agree."""
    yield from only_asked(document, words)
    said = document.scope
    if not said:
        return
    accounts = said["accounts"]
    left_out, total = accounts.get("LEFT_OUT", 0), accounts["listed"]
    if left_out:
        yield words.plural(
            "{n} of the {total} accounts of the organization was audited; {left} left out by the setting "
            "accounts.",
            "{n} of the {total} accounts of the organization were audited; {left} left out by the setting "
            "accounts.",
            _audited(accounts), total=words.number(total or _all(accounts)), left=words.number(left_out),
        )  # fmt: skip
    elif total is None:
        yield words.text("How many accounts the organization has is not known: it did not say.")
    if said["regions_left_out"]:
        yield words.plural(
            "{n} Region of the partition was left out by the setting regions.",
            "{n} Regions of the partition were left out by the setting regions.",
            len(said["regions_left_out"]),
        )
    still_open = sum(one["differing"] - one["explained"] for one in document.reconciliation)
    if still_open:
        yield words.plural(
            "{n} count of what was read differs from AWS's own without a recorded reason.",
            "{n} counts of what was read differ from AWS's own without a recorded reason.",
            still_open,
        )


def completeness(document: AuditDocument, words: Words) -> dict[str, Any]:
    """Return the section on scope and completeness; {} where the document does not say it."""
    said = document.scope
    if not said:
        return {}
    empty = _empty(said)
    kinds = [number for number in range(len(said["kinds"])) if number not in empty]
    shown = [_row(row, said["kinds"], kinds, words) for row in said["rows"][:_ROWS]]
    met = {state for row in said["rows"][:_ROWS] for state in row["states"]}
    named = {one["account_id"] for row in said["rows"][:_ROWS] for one in row["accounts"][:_NAMES]}
    made: dict[str, Any] = clean_tree(
        {
            "sentences": list(sentences(document, words)),
            "kinds": [_kind(said["kinds"][number], words) for number in kinds],
            "empty": ", ".join(_kind(said["kinds"][number], words) for number in empty),
            "rows": shown,
            "rest": said["row_count"] - len(shown),
            "accounts_named": len(named),
            "accounts": _all(said["accounts"]),
            "places": said["places"],
            "counts": [
                {"word": words.text(word), "state": state, "count": said["accounts"].get(state, 0)}
                for state, (word, _) in _STATES.items()
                if said["accounts"].get(state)
            ],
            "legend": [
                {"state": state, "word": words.text(word), "meaning": words.text(meaning)}
                for state, (word, meaning) in _STATES.items()
                if state in met
            ],
            "by_kind": _by_kind(said["by_kind"], words),
            "regions_left_out": _cut(said["regions_left_out"] or (), _REGIONS, words),
            "exempt": _exempt(said["exempt"], words),
            "unexamined": _unexamined(said["unexamined"], words),
            "limits": [words.text(limit) for limit in said["limits"]],
        }
    )
    return made


def reconciliation(document: AuditDocument, words: Words) -> list[dict[str, Any]]:
    """Return a row for each total that was compared, each with its first differences."""
    found: list[dict[str, Any]] = clean_tree(
        [
            {
                "what": words.text(_WHATS.get(one["what"], one["what"])),
                "source": one["source"],
                "ours": None if one["ours"] is None else words.number(one["ours"]),
                "theirs": None if one["theirs"] is None else words.number(one["theirs"]),
                "verdict": _agreement(one, words),
                "differs": bool(one["differing"]),
                "notes": [clip(note, 160) for note in one["notes"]] if one["unknown"] else [],
                "shown": [_difference(item, words) for item in one["shown"][:_DIFFERENCES]],
                "rest": max(0, one["differing"] - _DIFFERENCES),
            }
            for one in document.reconciliation
        ]
    )
    return found


def _cut(listed: Sequence[str], most: int, words: Words) -> str:
    more = len(listed) - most
    return ", ".join(listed[:most]) + (words.text(" and {n} more", n=more) if more > 0 else "")


def _all(accounts: Mapping[str, Any]) -> int:
    return sum(int(accounts.get(state, 0)) for state in _STATES)


def _audited(accounts: Mapping[str, Any]) -> int:
    """Accounts of which something was read, or of which nothing had to be."""
    return sum(int(accounts.get(state, 0)) for state in ("READ", "PARTLY", "NOT_NEEDED"))


def _kind(kind: str, words: Words) -> str:
    return words.text(_NOUNS[kind]) if kind in _NOUNS else kind


def _empty(said: Mapping[str, Any]) -> list[int]:
    """Types of which there is none, read wherever anything was: they need no column of their own.

    What was looked at nowhere is one of them only where AWS does not offer it: else it is not known. A place
    where all that was needed has one state says nothing of one type alone.
    """
    none = {
        one["kind"]
        for one in said["by_kind"]
        if one["found"] == 0 or (one["found"] is None and one["states"].get("NOT_OFFERED"))
    }
    told_apart = [row["states"] for row in said["rows"] if len({*row["states"]} - {"NOT_NEEDED"}) > 1]
    return [
        number
        for number, kind in enumerate(said["kinds"])
        if kind not in _NOUNS
        and kind in none
        and all(states[number] in ("READ", "NOT_OFFERED") for states in told_apart)
    ]


def _row(row: Mapping[str, Any], names: Sequence[str], kinds: Sequence[int], words: Words) -> dict[str, Any]:
    first = row["accounts"][0]
    named = [clip(one["name"] or one["account_id"], 40) for one in row["accounts"][:_NAMES]]
    more = row["account_count"] - len(named)
    return {
        "name": ", ".join(named) + (words.text(" and {n} more", n=words.number(more)) if more > 0 else ""),
        "id": first["account_id"] if row["account_count"] == 1 else "",
        "regions": _cut([*row["regions"], *([""] * (row["region_count"] - len(row["regions"])))], 4, words),
        "cells": [
            {"kind": _kind(names[number], words), "state": state, "word": words.text(_STATES[state][0])}
            for number, state in ((number, row["states"][number]) for number in kinds)
        ],
    }


def _by_kind(kinds: Sequence[Mapping[str, Any]], words: Words) -> list[dict[str, Any]]:
    """A row for each kind; those of which there is none share one where their places have the same states.

    So do those that were not looked at, apart from the former.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for one in kinds:
        row = _of_kind(one, words)
        key = (row["states"], row["kind"] if one["found"] else row["found"])
        if key in rows:
            rows[key]["kind"] += f", {row['kind']}"
        else:
            rows[key] = row
    return list(rows.values())


def _of_kind(one: Mapping[str, Any], words: Words) -> dict[str, Any]:
    states = [
        f"{words.text(_STATES[state][0])} {words.number(one['states'][state])}"
        for state in _STATES
        if one["states"].get(state)
    ]
    found = words.text("not looked at") if one["found"] is None else words.number(one["found"])
    return {"kind": _kind(one["kind"], words), "states": ", ".join(states), "found": found}


def _exempt(said: Mapping[str, Any], words: Words) -> dict[str, Any]:
    groups = [
        {
            "tier": clip(group["tier"], 60),
            "reason": clip(group["reason"], 160),
            "count": words.number(group["count"]),
            "named": ", ".join(clip(arn, 110) for arn in group["shown"][:2]),
        }
        for group in said["shown"][:_GROUPS]
    ]
    return {"count": said["count"], "groups": groups, "rest": said["groups"] - len(groups)}


def _unexamined(said: Mapping[str, Any], words: Words) -> dict[str, Any]:
    types = [
        one["name"]
        if one["tagged"] is None
        else words.text("{name} ({n} with tags)", name=one["name"], n=words.number(one["tagged"]))
        for one in said["types"]
    ]
    return {"types": ", ".join(types), "properties": [words.text(one) for one in said["properties"]]}


def _agreement(one: Mapping[str, Any], words: Words) -> str:
    if not one["compared"]:
        return words.text("not known")
    parts = []
    if one["differing"]:
        parts.append(
            words.plural(
                "{n} of {all} counts differs, {explained} of them with a recorded reason",
                "{n} of {all} counts differ, {explained} of them with a recorded reason",
                one["differing"], all=words.number(one["compared"]), explained=words.number(one["explained"]),
            )
        )  # fmt: skip
    else:
        parts.append(words.plural("{n} count agrees", "{n} counts agree", one["compared"]))
    if one["unknown"]:
        parts.append(words.plural("{n} not known", "{n} not known", one["unknown"]))
    return "; ".join(parts)


def _difference(item: Mapping[str, Any], words: Words) -> str:
    where = " ".join(part for part in (item["account_id"], item["region"], clip(item["about"], 120)) if part)
    said = words.text(
        "{where}: {ours} read, {theirs} by AWS's count",
        where=where or words.text("whole run"), ours=item["ours"], theirs=item["theirs"],
    )  # fmt: skip
    reasons = [clip(item["why"], 200)] if item["why"] else []
    reasons += [words.text("gap {gap}", gap=gap) for gap in item["gaps"][:3]]
    return f"{said} – {'; '.join(reasons)}" if reasons else said  # noqa: RUF001 -- a dash between sentences
