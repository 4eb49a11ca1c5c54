"""The evidence of a reason as labelled lines and sentences: what was due, which job, what AWS said of it."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from reports.labels import LABELS, ORDER, WHOLE
from reports.text import clip
from reports.words import Words

Line = tuple[str, str]

_CONTAINERS: Final = (Mapping, list, tuple)
#: What a cause of ours has; a mapping with anything else is somebody else's.
_CAUSE: Final = {"kind", "name", "plan", "why", "detail"}
#: The counts of slots, in the order in which they are told.
_SLOTS: Final = ("met", "late", "missed", "failed", "absorbed", "pending")


def lines(evidence: Mapping[str, Any], words: Words, *, count: int, length: int) -> tuple[list[Line], int]:
    """Return (label, value) lines, at most `count` of `length` characters, and how many were left out.

    A list of facts such as slots becomes one sentence each, after the single facts, so that those are not
    left out first.
    """
    found = list(_walk("", evidence, words))
    shown = [(clip(label, 80), clip(value, length)) for label, value in found[:count]]
    return shown, max(0, len(found) - count)


def label(path: str, words: Words) -> str:
    """Return what the fact at a dotted path is called: one of a user's control by its path, in words."""
    known = LABELS.get(path) or WHOLE.get(path) or LABELS.get(path.rpartition(".")[2])
    return words.text(known) if known else re.sub("[._]", " ", path)


def _walk(path: str, value: Any, words: Words) -> Iterator[Line]:
    """Yield the lines of a value: single facts, then groups of facts, then lists of facts."""
    if isinstance(value, Mapping):
        yield from _of_mapping(path, value, words)
    elif isinstance(value, (list, tuple)):
        if not value:
            yield label(path, words), words.text("none")
        for item in value:
            yield label(path, words), _sentence(path, item, words)
    else:
        yield label(path, words), _plain(value, words)


def _of_mapping(path: str, value: Mapping[str, Any], words: Words) -> Iterator[Line]:
    if {"kind", "why"} <= value.keys() <= _CAUSE and all(isinstance(item, str) for item in value.values()):
        yield label(path, words), _cause(value, words)
        return
    rest = dict(value)
    counts = {key for key in ("expected", *_SLOTS) if isinstance(value.get(key), int)}
    if {"expected", "met"} <= counts:
        yield label(f"{path}.expected".strip("."), words), _slots(value, words)
        rest = {key: item for key, item in value.items() if key not in counts}
    for key in sorted(rest, key=lambda key: _place(key, rest[key])):
        yield from _walk(f"{path}.{key}".strip("."), rest[key], words)


def _place(key: str, value: Any) -> tuple[Any, ...]:
    """Single facts first, then groups, then lists; of each what a reader looks for first."""
    kind = 2 if isinstance(value, (list, tuple)) else int(isinstance(value, Mapping))
    return kind, ORDER.index(key) if key in ORDER else len(ORDER), key


def _slots(value: Mapping[str, Any], words: Words) -> str:
    """Return how many backups were due, and what became of them."""
    due, told = words.number(value["expected"]), became(value, words)
    return words.text("{due}: {told}", due=due, told=told) if told else due


def became(value: Mapping[str, Any], words: Words) -> str:
    """Return what became of the backups that were due: "27 made in time, 3 never started"."""
    return ", ".join(
        f"{words.number(value[key])} {label(f'slots.{key}', words)}"
        for key in _SLOTS
        if isinstance(value.get(key), int) and value[key]
    )


def _cause(value: Mapping[str, Any], words: Words) -> str:
    kind, name = _of_cause("kind", value, words), value.get("name", "")
    said = " ".join(part for part in (kind, name) if part)
    if value.get("plan"):
        said = words.text("{said} of plan {plan}", said=said, plan=value["plan"])
    why = ", ".join(part for part in (_of_cause("why", value, words), value.get("detail")) if part)
    return f"{said}: {why}" if why else said


def _of_cause(part: str, value: Mapping[str, str], words: Words) -> str:
    """Return a cause's kind or why in words; one that has no label as it is."""
    group = "cause" if part == "kind" else part
    known = LABELS.get(f"{group}.{value[part]}")
    return words.text(known) if known else value[part].replace("_", " ")


def _sentence(path: str, item: Any, words: Words) -> str:
    """Return one of a list of facts as a sentence where it is one that we know, else with its labels."""
    if not isinstance(item, Mapping):
        return _inline(item, words)
    single = not any(isinstance(value, _CONTAINERS) for value in item.values())
    for end, needed, allowed, say in _SENTENCES:
        if single and f".{path}".endswith(end) and needed <= item.keys() <= needed | allowed:
            return say(item, words)
    ordered = sorted(item, key=lambda key: _place(key, item[key]))
    return "; ".join(f"{label(key, words)}: {_inline(item[key], words)}" for key in ordered)


