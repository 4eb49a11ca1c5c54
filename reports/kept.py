"""Retention and locks as bars against what the tiers demand, with the numbers in words."""

from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup

from reports.bars import picture
from reports.document import AuditDocument
from reports.text import clean, clip
from reports.words import N_, Words

_WIDE: Final = 200.0
_TALL: Final = 12.0
#: The least length of a part, so that one of a thousand is seen.
_LEAST: Final = 3.0
_MODES: Final = ("none", "governance", "compliance")
_LOCKS: Final = {
    "compliance": N_("{n} in compliance mode"),
    "governance": N_("{n} in governance mode"),
    "none": N_("{n} without a lock in force"),
    "unknown": N_("{n} not known"),
}
_SHORTEST: Final = N_("the shortest is kept {n} days")


def kept(document: AuditDocument, words: Words) -> dict[str, Any]:
    """Return `retention` and `locks`, rows with a bar each; {} where there is nothing to compare."""
    if not document.kept:
        return {}
    found: dict[str, dict[str, int]] = {}
    for one in document.kept["locks"]:
        if one["demanded"] != "none":
            found.setdefault(one["demanded"], {})[one["lock"]] = one["vaults"]
    rows = {
        "retention": [_retention(one, words) for one in document.kept["retention"]],
        "locks": [_lock(demanded, counts, words) for demanded, counts in sorted(found.items())],
    }
    return rows if any(rows.values()) else {}


def _retention(one: Mapping[str, Any], words: Words) -> dict[str, Any]:
    demanded, least = one["demanded_days"], one["least_days"]
    told = [words.plural("{n} recovery point", "{n} recovery points", one["points"])]
    if least is not None:
        shortest = N_("the shortest that is known is kept {n} days") if one["unknown"] else _SHORTEST
        told.append(words.text(shortest, n=f"{least:,.2f}".rstrip("0").rstrip(".")))
    for count, said in ((one["short"], N_("{n} are kept too briefly")), (one["for_ever"], N_("{n} for ever")),
                        (one["unknown"], N_("of {n} it is not known"))):  # fmt: skip
        if count:
            told.append(words.text(said, n=f"{count:,}"))
    tier, said = clip(one["tier"], 60), ""
    if one["copy"]:  # an older release knew one kind of copy
        said = N_("{tier}, copies in another account") if one.get("account_copy") else N_("{tier}, copies")
    return {
        "what": clean(words.text(said, tier=tier) if said else tier),
        "demanded": words.text("{n} days", n=f"{demanded:,}"),
        "said": clean("; ".join(told)),
        "bar": _days(one, words),
    }


def _days(one: Mapping[str, Any], words: Words) -> Markup:
    """Return the shortest retention as a bar, and the demand as a frame around its length.

    One that is too short is drawn; one that is enough only where the retention of all is known. A bar of the
    whole length is what is kept for ever, where that is known of all.
    """
    demanded, least = one["demanded_days"], one["least_days"]
    scale = (_WIDE - 2) / max(demanded, least or 0, 1)
    drawn = ""
    if least is not None and (one["short"] or least < demanded):
        drawn = _part("bad", 1, max(_LEAST, least * scale))
    elif least is not None and not one["unknown"]:
        drawn = _part("good", 1, max(_LEAST, least * scale))
    elif one["for_ever"] and one["for_ever"] == one["points"]:
        drawn = _part("good", 1, _WIDE - 2)
    title = words.text("Shortest retention beside the demand; the text beside it has the data.")
    return picture(drawn + _frame(demanded * scale), title, _WIDE, _TALL)


def _lock(demanded: str, counts: Mapping[str, int], words: Words) -> dict[str, Any]:
    total = sum(counts.values())
    said = "; ".join(
        words.text(text, n=f"{counts[lock]:,}") for lock, text in _LOCKS.items() if counts.get(lock)
    )
    return {
        "what": words.plural("{n} vault", "{n} vaults", total),
        "demanded": words.text("it is not known what is") if demanded == "unknown" else demanded,
        "said": said,
        "bar": _vaults(demanded, counts, words),
    }


def _vaults(demanded: str, counts: Mapping[str, int], words: Words) -> Markup:
    """Return a frame: whole what is locked as demanded, in stripes what is not, empty what is not known."""
    strict = _MODES.index(demanded) if demanded in _MODES else None
    kinds = dict.fromkeys(("good", "bad", ""), 0)
    for lock, count in counts.items():
        if strict is None or lock not in _MODES:
            kinds[""] += count
        else:
            kinds["good" if _MODES.index(lock) >= strict else "bad"] += count
    at, drawn = 1.0, ""
    for kind, wide in _widths(kinds).items():
        drawn += _part(kind, at, wide) if kind else ""
        at += wide
    title = words.text("Share of the vaults with that lock; the text beside it has the data.")
    return picture(drawn + _frame(_WIDE - 2), title, _WIDE, _TALL)


def _widths(counts: Mapping[str, int]) -> dict[str, float]:
    """Return the width of each kind that there is, none less than what is seen: the widest one gives it."""
    total = sum(counts.values())
    found = {kind: max(_LEAST, (_WIDE - 2) * count / total) for kind, count in counts.items() if count}
    if found:
        found[max(found, key=lambda kind: found[kind])] -= sum(found.values()) - (_WIDE - 2)
    return found


def _part(kind: str, left: float, wide: float) -> str:
    """Return a part of a bar: whole where it is enough, else in stripes: no colour is needed."""
    if kind == "good":
        return f'<path class="t-good" d="M{left:.1f} 3h{wide:.1f}v6h-{wide:.1f}z" fill="#4f8a6b"/>'
    line = f'd="M{left:.1f} 6h{wide:.1f}" fill="none" stroke="#a02a1e" stroke-width="6"'
    return f'<path class="t-short" {line} stroke-dasharray="2.4 1.8"/>'


def _frame(wide: float) -> str:
    drawn = f"M1 1h{wide:.1f}v{_TALL - 2:g}h-{wide:.1f}z"
    return f'<path class="t-frame" d="{drawn}" fill="none" stroke="#14181f" stroke-width="1.4"/>'
