"""The file of waivers: deviations that somebody accepted, each checked, with the digest of the file."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from auditor.catalogue.entries import Wrong, check_words, day_of
from auditor.catalogue.said import read_said
from auditor.model.errors import UsageError
from auditor.model.policy import Control
from auditor.model.resource_types import words_by_service
from auditor.model.verdicts import Waiver
from auditor.yaml_files.document import Document

_FIELDS: Final = 3  # arn, partition, service; Region, account and resource follow
_WILD: Final = re.compile(r"[*?]")
_PART: Final = re.compile(r"[^*?/]+")
_ACCOUNT: Final = re.compile(r"(?<![^*?])[0-9]{12}(?![^*?])")
#: Beside a wildcard a name has at least this many characters: one or two are in almost every name.
_ENOUGH: Final = 3
_SHOWN: Final = 300  # characters of a subject that a sentence repeats
#: What stands in every ARN of a service: words for a type, and what AWS's ids begin with.
_COMMON: Final[Mapping[str, Sequence[str]]] = {
    "backup": ("backup-plan", "backup-vault", "recovery-point", "continuous", "composite"),
    "iam": ("root",),
    **words_by_service(),
}
#: What a waiver may say of what it covers: all that it says has to be so.
_SCOPES: Final = ("subject", "tag", "account", "organizational_unit")
_WIDE: Final = (
    "'subject' {subject} is too wide; name a service, and an account or some of a resource's own name, "
    "such as arn:aws:ec2:*:111122223333:volume/*."
)


@dataclass(frozen=True, slots=True)
class Waivers:
    """The waivers of a file in its order, the file's bytes, and their digest; nothing without a file."""

    entries: tuple[Waiver, ...] = ()
    data: bytes = b""
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A waiver may end at most `days` after `as_of`."""

    as_of: date
    days: int

    @property
    def last(self) -> date:
        """The latest end."""
        return min(self.as_of, date.max - timedelta(days=self.days)) + timedelta(days=self.days)


def load_waivers(path: Path | None, controls: Iterable[Control], limit: Limit | None = None) -> Waivers:
    """Read a file of waivers (schemas/waivers.json); without one there are none.

    These waivers are refused: of a control that is not among `controls`; with an end after `limit` (where
    there is one); that do not say what they cover, or with a subject that alone is too wide
    (`names_something`); by a tag, of a control that judges no resources; without a reason or an approver. A
    waiver that has expired is not refused: it is kept, and waives nothing.

    Raises:
        UsageError: naming the file and the line.
    """
    if path is None:
        return Waivers()
    document, data, digest = read_said(path, "waivers")
    subjects = {control.id: str(control.subject) for control in controls}
    entries = tuple(
        _waiver(document, number, subjects, limit) for number in range(len(document.value["waivers"]))
    )
    _check_once(document, entries)
    return Waivers(entries, data, digest)


def _check_once(document: Document, entries: Sequence[Waiver]) -> None:
    """Refuse a second waiver of the same until the same day: nobody could tell which of them is used."""
    seen: dict[tuple[Any, ...], int] = {}
    for number, one in enumerate(entries):
        key = (one.control_id, one.subject, one.tag, one.account, one.organizational_unit, one.expires)
        first = seen.setdefault(key, number)
        if first != number:
            what = f"it covers the same as entry {first + 1} of 'waivers' until the same day; remove one."
            raise document.error(["waivers", number], what)


def names_something(subject: str) -> bool:
    """Whether a pattern of an ARN names a service, and an account or some of a resource's own name.

    The service is written out: no wildcard stands in it or before it but for the partition. An account is
    twelve digits. A resource's own name is neither a word that stands in every ARN of the type (`volume/`),
    nor what AWS's ids begin with (`vol-`), nor a Region; beside a wildcard it has `_ENOUGH` characters.
    """
    fields = subject.split(":")
    if fields[0] != "arn" or len(fields) <= _FIELDS or not fields[2] or _WILD.search(fields[2]):
        return False
    region, *rest = fields[_FIELDS:]
    words = _COMMON.get(fields[2], ())
    if not rest:  # a star that ends the Region stands for account and resource too, up to what ends the ARN
        return _has_name("*" + region.rpartition("*")[2], words) if "*" in region else False
    account, *names = rest
    if _ACCOUNT.search(account):
        return True
    if not names:  # what is more than digits is part of the resource
        names = ["*" if re.fullmatch(r"[*?0-9]*", account) else account]
    return any(_has_name(name, words) for name in names)


def _has_name(field: str, words: Sequence[str]) -> bool:
    """Whether a field has a part that is a resource's own name, or enough of one."""
    for found in _PART.finditer(field):
        part, before, after = found[0], field[: found.start()], field[found.end() :]
        head = next((word for word in words if word.endswith("-") and part.startswith(word)), "")
        own = part.removeprefix(head)
        whole = (head or not before.endswith(("*", "?"))) and not after.startswith(("*", "?"))
        new = not any(part in word for word in words) and any(letter.isalnum() for letter in own)
        if new and (whole or len(own) >= _ENOUGH):
            return True
    return False


