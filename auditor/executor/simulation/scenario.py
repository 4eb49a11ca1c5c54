"""What is simulated: plans as AWS Backup takes them, and the resources and vaults that they would meet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from auditor.executor.seam.calls import GIBIBYTE
from auditor.executor.seam.driver import Place
from auditor.executor.simulation.drivers import real_drivers
from auditor.model.errors import UsageError
from auditor.model.organization import Resource
from auditor.yaml_files.document import read_document
from reports.text import clip

Document = dict[str, Any]

#: The account and Region of resources that are given by count alone.
DEFAULT_ACCOUNT: Final = "111122223333"
DEFAULT_REGION: Final = "us-east-1"
DEFAULT_SELECTION: Final = "every-resource"

_DAYS: Final = {"type": "integer", "minimum": 1, "maximum": 36_500}
_TEXT: Final = {"type": "string", "minLength": 1}
_ACCOUNT: Final = {"type": "string", "pattern": "^[0-9]{12}$"}
_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["resources"],
    "properties": {
        "partition": {"enum": ["aws", "aws-cn", "aws-us-gov"]},
        "accounts": {"type": "array", "minItems": 1, "uniqueItems": True, "items": _ACCOUNT},
        "ou_path": {"type": "array", "items": _TEXT},
        "cross_account_backup": {"type": "boolean"},
        "regions": {"type": "array", "minItems": 1, "uniqueItems": True, "items": _TEXT},
        "resources": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["type"],
                "properties": {
                    "type": _TEXT,
                    "name": _TEXT,
                    "count": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
                    "size_gib": {"type": "number", "minimum": 0},
                    "tags": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
        },
        "vaults": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {
                    "name": _TEXT,
                    "region": _TEXT,
                    "account": _ACCOUNT,
                    "key_arn": _TEXT,
                    "policy": {"type": "object"},
                    "lock": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "min_retention_days": _DAYS,
                            "max_retention_days": _DAYS,
                            "changeable_for_days": _DAYS,
                        },
                    },
                },
            },
        },
    },
}

#: ARNs of resources by type, after the partition.
_ARNS: Final[Mapping[str, str]] = {
    "EBS": "ec2:{region}:{account}:volume/{name}",
    "EC2": "ec2:{region}:{account}:instance/{name}",
    "RDS": "rds:{region}:{account}:db:{name}",
    "Aurora": "rds:{region}:{account}:cluster:{name}",
    "DynamoDB": "dynamodb:{region}:{account}:table/{name}",
    "S3": "s3:::{name}-{account}-{region}",
    "EFS": "elasticfilesystem:{region}:{account}:file-system/{name}",
    "FSx": "fsx:{region}:{account}:file-system/{name}",
    "Redshift": "redshift:{region}:{account}:cluster:{name}",
    "CloudFormation": "cloudformation:{region}:{account}:stack/{name}/0",
    "Storage Gateway": "storagegateway:{region}:{account}:gateway/sgw-1/volume/{name}",
}


_LIMITS: Final[Mapping[str, str]] = {
    "min_retention_days": "MinRetentionDays",
    "max_retention_days": "MaxRetentionDays",
    "changeable_for_days": "ChangeableForDays",
}


@dataclass(frozen=True, slots=True)
class GivenVault:
    """A vault that exists. `lock` is PutBackupVaultLockConfiguration's input without the name, None for none.

    `policy` is its access policy, which copies from other accounts need. `region` and `account_id` None are
    each of the scenario's.
    """

    name: str
    region: str | None = None
    key_arn: str | None = None
    lock: Mapping[str, int] | None = None
    account_id: str | None = None
    policy: Document | None = None

    @classmethod
    def of(cls, name: str, lock: Mapping[str, Any], account_id: str, region: str) -> Self:
        """A vault that the policies demand; `lock` has a mode, and days as in an inventory."""
        limits = None if lock["mode"] == "none" else _limits(lock)
        return cls(name, region, None, limits, account_id)


@dataclass(frozen=True, slots=True)
class Plan:
    """CreateBackupPlan's BackupPlan, and CreateBackupSelection's BackupSelections.

    Without selections it protects every resource. `place` None is every account and Region.
    """

    document: Document
    selections: Sequence[Document] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything that a simulation is made of; every account and Region has the same plans and resources.

    `vaults` None: every vault that the plans name exists, without a lock. `ou_path` is where the accounts
    lie, for policies that ask; `cross_account_backup` is the global setting of each account.
    """

    plans: Sequence[Plan]
    resources: Sequence[Document]
    vaults: Sequence[GivenVault] | None = None
    accounts: Sequence[str] = (DEFAULT_ACCOUNT,)
    regions: Sequence[str] = (DEFAULT_REGION,)
    partition: str = "aws"
    ou_path: Sequence[str] = ()
    cross_account_backup: bool = False

    @classmethod
    def load(cls, plans: Sequence[Path], inventory: Path | None, counts: Mapping[str, int]) -> Self:
        """Read plans and inventory (JSON or YAML); `counts` are resources by type besides.

        Raises:
            UsageError: naming the file, its line and what is wrong.
        """
        known = sorted({driver.resource_type for driver in real_drivers()})
        document: Document = {"resources": []} if inventory is None else _inventory(inventory, known)
        resources = [*document["resources"], *({"type": kind, "count": n} for kind, n in counts.items())]
        if not resources:
            raise UsageError("There is nothing to back up; name resources with --inventory or --resources.")
        for kind in counts:
            if kind not in known:
                raise UsageError(_no_type(kind, known))
        given = document.get("vaults")
        return cls(
            plans=[_plan(path) for path in plans],
            resources=resources,
            vaults=None if given is None else [_vault(row) for row in given],
            accounts=document.get("accounts", (DEFAULT_ACCOUNT,)),
            regions=document.get("regions", (DEFAULT_REGION,)),
            partition=document.get("partition", "aws"),
            ou_path=document.get("ou_path", ()),
            cross_account_backup=document.get("cross_account_backup", False),
        )

    def places(self) -> Iterator[Place]:
        """Every account and Region."""
        return ((account, region) for account in self.accounts for region in self.regions)

    def count(self) -> int:
        """How many resources there are in all accounts and Regions."""
        each: int = sum(row.get("count", 1) for row in self.resources)
        return each * len(self.accounts) * len(self.regions)

    def made(self, share: int, shares: int) -> tuple[dict[Place, list[Resource]], dict[str, int]]:
        """Every `shares`-th resource, from number `share` on, by place; and the sizes in bytes by ARN."""
        resources: dict[Place, list[Resource]] = {place: [] for place in self.places()}
        sizes: dict[str, int] = {}
        for place, found in resources.items():
            for number, (row, name) in enumerate(self._names()):
                if number % shares == share:
                    resource = self._resource(place, row, name)
                    sizes[resource.arn] = round(row.get("size_gib", 1) * GIBIBYTE)
                    found.append(resource)
        return resources, sizes

    def _names(self) -> Iterator[tuple[Document, str]]:
        for index, row in enumerate(self.resources, 1):
            stem = row.get("name", f"{row['type'].lower().replace(' ', '-')}-{index}")
            count = row.get("count", 1)
            for number in range(1, count + 1):
                yield row, stem if count == 1 else f"{stem}-{number}"

    def _resource(self, place: Place, row: Document, name: str) -> Resource:
        account, region = place
        pattern = _ARNS.get(row["type"], "backup:{region}:{account}:resource/{name}")
        arn = f"arn:{self.partition}:{pattern.format(account=account, region=region, name=name)}"
        return Resource(arn, account, region, row["type"], name, tags=row.get("tags", {}))


