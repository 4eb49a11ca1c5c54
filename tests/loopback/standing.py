"""The standing input of the examples, and what is added: a night, a point, a copy, a plan, a resource.

One account, `HOME` and `AWAY`, as of 2026-03-01T00:00Z. The EBS volume `VOLUME` was created on 2025-06-01,
and so were the plan `PLAN` with its version and its selection of that ARN. Its rule runs at 01:00 UTC with a
start window of 60 minutes and a completion window of 120.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from auditor.model.resource_types import RESOURCE_TYPES, type_of_arn
from tests.loopback.operations import HISTORY
from tests.loopback.world import Account, Item, Organization, Regional

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
START = AS_OF - HISTORY
SINCE = datetime(2025, 6, 1, tzinfo=UTC)
ACCOUNT = "111122223333"
HOME, AWAY = "eu-central-1", "eu-west-1"
MAIN, PLAN, RULE = "main", "plan-1", "rule-1"
VOLUME = f"arn:aws:ec2:{HOME}:{ACCOUNT}:volume/vol-1"


def role_arn(account_id: str = ACCOUNT) -> str:
    """The ARN of the role that AWS Backup assumes in an account."""
    return f"arn:aws:iam::{account_id}:role/service-role/AWSBackupDefaultServiceRole"


def vault_arn(name: str, region: str = HOME, account_id: str = ACCOUNT) -> str:
    """The ARN of a vault."""
    return f"arn:aws:backup:{region}:{account_id}:backup-vault:{name}"


def plan_arn(plan_id: str, region: str = HOME, account_id: str = ACCOUNT) -> str:
    """The ARN of a plan."""
    return f"arn:aws:backup:{region}:{account_id}:backup-plan:{plan_id}"


def nights(first: datetime = START, last: datetime = AS_OF, hour: float = 1) -> list[datetime]:
    """`hour` o'clock UTC of every day from `first` on and before `last`."""
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    times = (midnight + timedelta(days=day, hours=hour) for day in range((last - midnight).days + 1))
    return [time for time in times if first <= time < last]


def rule(keep: int | None = 14, **members: Any) -> Item:
    """The rule of the standing plan; `members` are the API's and replace it, None leaves one out."""
    document = {
        "RuleName": "nightly",
        "RuleId": RULE,
        "TargetBackupVaultName": MAIN,
        "ScheduleExpression": "cron(0 1 * * ? *)",
        "ScheduleExpressionTimezone": "Etc/UTC",
        "StartWindowMinutes": 60,
        "CompletionWindowMinutes": 120,
        "Lifecycle": lifecycle(keep),
        **members,
    }
    return {name: value for name, value in document.items() if value is not None}


def attached(instance: str = "i-1", since: datetime | None = SINCE, state: str = "attached") -> list[Item]:
    """The attachments of a volume to one instance; None: since when is not told."""
    told = {"InstanceId": instance, "State": state, "AttachTime": since}
    return [{name: value for name, value in told.items() if value is not None}]


def lifecycle(keep: int | None) -> Item | None:
    """What keeps for so many days; None where it is for ever."""
    return None if keep is None else {"DeleteAfterDays": keep}


def copy_action(vault: str, keep: int | None = 14) -> Item:
    """A copy into the vault of that ARN."""
    action = {"DestinationBackupVaultArn": vault, "Lifecycle": lifecycle(keep)}
    return {name: value for name, value in action.items() if value is not None}


def resource_type(arn: str) -> str:
    """AWS Backup's word for what the ARN names."""
    return type_of_arn(arn) or "S3"


