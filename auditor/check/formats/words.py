"""What several formats say: the summary line, where something stands, and untrusted text made harmless."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from posixpath import isabs, normpath, relpath
from typing import TYPE_CHECKING, Any, Final

from auditor.check.difference import Way
from auditor.model.verdicts import Verdict
from reports.ids import nth
from reports.text import clip

if TYPE_CHECKING:
    from auditor.check.difference import Difference, HeldSubject, ProtectionChange
    from auditor.check.result import CheckEntry, CheckResult

#: Of what was not there at a revision, how many are named.
_ABSENT: Final = 3
#: What an entry is called.
WORDS: Final = {
    Verdict.ERROR: "error",
    Verdict.NON_COMPLIANT: "finding",
    Verdict.INSUFFICIENT_DATA: "unknown",
    Verdict.WAIVED: "waived",
}
_VERDICTS: Final = {
    **WORDS,
    Verdict.COMPLIANT: "compliant",
    Verdict.NOT_APPLICABLE: "not applicable",
}
_WAYS: Final = {
    Way.LOSES: "lost",
    Way.GAINS: "gained",
    Way.UNKNOWN: "become unknown",
    Way.WAIVED: "waived",
    Way.UNASKED: "no longer asked",
    Way.ASKED: "newly asked and met",
}
#: Of which ways the count is said though it is 0.
_ALWAYS: Final = (Way.LOSES, Way.GAINS, Way.UNKNOWN)
#: What a runner of GitHub, Azure Pipelines or TeamCity takes for a command, wherever it stands in a line.
_COMMAND: Final = re.compile(r"##(?=(?:vso|teamcity)?\[)")
#: The same in UTF-8.
_ENCODED: Final = re.compile(_COMMAND.pattern.encode())
#: What a runner of GitHub takes for a command at the start of a line.
_AT_START: Final = re.compile(r"^(\s*):(?=:)")
#: Of a suggestion the lines that are shown, and the characters of each.
_LINES: Final = 60
_WIDEST: Final = 300
#: Whole characters in UTF-8 that orjson writes as they are, and that may not be printable.
_HIGH: Final = re.compile(rb"[\x7f-\xff]+")


def harmless(text: str, limit: int) -> str:
    """Untrusted text on one line, cut to a length, in which neither a terminal nor a runner finds a command.

    What stands at the start of a line may still be one (`::error`).
    """
    return _COMMAND.sub("## ", clip(text, limit))


def harmless_json(data: bytes) -> bytes:
    """The same JSON, in whose strings a runner finds no command, and what is not seen is an escape.

    It may be long, and as one text a single character beyond Latin-1 doubles its memory, or more.
    """
    return _HIGH.sub(lambda found: _seen(found[0].decode()), _ENCODED.sub(rb"\\u0023\\u0023", data))


def _seen(characters: str) -> bytes:
    return "".join(one if one.isprintable() else _escaped(one) for one in characters).encode()


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def path(file: str, root: str) -> str:
    """A file as a host knows it: from the folder `root`, where it lies below it."""
    name = normpath(file)
    below = isabs(name) and root and name.startswith(root.rstrip("/") + "/")
    return relpath(name, root) if below else name


def counted(count: int, noun: str, many: str = "") -> str:
    """A number of things, such as `1 finding` and `2 findings`; `many` is another plural than that."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {many or f'{noun}s'}"


def summary_line(counts: Mapping[str, int]) -> str:
    """The counts of `auditor.check.document.summary` in one line."""
    parts = [
        f"{counts['compliant']} compliant",
        counted(counts["findings"], "finding"),
        f"{counts['unknown']} unknown",
    ]
    parts += [counted(counts["errors"], "error")] if counts["errors"] else []
    parts += [f"{counts['not_looked_at']} not looked at", f"{counts['waived']} waived"]
    parts += [f"{counts['old']} old (in the baseline)"] if counts["old"] else []
    return ", ".join(parts)


def baseline_line(result: "CheckResult") -> str:
    """Against what a result counts, "" where everything does."""
    if result.baseline is None:
        return ""
    other = result.baseline.policies_sha256 != result.policies_sha256
    judged = ", which other policies judged" if other else ""
    absent = _absent(result.baseline.absent)
    return f"only what is new against {result.baseline.file} counts{judged}{absent}"


def _absent(names: Sequence[str]) -> str:
    """What was not there then, the first ones by name."""
    more = f" and {len(names) - _ABSENT:,} more" if len(names) > _ABSENT else ""
    return f"; not there then: {', '.join(names[:_ABSENT])}{more}" if names else ""


def against_line(difference: "Difference") -> str:
    """Against what a change is held, in one line."""
    other = difference.policies_before != difference.policies_after
    judged = ", judged by other policies or tiers after the change" if other else ""
    return (
        f"against {difference.run} of {difference.as_of} ({counted(difference.accounts, 'account')}){judged}:"
    )