def _plan(path: Path) -> Plan:
    """A BackupPlan, or an object with BackupPlan and, if wanted, BackupSelections."""
    written = read_document(path)
    document = written.value
    if not isinstance(document, dict):
        raise written.error([], "this is not a backup plan; write an object with BackupPlanName and Rules.")
    plan = document.get("BackupPlan", document)
    selections = document.get("BackupSelections", [])
    unknown = set(document) - {"BackupPlan", "BackupSelections"} if "BackupPlan" in document else set()
    if not isinstance(plan, dict) or "Rules" not in plan or unknown:
        known = "BackupPlan and BackupSelections" if unknown else "BackupPlanName and Rules"
        raise written.error([], f"this is not a backup plan; write an object with {known}.")
    if not isinstance(selections, list) or not all(isinstance(row, dict) for row in selections):
        what = "BackupSelections must be a list of BackupSelection documents."
        raise written.error(["BackupSelections"], what)
    return Plan(plan, selections)


def _inventory(path: Path, known: Sequence[str]) -> Document:
    written = read_document(path)
    written.check(_SCHEMA)
    for number, row in enumerate(written.value["resources"]):
        if row["type"] not in known:
            raise written.error(["resources", number, "type"], _no_type(row["type"], known))
    return dict(written.value)


def _no_type(kind: str, known: Sequence[str]) -> str:
    return f"Resource type '{clip(kind, 100)}' is not one of {', '.join(known)}."


def _vault(row: Document) -> GivenVault:
    lock = row.get("lock")
    limits = None if lock is None else _limits(lock)
    optional = (row.get("region"), row.get("key_arn"), limits, row.get("account"), row.get("policy"))
    return GivenVault(row["name"], *optional)


def _limits(lock: Mapping[str, Any]) -> dict[str, int]:
    return {name: lock[key] for key, name in _LIMITS.items() if key in lock}