class World(Organization):
    """An organization with builders; each gives back the dictionary that it added, to be changed in place."""

    def __init__(self, as_of: datetime = AS_OF, account_id: str = ACCOUNT) -> None:
        super().__init__(account_id, as_of + timedelta(minutes=1), account_id)
        self.as_of = as_of
        self._number = 0
        self.account(account_id)

    def account(self, account_id: str, name: str = "shop", **members: Any) -> Account:
        """Add an account in which `HOME` and `AWAY` are enabled."""
        regions = {region: Regional() for region in (HOME, AWAY)}
        types = dict.fromkeys(RESOURCE_TYPES, True)
        for regional in regions.values():
            regional.settings = {
                "ResourceTypeOptInPreference": dict(types),
                "ResourceTypeManagementPreference": {"DynamoDB": True, "EFS": True},
            }
        self.accounts[account_id] = Account(account_id, name, regions=regions, **members)
        return self.accounts[account_id]

    def at(self, region: str = HOME, account_id: str = ACCOUNT) -> Regional:
        """What lies in a Region of an account."""
        return self.accounts[account_id].regions[region]

    def number(self) -> int:
        """The next number, for what needs an id of its own."""
        self._number += 1
        return self._number

    def volume(
        self, name: str = "vol-1", region: str = HOME, account_id: str = ACCOUNT, **members: Any
    ) -> str:
        """Add an EBS volume and give its ARN."""
        document = {"VolumeId": name, "CreateTime": SINCE, "State": "in-use", "Encrypted": True, "Tags": []}
        self.at(region, account_id).volumes.append(document | members)
        return f"arn:aws:ec2:{region}:{account_id}:volume/{name}"

    def instance(
        self, name: str = "i-1", region: str = HOME, account_id: str = ACCOUNT, **members: Any
    ) -> str:
        """Add a running EC2 instance and give its ARN."""
        document = {"InstanceId": name, "LaunchTime": SINCE, "State": {"Name": "running"}, "Tags": []}
        self.at(region, account_id).instances.append(document | members)
        return f"arn:aws:ec2:{region}:{account_id}:instance/{name}"

    def resource(self, kind: str, region: str = HOME, account_id: str = ACCOUNT, **item: Any) -> None:
        """Add an item of the listing of a type that has no list of its own here."""
        self.at(region, account_id).listed.setdefault(kind, []).append(item)

    def vault(self, name: str = MAIN, region: str = HOME, account_id: str = ACCOUNT, **members: Any) -> Item:
        """The vault of that name, added where it is not there yet."""
        here, arn = self.at(region, account_id), vault_arn(name, region, account_id)
        found = next((vault for vault in here.vaults if vault["BackupVaultName"] == name), None)
        if found is None:
            found = {"BackupVaultName": name, "BackupVaultArn": arn, "VaultType": "BACKUP_VAULT",
                     "VaultState": "AVAILABLE", "CreationDate": SINCE, "Locked": False,
                     "EncryptionKeyArn": self.key(region, account_id)}  # fmt: skip
            here.vaults.append(found)
        found.update(members)
        return found

    def key(self, region: str = HOME, account_id: str = ACCOUNT, manager: str = "CUSTOMER") -> str:
        """The ARN of the account's key of that manager."""
        arn = f"arn:aws:kms:{region}:{account_id}:key/{manager.lower()}"
        document = {"KeyId": manager.lower(), "Arn": arn, "KeyManager": manager, "Enabled": True,
                    "KeyState": "Enabled"}  # fmt: skip
        self.at(region, account_id).keys[arn] = document
        return arn

    def plan(
        self,
        rules: Sequence[Item],
        plan_id: str = PLAN,
        region: str = HOME,
        account_id: str = ACCOUNT,
        created: datetime = SINCE,
        **members: Any,
    ) -> Item:
        """Add a plan with one version; add more of them with `version`."""
        document = {"BackupPlanId": plan_id, "BackupPlanArn": plan_arn(plan_id, region, account_id),
                    "CreationDate": created, "Versions": [], **members}  # fmt: skip
        self.at(region, account_id).plans.append(document)
        self.version(document, rules, created)
        return document

    def version(self, plan: Item, rules: Sequence[Item], created: datetime) -> Item:
        """Add a version to a plan, in force from `created` on."""
        made = {
            "VersionId": f"{plan['BackupPlanId']}-v{len(plan['Versions']) + 1}",
            "CreationDate": created,
            "BackupPlan": {"BackupPlanName": plan["BackupPlanId"], "Rules": list(rules)},
        }
        plan["Versions"].append(made)
        return made

    def selection(
        self,
        plan_id: str = PLAN,
        region: str = HOME,
        account_id: str = ACCOUNT,
        created: datetime = SINCE,
        **document: Any,
    ) -> Item:
        """Add a selection to a plan; `document` is the API's BackupSelection."""
        name = f"selection-{self.number()}"
        made = {
            "SelectionId": name,
            "SelectionName": name,
            "BackupPlanId": plan_id,
            "CreationDate": created,
            "IamRoleArn": role_arn(account_id),
            "BackupSelection": {"SelectionName": name, "IamRoleArn": role_arn(account_id), **document},
        }
        self.at(region, account_id).selections.setdefault(plan_id, []).append(made)
        return made

    def job(self, created: datetime, resource: str = VOLUME, vault: str = MAIN, **members: Any) -> Item:
        """Add a backup job of the standing rule, COMPLETED half an hour later; it names no recovery point."""
        region, account_id = place_of(resource, self)
        document = {
            "AccountId": account_id,
            "BackupJobId": f"job-{self.number()}",
            "BackupVaultName": vault,
            "BackupVaultArn": vault_arn(vault, region, account_id),
            "ResourceArn": resource,
            "ResourceType": resource_type(resource),
            "CreationDate": created,
            "CompletionDate": created + timedelta(minutes=30),
            "StartBy": created + timedelta(minutes=60),
            "State": "COMPLETED",
            "MessageCategory": "SUCCESS",
            "BackupSizeInBytes": 1 << 30,
            "IamRoleArn": role_arn(account_id),
            "CreatedBy": self.created_by(region, account_id),
            "IsParent": False,
        }
        made = {name: value for name, value in (document | members).items() if value is not None}
        self.at(region, account_id).backup_jobs.append(made)
        return made

    def created_by(self, region: str = HOME, account_id: str = ACCOUNT, **members: Any) -> Item:
        """The standing rule as the maker of a job or a point."""
        document = {"BackupPlanId": PLAN, "BackupPlanArn": plan_arn(PLAN, region, account_id),
                    "BackupPlanVersion": f"{PLAN}-v1", "BackupRuleId": RULE}  # fmt: skip
        return document | members

    def point(
        self,
        created: datetime,
        resource: str = VOLUME,
        keep: int | None = 14,
        vault: str = MAIN,
        at: tuple[str, str] | None = None,
        **members: Any,
    ) -> Item:
        """Add a recovery point, in a vault that may lie elsewhere: `at` is its Region and account."""
        region, account_id = at or place_of(resource, self)
        held = self.vault(vault, region, account_id)
        until = None if keep is None else {"DeleteAt": created + timedelta(days=keep)}
        document = {
            "RecoveryPointArn": self._point_arn(resource, region, account_id),
            "BackupVaultName": vault,
            "BackupVaultArn": held["BackupVaultArn"],
            "ResourceArn": resource,
            "ResourceType": resource_type(resource),
            "CreatedBy": self.created_by(*place_of(resource, self)),
            "IamRoleArn": role_arn(account_id),
            "Status": "COMPLETED",
            "CreationDate": created,
            "CompletionDate": created + timedelta(minutes=30),
            "BackupSizeInBytes": 1 << 30,
            "Lifecycle": lifecycle(keep),
            "CalculatedLifecycle": until,
            "EncryptionKeyArn": held["EncryptionKeyArn"],
            "IsEncrypted": True,
            "IsParent": False,
            "VaultType": held["VaultType"],
        }
        made = {name: value for name, value in (document | members).items() if value is not None}
        self.at(region, account_id).recovery_points.setdefault(vault, []).append(made)
        return made

    def _point_arn(self, resource: str, region: str, account_id: str) -> str:
        """The ARN of the next recovery point, in the form of its type."""
        own = {"EBS": "snapshot/snap", "EC2": "image/ami"}.get(resource_type(resource))
        here = (
            f"arn:aws:ec2:{region}::{own}"
            if own
            else f"arn:aws:backup:{region}:{account_id}:recovery-point:point"
        )
        return f"{here}-{self.number()}"

    def night(self, created: datetime, keep: int | None = 14, resource: str = VOLUME, **job: Any) -> Item:
        """Add a good backup: the job, and its recovery point as long as it is kept at `as_of`."""
        made = self.job(created, resource, **job)
        if keep is None or created + timedelta(days=keep) > self.as_of:
            maker = {"CreatedBy": made.get("CreatedBy")}
            point = self.point(created, resource, keep, made["BackupVaultName"], **maker)
            made["RecoveryPointArn"] = point["RecoveryPointArn"]
        else:
            region = place_of(resource, self)[0]
            made["RecoveryPointArn"] = f"arn:aws:ec2:{region}::snapshot/snap-{self.number()}"
        return made

    def copied(
        self,
        created: datetime,
        destination: str,
        resource: str = VOLUME,
        keep: int | None = 14,
        source: str = "",
        **job: Any,
    ) -> Item:
        """Add a copy job of the point made at `created` into a vault (ARN), and the copy while it is kept.

        The copy has its source's creation time; give `source`, the ARN of the point, where it matters.
        """
        _, _, _, region, account_id, name = destination.split(":", 5)
        home, owner = place_of(resource, self)
        vault = name.removeprefix("backup-vault:")
        held = self.vault(vault, region, account_id)
        copy = f"arn:aws:ec2:{region}::snapshot/snap-copy-{self.number()}"
        if keep is None or created + timedelta(days=keep) > self.as_of:
            copy = self.point(
                created,
                resource,
                keep,
                vault,
                (region, account_id),
                SourceBackupVaultArn=vault_arn(MAIN, home, owner),
            )["RecoveryPointArn"]
        document = {
            "AccountId": owner,
            "CopyJobId": f"copy-{self.number()}",
            "SourceBackupVaultArn": vault_arn(MAIN, home, owner),
            "SourceRecoveryPointArn": source or f"arn:aws:ec2:{home}::snapshot/snap-source-{self.number()}",
            "DestinationBackupVaultArn": held["BackupVaultArn"],
            "DestinationRecoveryPointArn": copy,
            "ResourceArn": resource,
            "ResourceType": resource_type(resource),
            "CreationDate": created + timedelta(minutes=30),
            "CompletionDate": created + timedelta(minutes=60),
            "State": "COMPLETED",
            "MessageCategory": "SUCCESS",
            "CreatedBy": self.created_by(home, owner),
        }
        made = {name: value for name, value in (document | job).items() if value is not None}
        self.at(home, owner).copy_jobs.append(made)
        return made

    def restore(
        self,
        ended: datetime,
        resource: str = VOLUME,
        at: tuple[str, str] | None = None,
        **members: Any,
    ) -> Item:
        """Add a restore of an hour, COMPLETED at `ended`; `at` is the Region and account where it ran."""
        region, account_id = at or place_of(resource, self)
        document = {
            "AccountId": account_id,
            "RestoreJobId": f"restore-{self.number()}",
            "RecoveryPointArn": self._point_arn(resource, region, account_id),
            "SourceResourceArn": resource,
            "BackupVaultArn": vault_arn(MAIN, region, account_id),
            "ResourceType": resource_type(resource),
            "CreationDate": ended - timedelta(hours=1),
            "CompletionDate": ended,
            "Status": "COMPLETED",
            "PercentDone": "100.00%",
            "IamRoleArn": role_arn(account_id),
            "RecoveryPointCreationDate": ended - timedelta(hours=6),
            "IsParent": False,
        }
        made = {name: value for name, value in (document | members).items() if value is not None}
        self.at(region, account_id).restore_jobs.append(made)
        return made


def place_of(resource: str, world: Organization) -> tuple[str, str]:
    """Region and account of an ARN; a bucket's are `HOME` and the caller's."""
    region, account_id = resource.split(":", 5)[3:5]
    return region or HOME, account_id or world.caller


def standing(
    keep: int | None = 14,
    backups: Iterable[datetime] | None = None,
    tags: Mapping[str, str] | None = None,
    as_of: datetime = AS_OF,
    **members: Any,
) -> World:
    """The standing input: its rule keeps for `keep` days and has the API's `members`.

    `backups` are the times at which the volume was backed up well: without it, every night of the last 30
    days and, where points are kept longer, of the days before, whose jobs AWS lists no more.
    """
    world = World(as_of)
    world.volume(Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()])
    world.vault()
    world.plan([rule(keep, **members)])
    world.selection(Resources=[VOLUME])
    first = max(SINCE, as_of - max(HISTORY, timedelta(days=keep or 0)))
    for created in nights(first, as_of) if backups is None else backups:
        world.night(created, keep)
    return world