def ways_line(difference: "Difference") -> str:
    """How many verdicts become what, in one line; nothing of silence: how many were compared is said too."""
    count = {way: len(difference.of(way)) for way in Way}
    parts = [f"{count[way]} {word}" for way, word in _WAYS.items() if count[way] or way in _ALWAYS]
    said = f"{counted(difference.compared, 'verdict')} compared: {', '.join(parts)}"
    ways = [one.way for one in difference.protection]
    worse, perhaps = (counted(ways.count(way), "resource") for way in ("worse", "unknown"))
    still = difference.still_unknown
    said += f"; {still:,} stay unknown, as the run could not read something there" if still else ""
    said += f"; less protection of {worse}" if "worse" in ways else ""
    said += f"; protection not known of {perhaps}" if "unknown" in ways else ""
    return said + (f"; {len(difference.unmapped):,} not held against it" if difference.unmapped else "")


def held(subject: "HeldSubject") -> str:
    """A subject of a run: its name, what it is, and where."""
    kind = subject.resource_type or subject.subject_type
    account = f"{subject.account_id} {subject.account_name}".rstrip()
    made = "(" in subject.arn  # a stand-in, which has a colon of its own
    own = subject.arn.split(":", 5)[-1] if made else subject.arn.rpartition(":")[2]
    name = f"{subject.name} ({own})" if subject.name and subject.name not in own else own
    return f"{kind} {name} in {account}, {subject.region}"


def run_headline(difference: "Difference") -> str:
    """Who loses in a run, in a few words."""
    return f"{len(difference.of(Way.LOSES)):,} lost in the organization"


def protection(change: "ProtectionChange") -> str:
    """What plans promise a resource, before and after."""
    tier = f" (tier {change.tier})" if change.tier else ""
    return f"{held(change.subject)}{tier}: {promised(change)}"


def promised(change: "ProtectionChange") -> str:
    """What is another of what plans promise."""
    return "; ".join(f"{one.name} {one.before} -> {one.after}" for one in change.aspects)


def further_protection(difference: "Difference") -> Iterator["ProtectionChange"]:
    """What plans promise otherwise, without whom a verdict has said to be selected otherwise, or unknown."""
    named = {one.subject.arn for one in difference.changes}
    for change in difference.protection:
        told = change.way == "unknown" or [one.name for one in change.aspects] == ["plans"]
        if change.subject.arn not in named or not told:
            yield change


def verdict_word(verdict: Verdict | None) -> str:
    """A verdict in a word of this page; "none" where there is none."""
    return "none" if verdict is None else _VERDICTS[verdict]


def message(entry: "CheckEntry") -> str:
    """The sentences of an entry's reasons."""
    return "; ".join(reason.message for reason in entry.reasons)


def suggested(entry: "CheckEntry") -> list[str]:
    """The first lines of what mends a finding in the language of the input, harmless wherever they stand."""
    lines = entry.suggestion.text.splitlines() if entry.suggestion else []
    shown = [_AT_START.sub(r"\1: ", harmless(line, _WIDEST)) for line in lines[:_LINES]]
    more = len(lines) - len(shown)
    return [*shown, f"… {counted(more, 'more line')}; json has all of them"] if more else shown


def suggestion_below(entry: "CheckEntry") -> list[str]:
    """What mends a finding, with the language above it, for a text of several lines."""
    lines = suggested(entry)
    return [f"suggestion ({entry.suggestion.language}):", *lines] if entry.suggestion and lines else []


def explanation(evidence: Mapping[str, Any]) -> list[str]:
    """Why selections do not select a resource: near misses first."""
    protection = evidence.get("protection")
    told = list(protection.get("explanation", ())) if isinstance(protection, Mapping) else []
    return sorted(told, key=lambda sentence: "Near miss" not in sentence)


def numbered(entries: Sequence["CheckEntry"]) -> Iterator[tuple["CheckEntry", str, int]]:
    """Each entry, an id that no other has, and which one of its own id it is, from 1."""
    seen: Counter[str] = Counter()
    for entry in entries:
        own = entry.id
        seen[own] += 1
        yield entry, nth(own, seen[own]), seen[own]


def nothing_judged(result: "CheckResult") -> bool:
    """Whether no control had anything to say, of the inputs or of a run: that is no pass."""
    run = result.against is not None and result.against.compared > 0
    return not (run or result.entries or result.old or result.counts.get(Verdict.COMPLIANT, 0))


def not_whole(result: "CheckResult") -> Iterator[tuple[str, str]]:
    """The file of each input that proves nothing, and the sentence about it."""
    if nothing_judged(result) and not result.incomplete:
        yield (
            next((one["file"] for one in result.inputs), ""),
            "nothing was judged: no control applies to what the inputs declare",
        )
    for one in result.incomplete:
        yield one.file, str(one)