def _slot(slot: Mapping[str, Any], words: Words) -> str:
    """Return a slot that was not met: AWS's words of the job, and what the slot therefore is."""
    due = _plain(slot["due"], words)
    rule = words.text("rule {rule} of plan {plan}", rule=slot.get("rule", "?"), plan=slot.get("plan", "?"))
    message = slot.get("message", "")
    if not slot.get("job_id"):
        said = words.text(
            "No backup job was started for {due} by {rule}; this slot is therefore {state}",
            due=due, rule=rule, state=slot["state"],
        )  # fmt: skip
    else:
        said = words.text(
            "Backup job {job} for {due} by {rule} {ended}; this slot is therefore {state}",
            job=slot["job_id"], due=due, rule=rule, ended=_ended(slot, words), state=slot["state"],
        )  # fmt: skip
    more = [f"“{message}”"] if message else []
    if slot.get("recovery_point_arn"):
        more.append(words.text("it made {arn}", arn=slot["recovery_point_arn"]))
    return "; ".join([said, *more])


def _ended(job: Mapping[str, Any], words: Words) -> str:
    """Return the end of a job in AWS's words: its state and its message category."""
    if not job.get("job_state"):
        return words.text("is recorded")
    if not job.get("job_category"):
        return words.text("ended {state}", state=job["job_state"])
    return words.text(
        "ended {state}, category {category}", state=job["job_state"], category=job["job_category"]
    )


def _copy(job: Mapping[str, Any], words: Words) -> str:
    """Return a copy job that failed; its time and its vault where AWS named them."""
    time = words.text(" of {time}", time=_plain(job["created_at"], words)) if job.get("created_at") else ""
    into = words.text(" into {vault}", vault=job["destination"]) if job.get("destination") else ""
    said = words.text(
        "Copy job {job}{time}{into} ended {state}",
        job=job["job_id"], time=time, into=into, state=job["state"],
    )  # fmt: skip
    return f"{said}; “{job['message']}”" if job.get("message") else said


def _gone(job: Mapping[str, Any], words: Words) -> str:
    days = job.get("kept_days")
    kept = (
        words.plural("for {n} day", "for {n} days", days) if isinstance(days, int) else words.text("for ever")
    )
    return words.text(
        "Backup job {job} of {time} made {arn}, which was to be kept {kept} and is gone",
        job=job["job_id"], time=_plain(job["created_at"], words), arn=job["recovery_point_arn"], kept=kept,
    )  # fmt: skip


def _gap(gap: Mapping[str, Any], words: Words) -> str:
    return words.text(
        "{call} in account {account}, {region}: {error} ({gap})",
        call=gap["operation"], account=gap["account_id"], error=gap["error"], gap=gap["gap_id"],
        region=gap["region"] or words.text("all Regions"),
    )  # fmt: skip


#: How one of a list of facts is told: how its path ends, what it must have and what else it may have.
#: What has less or more is not taken for one of ours: a user's control may show any list.
_SENTENCES: Final[tuple[tuple[str, set[str], set[str], Callable[[Mapping[str, Any], Words], str]], ...]] = (
    (
        "",
        {"due", "state", "plan", "rule"},
        {"job_id", "job_state", "job_category", "recovery_point_arn", "message"},
        _slot,
    ),
    (".copies.failures", {"job_id", "state"}, {"created_at", "destination", "message"}, _copy),
    ("", {"job_id", "state", "created_at", "destination"}, {"message"}, _copy),
    (".deleted_early_first", {"job_id", "created_at", "recovery_point_arn"}, {"kept_days"}, _gone),
    ("", {"gap_id", "operation", "account_id", "region", "error"}, set(), _gap),
)


def _inline(value: Any, words: Words) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{label(key, words)}: {_inline(value[key], words)}" for key in sorted(value))
    if isinstance(value, (list, tuple)):
        return ", ".join(_inline(item, words) for item in value) or words.text("none")
    return _plain(value, words)


def _plain(value: Any, words: Words) -> str:
    if value is None:
        return words.text("none")
    if isinstance(value, bool):
        return words.text("yes") if value else words.text("no")
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    text = str(value)
    try:  # a time, in the form of every other time of a report
        return words.second(text) if text.endswith("Z") and datetime.fromisoformat(text) else text
    except ValueError:
        return text
