"""A change of one account, and how changes are shown."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

#: What carries this tag belongs to push; anything else is left alone.
OWNER_TAG: Final = ("managed-by", "auditor")


class Action(StrEnum):
    """What a change does."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    NONE = "none"


class ChangeKind(StrEnum):
    """What a change is about.

    `ACCOUNT` and `REGION` stand for one that could not be read, `POLICY` for a desired state that could not
    be computed.
    """

    ACCOUNT = "account"
    REGION = "region"
    POLICY = "policy"
    SETTINGS = "settings"
    VAULT = "vault"
    LOCK = "lock"
    PLAN = "plan"
    SELECTION = "selection"


class ChangeStatus(StrEnum):
    """Where a change stands. One whose action is NONE is DONE from the start."""

    PLANNED = "planned"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing of one account (by its id) and Region, as it is and as it must be.

    `before` and `after` are documents as the AWS Backup API writes them, with its defaults filled in; None is
    absent. `parent` is the name of a selection's plan or a lock's vault; `aws_id` the id of the plan or
    selection that is there, `parent_id` that of a selection's plan. `warnings` are sentences to read before
    applying; `error` is the one sentence of a failed change. `token` is the moment of the plan: applying the
    change again sends the same requests, another plan sends others.
    """

    account: str
    account_name: str
    region: str
    kind: ChangeKind
    name: str
    action: Action
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    parent: str = ""
    aws_id: str = ""
    parent_id: str = ""
    token: str = ""
    warnings: tuple[str, ...] = ()
    outcome: ChangeStatus = ChangeStatus.PLANNED
    error: str = ""

    def failed(self, error: str) -> "Change":
        """The same change, failed."""
        return replace(self, outcome=ChangeStatus.FAILED, error=error)

    def done(self) -> "Change":
        """The same change, applied."""
        return replace(self, outcome=ChangeStatus.DONE)


_WORDS: Final = {
    (Action.CREATE, ChangeStatus.PLANNED): "to create",
    (Action.CREATE, ChangeStatus.DONE): "created",
    (Action.UPDATE, ChangeStatus.PLANNED): "to update",
    (Action.UPDATE, ChangeStatus.DONE): "updated",
    (Action.DELETE, ChangeStatus.PLANNED): "to delete",
    (Action.DELETE, ChangeStatus.DONE): "deleted",
    (Action.NONE, ChangeStatus.DONE): "unchanged",
}


def render(changes: Sequence[Change]) -> list[str]:
    """Lines for a terminal: each account with its counts, then what is changed, what failed and the warnings.

    An account with nothing to do is one line. Text that AWS answered is shown without control characters.
    """
    lines: list[str] = []
    by_account: defaultdict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        by_account[change.account, change.account_name].append(change)
    for (account_id, name), own in sorted(by_account.items()):
        lines.append(f"{account_id} {_plain(name)}".rstrip() + f": {_counts(own)}")
        lines += _details(own)
    lines += [f"Nothing is pushed there: {_plain(problem)}" for problem in _problems(changes)]
    return lines + [f"Warning: {_plain(warning)}" for warning in _warnings(changes)]


def _counts(changes: Iterable[Change]) -> str:
    counts: dict[str, int] = dict.fromkeys([*_WORDS.values(), "failed"], 0)
    for change in changes:
        counts[_word(change)] += 1
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def _details(changes: Iterable[Change]) -> Iterator[str]:
    regions: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for change in changes:
        if change.kind is ChangeKind.POLICY:
            continue  # said once for all accounts
        if change.outcome is ChangeStatus.FAILED:
            where = change.region or "every Region"
            yield f"  failed     {change.kind} {_plain(change.name)} ({where}): {_plain(change.error)}"
        elif change.action is not Action.NONE:
            regions[_word(change), f"{change.kind} {_plain(change.name)}"].append(change.region)
    for (word, what), names in regions.items():
        yield f"  {word:<10} {what} ({', '.join(sorted(set(names)))})"


def _word(change: Change) -> str:
    return "failed" if change.outcome is ChangeStatus.FAILED else _WORDS[change.action, change.outcome]


def _problems(changes: Iterable[Change]) -> list[str]:
    """Each reason why the policies say nothing that can be pushed, once."""
    return _once(change.error for change in changes if change.kind is ChangeKind.POLICY)


def _warnings(changes: Iterable[Change]) -> list[str]:
    """Each warning once, with how many times it holds."""
    return _once(warning for change in changes for warning in change.warnings)


def _once(sentences: Iterable[str]) -> list[str]:
    counts = Counter(sentences)
    return [sentence if count == 1 else f"{sentence} ({count} times)" for sentence, count in counts.items()]


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
