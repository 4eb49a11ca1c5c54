"""What resources of a plan attach to the role of a name, and what they keep off it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from auditor.check.managed_policies import denies_backups
from auditor.derive.iam_policy import may_deny

Json = Any


@dataclass(slots=True)
class RoleAttached:
    """What resources of their own attach to a role, and what the change takes away.

    `arns` and `inline` are the ARNs and names of all that is attached; `managed` are the ARNs of those whose
    documents are not in the plan. `hidden` says why more may be attached, `bounded` why less may be allowed.
    `gone` are the ARNs and names of what a resource has attached before: what it still attaches is in the
    rest. `only` has by its address what a resource leaves of ARNs, and `only_inline` of names, None for all
    that it may leave.
    """

    managed: list[str] = field(default_factory=list)
    documents: list[Json] = field(default_factory=list)
    arns: set[str] = field(default_factory=set)
    inline: set[str] = field(default_factory=set)
    hidden: str = ""
    bounded: str = ""
    gone: set[str] = field(default_factory=set)
    only: dict[str, set[str]] = field(default_factory=dict)
    only_inline: dict[str, set[str]] = field(default_factory=dict)

    def add(self, document: Json, fault: str, name: str = "") -> None:
        """Attach a document; `fault` says why it is not known, `name` what an inline one is called."""
        if fault:
            self.hide(fault)
        else:
            self.documents.append(document)
        self.inline |= {name} if name else set()

    def hide(self, fault: str) -> None:
        """Attach what is not known: it may allow something, or deny it."""
        self.hidden, self.bounded = self.hidden or fault, self.bounded or fault

    def perhaps(self, fault: str) -> "RoleAttached":
        """The same where it is perhaps that of another role: it covers nothing, and may deny something."""
        takes_off = self.only or self.only_inline or self.bounded
        denies = any(map(may_deny, self.documents)) or any(
            denies_backups(arn) is not False for arn in self.managed
        )
        return RoleAttached(hidden=fault, bounded=fault if takes_off or denies else "", gone=self.gone)

    @classmethod
    def joined(cls, some: Sequence["RoleAttached"]) -> "RoleAttached":
        """All of several."""
        return cls(
            [arn for one in some for arn in one.managed],
            [document for one in some for document in one.documents],
            {arn for one in some for arn in one.arns},
            {name for one in some for name in one.inline},
            _first(one.hidden for one in some),
            _first(one.bounded for one in some),
            {name for one in some for name in one.gone},
            {key: held for one in some for key, held in one.only.items()},
            {key: held for one in some for key, held in one.only_inline.items()},
        )

    @property
    def less(self) -> str:
        """Why less may be attached than resources attach, or less be allowed, "" where it may not."""
        for what, attached, held in (("", self.arns, self.only), ("inline ", self.inline, self.only_inline)):
            for address, left in held.items():
                if attached - left:
                    return f"{address} takes off {what}policies that it does not name"
        return self.bounded


def _first(clauses: Iterable[str]) -> str:
    return next((clause for clause in clauses if clause), "")
