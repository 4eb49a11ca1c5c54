"""What a change set deletes or replaces of what protects: plans, selections, vaults, locks, policies, roles.

CloudFormation makes a replacement before it deletes what is replaced. Sources: CloudFormation user guide,
"Update behaviors of stack resources"; API reference, ResourceChange.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from auditor.check.cloudformation.documents import as_texts
from auditor.check.cloudformation.identities import AIR_GAPPED, PLAN, SELECTION, VAULT
from auditor.check.cloudformation.organization import POLICY
from auditor.check.cloudformation.stack_changes import StackChange
from auditor.check.cloudformation.values import UnknownInTemplate
from auditor.check.declared import Declaration, DeclaredChange, DeclaredSelection, Place
from auditor.check.policy_documents import BACKUP_POLICY
from auditor.check.shapes import as_list, as_object
from auditor.model.documents import UnreadableDocument
from auditor.model.plans import Selection

Json = Any

_ROLE: Final = "AWS::IAM::Role"
_VAULTS: Final = (VAULT, AIR_GAPPED)
_KINDS: Final[Mapping[str, str]] = {
    PLAN: "plan",
    SELECTION: "selection",
    VAULT: "vault",
    AIR_GAPPED: "vault",
    _ROLE: "role",
    POLICY: "organization policy",
}
#: What of a vault protects and is a property of it.
_SETTINGS: Final[Mapping[str, str]] = {"LockConfiguration": "lock", "AccessPolicy": "vault policy"}
#: By what a role is known as one of backups: who takes it on, or AWS's managed policies for it.
_SERVICE: Final = b"backup.amazonaws.com"
_MANAGED: Final = "policy/service-role/AWSBackupServiceRolePolicy"
_NO_VALUES: Final = "the change set has no property values of it"
#: In place of the plan of a selection that is not told.
_UNKNOWN: Final = str(None)
_Words = tuple[list[Any], ...]


class Losses:
    """The deletions and replacements of one change set.

    `selections` are those that it makes; `missing` says why something may be missing from it.
    """

    def __init__(
        self,
        changes: Sequence[StackChange],
        place: Place,
        selections: Sequence[DeclaredSelection],
        missing: str,
    ) -> None:
        self._changes, self._place, self._missing = changes, place, missing
        hidden = [one.declaration.address for one in selections if one.selection.fault]
        hidden += [one.logical for one in changes if one.kind == SELECTION and _without_values(one)]
        self._open = next(iter(hidden), "")
        self._made = {
            repr(words_of(one.selection)): one.declaration.address
            for one in selections
            if not one.selection.fault
        }
        self._roles = {
            str(as_object(_of(one, "BackupSelection")).get("IamRoleArn")).rpartition("/")[2]
            for one in changes
            if one.kind == SELECTION
        }

        self._of_plan: defaultdict[str, list[StackChange]] = defaultdict(list)
        for one in changes:
            if one.kind == SELECTION:
                self._of_plan[str(_of(one, "BackupPlanId"))].append(one)

    def found(self, file: str) -> Iterator[DeclaredChange]:
        """Each; what AWS keeps though the stack has it no more is none."""
        for one in self._changes:
            for kind, action, kept_by, fault in self._of(one):
                yield DeclaredChange(
                    place=self._place,
                    kind=kind,
                    action=action,
                    name=_name(one),
                    declaration=Declaration(file, one.logical),
                    made_first=action == "replaced",
                    kept_by=kept_by,
                    fault=fault,
                )

    def _of(self, one: StackChange) -> Iterator[tuple[str, str, str, str]]:
        """The kind, the action, what does the same, and why that is not known."""
        action, fault = one.fate
        protects, doubt = self._protects(one)
        if action and protects:
            kept_by, unsure = self._kept_by(one) if action == "deleted" else ("", "")
            yield _KINDS[one.kind], action, kept_by, fault or doubt or unsure
        elif one.kind in _VAULTS and not action and one.before is not None and one.after is not None:
            for key, kind in _SETTINGS.items():
                if one.before.get(key) and not one.after.get(key):
                    yield kind, "deleted", "", ""
        elif one.kind == _ROLE and not action and _managed(one.before) and _managed_no_more(one.after):
            yield "role policy", "deleted", "", ""

    def _protects(self, one: StackChange) -> tuple[bool, str]:
        """Of roles and policies, only those that backups need; and why that is not known."""
        if one.kind in (PLAN, SELECTION, *_VAULTS):
            return True, ""
        if one.kind not in _KINDS:
            return False, ""
        if one.before is None:
            what = "backups are made with it" if one.kind == _ROLE else "it is a backup policy"
            return True, f"whether {what} is not known: {_NO_VALUES}"
        if one.kind == _ROLE:
            used = one.physical in self._roles or _managed(one.before)
            return used or _SERVICE in orjson.dumps(one.before), ""
        return one.before.get("Type") == BACKUP_POLICY, ""

    def _kept_by(self, one: StackChange) -> tuple[str, str]:
        """What does the same as something that is deleted, and why that is not known."""
        if one.kind == SELECTION:
            own = [one]
        elif one.kind == PLAN:
            own = self._of_plan[one.physical] or self._of_plan[_UNKNOWN]
        else:
            return "", ""
        found = [self._same(other) for other in own]
        kept = found[0] if found and all(found) else ""
        if kept or not self._missing:
            open_ = self._open if own and not kept else ""
            return kept, f"whether {open_} does the same is not known" if open_ else ""
        return "", f"whether anything does the same is not known: {self._missing}"

    def _same(self, one: StackChange) -> str:
        """The address of a selection that selects the same, "" for none."""
        given = as_object(_of(one, "BackupSelection"))
        try:
            document = as_texts({key: value for key, value in given.items() if key != "IamRoleArn"})
            selection = Selection.from_document(document, plan_id="", selection_id="")
        except (UnknownInTemplate, UnreadableDocument):
            return ""
        return self._made.get(repr(words_of(selection)), "")


def words_of(selection: Selection) -> _Words:
    """What a selection says, in whatever order."""
    parts = (selection.resources, selection.not_resources, selection.list_of_tags, selection.conditions)
    return tuple(sorted(part, key=repr) for part in parts)


def _of(one: StackChange, key: str) -> Json:
    return (one.before or {}).get(key)


def _without_values(one: StackChange) -> bool:
    """Whether it is there afterwards, and what it says is not known."""
    return not one.gone and one.after is None


def _managed(properties: Mapping[str, Json] | None) -> bool:
    """Whether a role has one of AWS's policies for backups."""
    return any(_MANAGED in str(arn) for arn in as_list((properties or {}).get("ManagedPolicyArns")))


def _managed_no_more(properties: Mapping[str, Json] | None) -> bool:
    return properties is not None and not _managed(properties)


def _name(one: StackChange) -> str:
    held = (
        as_object(_of(one, "BackupPlan")).get("BackupPlanName"),
        as_object(_of(one, "BackupSelection")).get("SelectionName"),
        *(_of(one, key) for key in ("BackupVaultName", "RoleName", "Name")),
        one.physical,
    )
    return next((text for text in held if isinstance(text, str) and text), one.logical)
