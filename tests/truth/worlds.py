"""Two organizations that need every read: one in which all is well, one in which every control has findings.

Both have the caller's account and `MEMBER` in the unit Prod, two Regions, and a resource of each type. The
tier `daily` comes from a tag in the caller's account and from the unit in `MEMBER`; any other is exempt.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.loopback.standing import (
    ACCOUNT,
    AS_OF,
    AWAY,
    HOME,
    MAIN,
    PLAN,
    SINCE,
    World,
    copy_action,
    nights,
    plan_arn,
    rule,
    vault_arn,
)

MEMBER = "444455556666"
#: Days that are audited, and days that backups are kept: every one of the period is still there.
PERIOD = 10
KEEP = 12
TAGS = [{"Key": "backup", "Value": "daily"}]
TIERS: Mapping[str, Any] = {
    "tiers": {
        "daily": {
            "required": True,
            "rpo_hours": 26,
            "retention_days": 7,
            "retention_max_days": 90,
            "customer_key": True,
            "lock": "compliance",
            "copy": {"retention_days": 7},
            "restore_test": {"max_age_days": 10, "max_minutes": 60},
        },
        "exempt": {"required": False},
    },
    "assignment": [
        {"tier": "daily", "tags": {"backup": "daily"}},
        {"tier": "daily", "organizational_units": ["Prod"]},
    ],
    "default": "exempt",
}
_OPEN = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": '
    '"backup:DeleteRecoveryPoint", "Resource": "*"}]}'
)
_LOCK = {"Locked": True, "MinRetentionDays": 7, "MaxRetentionDays": 90, "LockDate": SINCE + timedelta(days=3)}


def resources(world: World, suffix: str = "", tags: Any = TAGS) -> list[str]:
    """A resource of each type in the caller's `HOME`; their ARNs."""
    here = world.at()
    rds, dynamodb = f"arn:aws:rds:{HOME}:{ACCOUNT}", f"arn:aws:dynamodb:{HOME}:{ACCOUNT}"
    table, bucket = f"{dynamodb}:table/orders{suffix}", f"arn:aws:s3:::media{suffix}"
    here.instances.append(
        {"InstanceId": f"i-1{suffix}", "LaunchTime": SINCE, "State": {"Name": "running"}, "Tags": tags}
    )
    here.db_instances.append(
        {
            "DBInstanceIdentifier": f"sql{suffix}",
            "DBInstanceArn": f"{rds}:db:sql{suffix}",
            "DBInstanceStatus": "available",
            "Engine": "mysql",
            "InstanceCreateTime": SINCE,
            "StorageEncrypted": True,
            "BackupRetentionPeriod": 7,
            "TagList": tags,
        }
    )
    here.db_clusters.append(
        {
            "DBClusterIdentifier": f"aurora{suffix}",
            "DBClusterArn": f"{rds}:cluster:aurora{suffix}",
            "Status": "available",
            "Engine": "aurora-mysql",
            "ClusterCreateTime": SINCE,
            "BackupRetentionPeriod": 1,
            "TagList": tags,
        }
    )
    here.tables.append(
        {
            "TableName": f"orders{suffix}",
            "TableArn": table,
            "CreationDateTime": SINCE,
            "TableStatus": "ACTIVE",
        }
    )
    here.buckets.append({"Name": f"media{suffix}", "CreationDate": SINCE})
    for arn in (table, bucket):
        here.tags[arn] = {tag["Key"]: tag["Value"] for tag in tags}
    return [
        world.volume(f"vol-1{suffix}", Tags=tags),
        f"arn:aws:ec2:{HOME}:{ACCOUNT}:instance/i-1{suffix}",
        f"{rds}:db:sql{suffix}",
        f"{rds}:cluster:aurora{suffix}",
        table,
        bucket,
    ]


