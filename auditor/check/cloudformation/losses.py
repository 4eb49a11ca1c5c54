"""What a change set deletes or replaces of what protects: plans, selections, vaults, locks, policies, roles.

CloudFormation makes a replacement before it deletes what is replaced. Sources: CloudFormation user guide,
"Update behaviors of stack resources"; API reference, ResourceChange.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from auditor.check.cloudformation.documents import as_texts
from auditor.check.cloudformation.functions import UnknownInTemplate, is_later
from auditor.check.cloudformation.identities import AIR_GAPPED, PLAN, ROLE, SELECTION, VAULT
from auditor.check.cloudformation.organization import POLICY
from auditor.check.cloudformation.roles import POLICIES
from auditor.check.cloudformation.stack_changes import MODIFY, StackChange
from auditor.check.cloudformation.weakened import RESTORE_TESTS, weakened
from auditor.check.declared import Declaration, DeclaredSelection, Place
from auditor.check.declared_changes import DeclaredChange
from auditor.check.managed_policies import of_backup_roles
from auditor.check.policy_documents import BACKUP_POLICY
from auditor.check.shapes import as_list, as_object, objects
from auditor.model.documents import UnreadableDocument
from auditor.model.plans import Selection

Json = Any

_VAULTS: Final = (VAULT, AIR_GAPPED)
_KINDS: Final[Mapping[str, str]] = {
    PLAN: "plan",
    SELECTION: "selection",
    VAULT: "vault",
    AIR_GAPPED: "vault",
    ROLE: "role",
    **dict.fromkeys(POLICIES, "role policy"),
    POLICY: "organization policy",
    **RESTORE_TESTS,
}
#: What of a vault protects and is a property of it.
_SETTINGS: Final[Mapping[str, str]] = {"LockConfiguration": "lock", "AccessPolicy": "vault policy"}
#: By what a role is known as one of backups, beside AWS's managed policies for it: who takes it on.
_SERVICE: Final = b"backup.amazonaws.com"
#: What gives roles policies; where several do, the last of these counts.
_GIVING: Final = (ROLE, *POLICIES)
#: Where the name of something stands, that is not within another property.
_NAMES: Final = (
    "BackupVaultName", "RoleName", "Name", "RestoreTestingPlanName", "RestoreTestingSelectionName",
)  # fmt: skip
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
        self.roles = {
            str(as_object(_of(one, "BackupSelection")).get("IamRoleArn")).rpartition("/")[2]
            for one in changes
            if one.kind == SELECTION
        }
        #: by the name of a role and a document: what gives the role that policy afterwards
        self._given = {key: one.logical for kind in _GIVING for one in changes for key in _gives(one, kind)}

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
            where = Declaration(file, one.logical)
            for kind, lost, fault in weakened(one):
                yield DeclaredChange(self._place, kind, "weakened", _name(one), where, fault=fault, lost=lost)

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
        elif one.kind == ROLE and not action and one.action == MODIFY:
            lost, unsure = self._less(one)
            if lost or unsure:
                yield "role policy", "deleted", "", unsure

    def _protects(self, one: StackChange) -> tuple[bool, str]:
        """Of roles and policies, only those that backups need; and why that is not known."""
        if one.kind in (PLAN, SELECTION, *_VAULTS, *RESTORE_TESTS):
            return True, ""
        if one.kind not in _KINDS:
            return False, ""
        if one.before is None:
            what = "it is a backup policy" if one.kind == POLICY else "backups are made with it"
            return True, f"whether {what} is not known: {_NO_VALUES}"
        if one.kind == ROLE:
            used = one.physical in self.roles or of_backup_roles(_arns(one.before))
            return bool(used) or _SERVICE in orjson.dumps(one.before), ""
        if one.kind in POLICIES:
            return not _roles_of(one.before).isdisjoint(self.roles), ""
        return one.before.get("Type") == BACKUP_POLICY, ""

    def _less(self, one: StackChange) -> tuple[bool, str]:
        """Whether a role that changes loses a policy that backups need, and why that is not known."""
        if one.before is None:
            return False, f"whether it loses a policy that backups need is not known: {_NO_VALUES}"
        used, arns, names = one.physical in self.roles, _arns(one.before), _inline(one.before)
        had = {*(arns if used else of_backup_roles(arns)), *(names if used else ())}
        if had and one.after is None:
            return False, f"whether it loses a policy that backups need is not known: {_NO_VALUES}"
        lost = had - {*_arns(one.after), *_inline(one.after), *self._given_again(one)}
        later = [_arns(one.after), (one.after or {}).get("ManagedPolicyArns")]
        if lost and is_later(later):
            return False, "which policies it has is known only when the change set is executed"
        return bool(lost), ""

    def _kept_by(self, one: StackChange) -> tuple[str, str]:
        """What does the same as something that is deleted, and why that is not known."""
        if one.kind == SELECTION:
            own = [one]
        elif one.kind == PLAN:
            own = self._of_plan[one.physical] or self._of_plan[_UNKNOWN]
        elif one.kind in POLICIES:
            return self._same_policy(one), ""
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

    def _given_again(self, one: StackChange) -> Iterator[str]:
        """The names of a role's own policies that something else gives it afterwards."""
        for policy in objects((one.before or {}).get("Policies")):
            key = (one.physical, _spelled(policy.get("PolicyDocument")))
            if self._given.get(key, one.logical) != one.logical:
                yield str(policy.get("PolicyName"))

    def _same_policy(self, one: StackChange) -> str:
        """The address of what gives the same roles the same policy, "" where not all of them get it."""
        document = _spelled(_of(one, "PolicyDocument"))
        found = [self._given.get((role, document), "") for role in sorted(_roles_of(one.before))]
        return found[0] if found and all(found) else ""