def _waiver(document: Document, number: int, subjects: Mapping[str, str], limit: Limit | None) -> Waiver:
    entry = document.value["waivers"][number]

    def wrong(key: str, what: str) -> UsageError:
        return document.error(["waivers", number, key], what)

    if entry["control_id"] not in subjects:
        raise wrong(
            "control_id", f"there is no control {entry['control_id']}; `auditor policy list` shows them."
        )
    judged = subjects[entry["control_id"]]
    if judged in ("waiver", "attestation"):
        said = f"{entry['control_id']} judges {judged}s, which no waiver covers; remove it."
        raise wrong("control_id", said)
    check_scope(entry, judged, wrong)
    words = {"reason": "why the deviation is accepted", "approved_by": "who accepted it"}
    further = {"owner": "who mends it", "ticket": "where the work on it is tracked"}
    check_words(entry, words | {key: what for key, what in further.items() if key in entry}, wrong)
    expires = day_of(entry, "expires", wrong)
    if limit is not None and expires > limit.last:
        raise wrong(
            "expires",
            f"it ends more than {limit.days} days after {limit.as_of} (the setting max_waiver_days); "
            f"write {limit.last} at the latest.",
        )
    return Waiver.of(entry)


def check_scope(entry: Mapping[str, Any], judged: str, wrong: Wrong) -> None:
    """Refuse what does not say what it covers; `judged` is the type of the control's subjects."""
    if not any(key in entry for key in _SCOPES):
        raise wrong("control_id", f"it does not say what it covers; add one of {', '.join(_SCOPES)}.")
    if "tag" in entry and judged != "resource":
        raise wrong(
            "tag",
            f"only resources have tags that are read, and {entry['control_id']} judges a {judged}; name it "
            "by subject, account or organizational_unit.",
        )
    if "subject" in entry:
        _check_subject(entry["subject"], wrong, alone=not any(key in entry for key in _SCOPES[1:]))


def _check_subject(subject: str, wrong: Wrong, *, alone: bool) -> None:
    shown = repr(subject[:_SHOWN]) + "…" * (len(subject) > _SHOWN)
    odd = next((letter for letter in subject if letter in "[ " or not letter.isprintable()), "")
    if odd:
        raise wrong(
            "subject",
            f"'subject' {shown} has {odd!r} in it; an ARN has none, and only * and ? stand for others.",
        )
    if not subject.startswith("arn:") and not _WILD.search(subject):
        raise wrong("subject", f"'subject' {shown} is not an ARN; write the ARN that findings.csv shows.")
    if alone and not names_something(subject):
        raise wrong("subject", _WIDE.format(subject=shown))