def organization(**members: Any) -> World:
    """Both accounts, locked vaults, a nightly plan with a copy; no resource yet. `members` are the rule's."""
    world = World()
    world.account(MEMBER, "orders", ou_path=("Prod",))
    world.accounts[ACCOUNT].ou_path = ("Tools",)
    world.global_settings = {"isCrossAccountBackupEnabled": "true"}
    for account_id in (ACCOUNT, MEMBER):
        for region in (HOME, AWAY):
            world.key(region, account_id)
            world.vault(MAIN, region, account_id, **_LOCK)
            world.at(region, account_id).access_policies[MAIN] = '{"Version": "2012-10-17", "Statement": []}'
        action = copy_action(vault_arn(MAIN, AWAY, account_id), KEEP)
        chosen = rule(KEEP, RuleId=f"rule-{account_id}", CopyActions=[action], **members)
        world.plan([chosen], f"{PLAN}-{account_id}", account_id=account_id)
    world.selection(
        f"{PLAN}-{ACCOUNT}",
        ListOfTags=[{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "daily"}],
    )
    world.selection(f"{PLAN}-{MEMBER}", account_id=MEMBER, Resources=["*"])
    return world


def back_up(world: World, arn: str, *, skip: int = 0) -> None:
    """A good backup and copy of every night but the last `skip`."""
    account_id = arn.split(":")[4] or ACCOUNT
    made_by = {
        "BackupPlanId": f"{PLAN}-{account_id}",
        "BackupPlanArn": plan_arn(f"{PLAN}-{account_id}", HOME, account_id),
        "BackupPlanVersion": f"{PLAN}-{account_id}-v1",
        "BackupRuleId": f"rule-{account_id}",
    }
    for created in nights(AS_OF - timedelta(days=KEEP), AS_OF - timedelta(days=skip)):
        job = world.night(created, KEEP, arn, CreatedBy=made_by)
        world.copied(
            created,
            vault_arn(MAIN, AWAY, account_id),
            arn,
            KEEP,
            job["RecoveryPointArn"],
            CreatedBy=made_by,
        )


def healthy() -> World:
    """Every control is met wherever it applies."""
    world = organization()
    for arn in (*resources(world), world.volume("vol-2", account_id=MEMBER)):
        back_up(world, arn)
        world.restore(AS_OF - timedelta(days=2), arn)
    return world


def ailing() -> World:
    """Every control has findings, and every read shows some of them; what comes last is what is worst."""
    world = organization(ScheduleExpression="cron(0 1 ? * SUN *)", Lifecycle={"DeleteAfterDays": 1})
    good = (*resources(world), world.volume("vol-2", account_id=MEMBER))
    for arn in good[::2]:
        back_up(world, arn)
    for arn in good[1::2]:
        back_up(world, arn, skip=5)
    for arn in good:
        world.restore(AS_OF - timedelta(days=2), arn, CreationDate=AS_OF - timedelta(days=3))
    resources(world, "-bare", [*TAGS, {"Key": "Name", "Value": "bare"}])
    world.at().selections[f"{PLAN}-{ACCOUNT}"][0]["BackupSelection"]["NotResources"] = [
        "arn:aws:*-bare",
    ]
    world.volume("vol-3", account_id=MEMBER)
    amazon = world.key(manager="AWS")
    for name in ("second", "third"):
        world.vault(name, EncryptionKeyArn=amazon)
        world.at().keys[amazon]["KeyState"] = "Disabled"
        world.at().access_policies[name] = _OPEN
        world.point(AS_OF - timedelta(hours=3), good[0], 1, name)
        world.point(AS_OF - timedelta(hours=2), good[0], 1, name, IsEncrypted=False)
        world.job(AS_OF - timedelta(hours=3), good[0], name, State="FAILED", MessageCategory="KMS_KEY_ERROR")
        world.plan([rule(1, TargetBackupVaultName=name, RuleId=name)], name)
        world.selection(name, Resources=[good[0]])
    for arn in good[:2]:
        kept: dict[str, Any] = {"RecoveryPointLifecycle": {"DeleteAfterDays": 7}}
        gone = f"arn:aws:ec2:{HOME}::snapshot/snap-gone-{world.number()}"
        world.job(AS_OF - timedelta(hours=2), arn, CreatedBy=None, RecoveryPointArn=gone, **kept)
    return world