def words_of(selection: Selection) -> _Words:
    """What a selection says, in whatever order."""
    parts = (selection.resources, selection.not_resources, selection.list_of_tags, selection.conditions)
    return tuple(sorted(part, key=repr) for part in parts)


def _of(one: StackChange, key: str) -> Json:
    return (one.before or {}).get(key)


def _without_values(one: StackChange) -> bool:
    """Whether it is there afterwards, and what it says is not known."""
    return not one.gone and one.after is None


def _arns(properties: Mapping[str, Json] | None) -> list[str]:
    """The managed policies of a role."""
    return [arn for arn in as_list((properties or {}).get("ManagedPolicyArns")) if isinstance(arn, str)]


def _inline(properties: Mapping[str, Json] | None) -> list[str]:
    """The names of a role's own policies."""
    return [str(one.get("PolicyName")) for one in objects((properties or {}).get("Policies"))]


def _roles_of(properties: Mapping[str, Json] | None) -> set[str]:
    """The names of the roles that a policy is attached to."""
    given = properties or {}
    return {str(name) for name in (*as_list(given.get("Roles")), given.get("RoleName")) if name}


def _gives(one: StackChange, kind: str) -> Iterator[tuple[str, bytes]]:
    """The roles that something of a kind gives policies afterwards, each with a document."""
    given = (one.after or {}) if one.kind == kind and not one.gone else {}
    if kind == ROLE:
        yield from (
            (one.physical, _spelled(own.get("PolicyDocument"))) for own in objects(given.get("Policies"))
        )
    else:
        yield from ((role, _spelled(given.get("PolicyDocument"))) for role in _roles_of(given))


def _spelled(document: Json) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def _name(one: StackChange) -> str:
    held = (
        as_object(_of(one, "BackupPlan")).get("BackupPlanName"),
        as_object(_of(one, "BackupSelection")).get("SelectionName"),
        *(_of(one, key) for key in _NAMES),
        one.physical,
    )
    return next((text for text in held if isinstance(text, str) and text), one.logical)
