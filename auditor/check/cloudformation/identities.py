"""ARN, id and name of what a template makes: as written where that is known, else stand-ins.

A stand-in has the logical id in it: no pattern names it, and two of them are never equal.
Source: CloudFormation template reference, "Return values" of each type.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final, NamedTuple

from auditor.check.cloudformation.functions import UnknownInTemplate, as_text, refuse_functions
from auditor.check.cloudformation.types import NAMES, PAIRS, arn_form, as_kept, kind_of
from auditor.check.cloudformation.values import Depth, Values
from auditor.check.declared import Assumed, Place
from auditor.check.shapes import as_object

Json = Any

PLAN: Final = "AWS::Backup::BackupPlan"
SELECTION: Final = "AWS::Backup::BackupSelection"
VAULT: Final = "AWS::Backup::BackupVault"
AIR_GAPPED: Final = "AWS::Backup::LogicallyAirGappedBackupVault"
ROLE: Final = "AWS::IAM::Role"
MANAGED_POLICY: Final = "AWS::IAM::ManagedPolicy"
ALIAS: Final = "AWS::KMS::Alias"
KEYS: Final = ("AWS::KMS::Key", "AWS::KMS::ReplicaKey")
ORGANIZATION: Final = "AWS::Organizations::Organization"
UNIT: Final = "AWS::Organizations::OrganizationalUnit"
ACCOUNT: Final = "AWS::Organizations::Account"
#: The attributes of an organization that are the id of its root, and of its management account.
ROOT_ID: Final = "RootId"
MANAGEMENT: Final = "ManagementAccountId"
#: What gives an id that AWS makes, or an ARN of it, "" for Ref.
_MADE: Final[Mapping[str, tuple[str, ...]]] = {
    ORGANIZATION: (ROOT_ID, MANAGEMENT),
    UNIT: ("", "Id"),
    ACCOUNT: ("", "AccountId"),
    ALIAS: ("",),
    **dict.fromkeys(KEYS, ("", "KeyId", "Arn")),
}
#: What Ref gives of a managed policy is its ARN.
_IAM: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    ROLE: ("role", "RoleName", ("Arn",)),
    MANAGED_POLICY: ("policy", "ManagedPolicyName", ("", "PolicyArn")),
}
#: The attributes of a resource that are its ARN, and those that are the name or id in it, "" for Ref.
_ARNS: Final = (
    "Arn", "DBClusterArn", "DBInstanceArn", "Namespace.NamespaceArn", "ResourceARN", "ResourceArn",
    "TableArn",
)  # fmt: skip
_IDS: Final = ("", "FileSystemId", "Identifier", "InstanceId", "VolumeId")
#: How what stands in for what AWS makes begins.
STAND_IN: Final = "(known after deploy"
_STAND_INS: Final = re.compile(rf"{re.escape(STAND_IN)}[^()]*\)")
_UNNAMED: Final = f"{STAND_IN})"
_FILE_SYSTEM: Final = "AWS::FSx::FileSystem"
_ASSOCIATION: Final = "AWS::FSx::DataRepositoryAssociation"


class TemplateArn(NamedTuple):
    """An ARN; `made` is the part of it that AWS makes, and `parts` are others that are not known."""

    arn: str
    made: str
    parts: tuple[str, ...]


class TemplateNames:
    """The identities of what one template makes, and its values."""

    def __init__(
        self, template: Mapping[str, Json], place: Place, assumed: Assumed, depth: Depth | None = None
    ) -> None:
        self._resources = as_object(template.get("Resources"))
        self._place = place
        self._ids = assumed.stack.ids
        mark = f"{re.sub('[()]', '_', assumed.mark)} " if assumed.mark else ""
        self._mark = f"{mark}{assumed.stack.path}"
        self.values = Values(template, place, self.attribute, assumed.stack, depth)

    def properties(self, logical: str) -> Mapping[str, Json]:
        """Its properties, empty where there are none."""
        return as_object(as_object(self._resources.get(logical)).get("Properties"))

    def type(self, logical: str) -> str:
        """Its type."""
        return str(as_object(self._resources.get(logical)).get("Type"))

    def kind(self, logical: str) -> str:
        """AWS Backup's word for its type, "" for none. Raises `UnknownInTemplate`."""
        refuse_functions(as_object(self._resources.get(logical)))
        properties = self.properties(logical)
        if self._is_linked(logical):
            return ""
        return kind_of(
            self.type(logical),
            lambda key: self.values.chosen(properties.get(key)),
            lambda key: self.values.told(properties.get(key)),
        )

    @cached_property
    def _links(self) -> Mapping[str, list[str]]:
        """By file system the associations that link it to data repositories, so far as a Ref names it."""
        found: dict[str, list[str]] = {}
        for one in self._resources:
            named = as_object(self.properties(one).get("FileSystemId")).get("Ref")
            if self.type(one) == _ASSOCIATION and isinstance(named, str):
                found.setdefault(named, []).append(one)
        return found

    def _is_linked(self, logical: str) -> bool:
        """Whether it is a file system of which no backup is made for a link (aws-backup.md 1.2).

        Raises `UnknownInTemplate` where that hangs on a condition that is not known.
        """
        links = self._links.get(logical, []) if self.type(logical) == _FILE_SYSTEM else []
        conditions = [as_object(self._resources[one]).get("Condition") for one in links]
        return None in conditions or (bool(links) and self.values.holds({"Fn::Or": conditions}))

    def known(self, value: Json) -> str:
        """A text, "" where it is not known or there is none."""
        try:
            return as_text(self.values.of(value))
        except UnknownInTemplate:
            return ""

    def unknown(self, logical: str, part: str = "") -> str:
        """What stands in for whatever AWS makes of it, or of a part of it."""
        return f"{STAND_IN}: {self._mark}{logical}{f' {part}' if part else ''})"

    def _name(self, logical: str, key: str) -> str:
        kind = self.type(logical)
        name = as_kept(kind, self.known(self.properties(logical).get(key)))
        return name or self._id(logical) or self.unknown(logical)

    def _id(self, logical: str) -> str:
        """The id that it has already, "" for none, or for one that is no part of its ARN."""
        return "" if self.type(logical) in PAIRS else self._ids.get(logical, "")

    def attribute(self, logical: str, attribute: str) -> str:
        """What Ref ("") or GetAtt gives; a stand-in where AWS has not said it yet."""
        kind = self.type(logical)
        if kind in (VAULT, AIR_GAPPED) and attribute in ("", "BackupVaultName", "BackupVaultArn"):
            name = self._name(logical, "BackupVaultName")
            own = arn_of(self._place, f"backup:{{region}}:{{account}}:backup-vault:{name}")
            return own if attribute == "BackupVaultArn" else name
        if kind == PLAN and attribute in ("", "BackupPlanId", "BackupPlanArn"):
            plan_id = self._id(logical) or self.unknown(logical)
            own = arn_of(self._place, f"backup:{{region}}:{{account}}:backup-plan:{plan_id}")
            return own if attribute == "BackupPlanArn" else plan_id
        if kind in _IAM and attribute in ("", *_IAM[kind][2]):
            return self._of_iam(logical, attribute)
        if attribute in _MADE.get(kind, ()):
            return self._made(logical, attribute)
        backed_up = self.kind(logical)
        if backed_up and attribute in _ARNS:
            return self.identity(logical, backed_up, self._place).arn
        if backed_up and attribute in _IDS and kind not in PAIRS:
            return self._name(logical, NAMES.get(kind, ""))
        raise UnknownInTemplate(f"{'Fn::GetAtt' if attribute else 'Ref'} {logical} {attribute}".rstrip())

    def _made(self, logical: str, attribute: str) -> str:
        """The id that AWS makes of a key or a part of an organization, the ARN of a key, or an alias."""
        kind, own = self.type(logical), self.unknown(logical)
        if kind == ALIAS:
            return self._name(logical, "AliasName")
        if kind == ORGANIZATION:  # its own id is neither that of its root nor that of its account
            return f"{own}.{attribute}"
        made = self._id(logical) or own
        form = f"kms:{{region}}:{{account}}:key/{made}"
        return arn_of(self._place, form) if attribute == "Arn" else made

    def _of_iam(self, logical: str, attribute: str) -> str:
        """The name or the ARN of a role or policy."""
        word, key, arns = _IAM[self.type(logical)]
        name, path = self._name(logical, key), self.known(self.properties(logical).get("Path")) or "/"
        return arn_of(self._place, f"iam::{{account}}:{word}{path}{name}") if attribute in arns else name

    def identity(self, logical: str, backed_up: str, place: Place) -> TemplateArn:
        """The ARN of a resource in a place, and what of it is not known."""
        kind, own = self.type(logical), self.unknown(logical)
        key = NAMES.get(kind, "")
        database = self.known(self.properties(logical).get("DatabaseName")) or _UNNAMED
        arn = arn_of(place, arn_form(kind, backed_up), id=self._name(logical, key), database=database)
        parts = tuple(dict.fromkeys(_STAND_INS.findall(arn)))
        try:
            named = self._id(logical) or self.values.chosen(self.properties(logical).get(key))
            made = own if named is None else ""
        except UnknownInTemplate:
            made = ""
        return TemplateArn(arn, made, parts)


def arn_of(place: Place, form: str, **parts: str) -> str:
    """The ARN of a form behind the partition in a place; what is not among the parts is not known."""
    others = dict.fromkeys(("file_system", "gateway", "name"), _UNNAMED)
    named = {"region": place.region, "account": place.account_id, **others, **parts}
    for key, text in named.items():
        form = form.replace(f"{{{key}}}", text)
    return f"arn:{place.partition}:{form}"
