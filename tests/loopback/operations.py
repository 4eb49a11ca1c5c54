"""Operation by operation, what the organization answers; listings are whole here and paged elsewhere."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from auditor.model.resource_types import LISTINGS, READ
from auditor.model.resource_types.row import ListingCall
from tests.loopback import legal_holds, policies, restore_tests
from tests.loopback.world import Item, Place, Refused

#: AWS Backup lists the jobs of the last 30 days (API reference, ListBackupJobs).
HISTORY = timedelta(days=30)

Parameters = Mapping[str, Any]
ROOT = "r-root"


def _ou(path: tuple[str, ...]) -> str:
    return "ou-root-" + hashlib.sha256("/".join(path).encode()).hexdigest()[:8] if path else ROOT


def _organized(place: Place) -> None:
    if not place.organization.organized:
        raise Refused("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")


def _organization(place: Place, _given: Parameters) -> Item:
    _organized(place)
    management = place.organization.management
    return {
        "Organization": {
            "Id": "o-example",
            "Arn": f"arn:aws:organizations::{management}:organization/o-example",
            "FeatureSet": "ALL",
            "MasterAccountId": management,
            "MasterAccountArn": f"arn:aws:organizations::{management}:account/o-example/{management}",
        }
    }


def _roots(place: Place, _given: Parameters) -> Item:
    _organized(place)
    types = [{"Type": kind, "Status": "ENABLED"} for kind, held in policies.of_types(place).items() if held]
    return {
        "Roots": [{"Id": ROOT, "Name": "Root", "Arn": f"arn:aws:organizations::{ROOT}", "PolicyTypes": types}]
    }


def _targets(place: Place, given: Parameters) -> Item:
    """The root, units (by their path) and accounts that a policy is attached to."""
    _, targets = policies.attached(place)[given["PolicyId"]]
    ids = [_ou(one) if isinstance(one, tuple) else one for one in targets]
    return {"Targets": [{"TargetId": one} for one in ids]}


def _accounts(place: Place, given: Parameters) -> Item:
    _organized(place)
    arn = f"arn:aws:organizations::{place.organization.management}:account/o-example"
    listed = [
        {
            "Id": account.account_id,
            "Arn": f"{arn}/{account.account_id}",
            "Email": f"{account.account_id}@example.com",
            "Name": account.name,
            "Status": account.status if account.status in ("ACTIVE", "SUSPENDED") else "PENDING_CLOSURE",
            "State": account.status,
            "JoinedMethod": "CREATED",
        }
        for account in place.organization.accounts.values()
        if given.get("ParentId") in (None, _ou(account.ou_path))
    ]
    return {"Accounts": listed}


def _units(place: Place, given: Parameters) -> Item:
    _organized(place)
    paths = {
        account.ou_path[:depth]
        for account in place.organization.accounts.values()
        for depth in range(1, len(account.ou_path) + 1)
    }
    below = sorted(path for path in paths if _ou(path[:-1]) == given["ParentId"])
    return {"OrganizationalUnits": [{"Id": _ou(path), "Name": path[-1]} for path in below]}


def _caller(place: Place, _given: Parameters) -> Item:
    account_id = place.account.account_id
    return {"UserId": "AIDAEXAMPLE", "Account": account_id, "Arn": f"arn:aws:iam::{account_id}:user/auditor"}


def _assume(place: Place, given: Parameters) -> Item:
    role = given["RoleArn"]
    account = place.organization.accounts.get(role.split(":")[4])
    if account is None or account.status != "ACTIVE":
        raise Refused("AccessDenied", f"not authorized to perform sts:AssumeRole on {role}", 403)
    keys = {"AccessKeyId": f"ASIA{account.account_id}", "SecretAccessKey": "secret", "SessionToken": "token"}
    until = place.organization.clock + timedelta(hours=1)
    return {
        "Credentials": {**keys, "Expiration": until},
        "AssumedRoleUser": {"AssumedRoleId": "AROAEXAMPLE:auditor", "Arn": role},
    }


def _regions(place: Place, _given: Parameters) -> Item:
    names = place.account.regions
    return {"Regions": [{"RegionName": name, "OptInStatus": "opt-in-not-required"} for name in names]}


def _instances(place: Place, _given: Parameters) -> Item:
    owner = place.account.account_id
    return {
        "Reservations": [
            {"ReservationId": f"r-{number}", "OwnerId": owner, "Instances": [instance]}
            for number, instance in enumerate(place.here.instances)
        ]
    }


def _tagged(place: Place, given: Parameters) -> Item:
    """The ARNs with tags whose service, or service and type, is asked for; volumes have theirs themselves."""
    owner = place.account.account_id
    volumes = {
        f"arn:aws:ec2:{place.region}:{owner}:volume/{volume['VolumeId']}": {
            tag["Key"]: tag["Value"] for tag in volume["Tags"]
        }
        for volume in place.here.volumes
        if volume.get("Tags")
    }
    wanted = given.get("ResourceTypeFilters")

    def matches(arn: str) -> bool:
        service, resource = arn.split(":", 5)[2::3]
        return (
            wanted is None
            or service in wanted
            or f"{service}:{resource.replace('/', ':').partition(':')[0]}" in wanted
        )

    return {
        "ResourceTagMappingList": [
            {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
            for arn, tags in (place.here.tags | volumes).items()
            if matches(arn)
        ]
    }


def _table(place: Place, given: Parameters) -> Item:
    for table in place.here.tables:
        if given["TableName"] in (table["TableName"], table.get("TableArn")):
            return {"Table": table}
    raise Refused("ResourceNotFoundException", f"Requested resource not found: {given['TableName']}")


def _buckets(place: Place, given: Parameters) -> Item:
    """The buckets of the account: all of them, or those of one Region."""
    regions = place.account.regions
    wanted = [given["BucketRegion"]] if "BucketRegion" in given else list(regions)
    found = [
        {**bucket, "BucketRegion": name}
        for name in wanted
        if name in regions
        for bucket in regions[name].buckets
    ]
    return {"Buckets": found, "Owner": {"ID": "0123"}}


def _key(place: Place, given: Parameters) -> Item:
    if given["KeyId"] not in place.here.keys:
        raise Refused("NotFoundException", f"Key '{given['KeyId']}' does not exist")
    return {"KeyMetadata": place.here.keys[given["KeyId"]]}


def _global_settings(place: Place, _given: Parameters) -> Item:
    if place.account.account_id != place.organization.management:
        raise Refused("AccessDeniedException", "Only the management account may.", 403)
    return {"GlobalSettings": place.organization.global_settings}


def _vaults(place: Place, _given: Parameters) -> Item:
    """Each with the number of its recovery points, where it does not say another."""
    held = place.here.recovery_points
    return {
        "BackupVaultList": [
            {"NumberOfRecoveryPoints": len(held.get(vault["BackupVaultName"], ())), **vault}
            for vault in place.here.vaults
        ]
    }


def _vault(place: Place, name: str) -> Item:
    for vault in place.here.vaults:
        if vault["BackupVaultName"] == name:
            return vault
    raise Refused("ResourceNotFoundException", f"Backup vault {name} was not found.")


def _policy(place: Place, given: Parameters) -> Item:
    vault = _vault(place, given["BackupVaultName"])
    policy = place.here.access_policies.get(vault["BackupVaultName"])
    if policy is None:
        raise Refused("ResourceNotFoundException", "Backup vault access policy was not found.")
    names = ("BackupVaultName", "BackupVaultArn")
    return {**{name: vault[name] for name in names}, "Policy": policy}


def _points(place: Place, given: Parameters) -> Item:
    _vault(place, given["BackupVaultName"])
    return {"RecoveryPoints": place.here.recovery_points.get(given["BackupVaultName"], [])}


def _plan(place: Place, plan_id: str) -> Item:
    for plan in place.here.plans:
        if plan["BackupPlanId"] == plan_id:
            return plan
    raise Refused("ResourceNotFoundException", f"Cannot find Backup plan with ID {plan_id}")


def _listed_plan(plan: Item) -> Item:
    current = plan["Versions"][-1]
    listed = {key: value for key, value in plan.items() if key != "Versions"}
    return {"VersionId": current["VersionId"], "BackupPlanName": _plan_name(current), **listed}


def _plan_name(version: Item) -> str:
    return str(version["BackupPlan"]["BackupPlanName"])


def _plans(place: Place, given: Parameters) -> Item:
    deleted = given.get("IncludeDeleted") == "true"
    return {
        "BackupPlansList": [
            _listed_plan(plan) for plan in place.here.plans if deleted or "DeletionDate" not in plan
        ]
    }


def _versions(place: Place, given: Parameters) -> Item:
    plan = _plan(place, given["BackupPlanId"])
    keys = {key: plan[key] for key in ("BackupPlanId", "BackupPlanArn")}
    return {
        "BackupPlanVersionsList": [
            {**keys, "BackupPlanName": _plan_name(version), **_without(version, "BackupPlan")}
            for version in plan["Versions"]
        ]
    }


def _without(item: Item, name: str) -> Item:
    return {key: value for key, value in item.items() if key != name}


def _plan_version(place: Place, given: Parameters) -> Item:
    plan = _plan(place, given["BackupPlanId"])
    wanted = given.get("VersionId", plan["Versions"][-1]["VersionId"])
    for version in plan["Versions"]:
        if version["VersionId"] == wanted:
            kept = {
                key: plan[key] for key in ("BackupPlanId", "BackupPlanArn", "DeletionDate") if key in plan
            }
            return {**kept, **version}
    raise Refused("ResourceNotFoundException", f"Cannot find version {wanted}")


def _selections(place: Place, given: Parameters) -> Item:
    _plan(place, given["BackupPlanId"])
    found = place.here.selections.get(given["BackupPlanId"], [])
    return {"BackupSelectionsList": [_without(selection, "BackupSelection") for selection in found]}


def _selection(place: Place, given: Parameters) -> Item:
    for selection in place.here.selections.get(given["BackupPlanId"], []):
        if selection["SelectionId"] == given["SelectionId"]:
            keys = ("SelectionId", "BackupPlanId", "CreationDate")
            return {
                **{key: selection[key] for key in keys if key in selection},
                "BackupSelection": selection["BackupSelection"],
            }
    raise Refused("ResourceNotFoundException", f"Cannot find selection {given['SelectionId']}")


def _jobs(place: Place, given: Parameters, jobs: Iterable[Item]) -> list[Item]:
    """The jobs that AWS still lists and the filters let through."""
    since = place.organization.clock - HISTORY
    if "ByCreatedAfter" in given:
        since = max(since, datetime.fromisoformat(given["ByCreatedAfter"]))
    until = datetime.fromisoformat(given["ByCreatedBefore"]) if "ByCreatedBefore" in given else None
    fields = {"ByState": "State", "ByResourceArn": "ResourceArn", "ByResourceType": "ResourceType",
              "ByBackupVaultName": "BackupVaultName", "ByMessageCategory": "MessageCategory",
              "ByDestinationVaultArn": "DestinationBackupVaultArn"}  # fmt: skip
    return [
        job
        for job in jobs
        if job["CreationDate"] >= since
        and (until is None or job["CreationDate"] < until)
        and all(job.get(member) == given[name] for name, member in fields.items() if name in given)
    ]


def _job_summaries(place: Place, _given: Parameters) -> Item:
    """Whole days, UTC, of the fourteen before today, each with the jobs that were created on it."""
    today = place.organization.clock.replace(hour=0, minute=0, second=0, microsecond=0)
    days = Counter((today.date() - job["CreationDate"].date()).days for job in place.here.backup_jobs)
    return {
        "AggregationPeriod": "ONE_DAY",
        "BackupJobSummaries": [
            {"Region": place.region, "AccountId": place.account.account_id, "State": "AGGREGATE_ALL",
             "Count": count, "StartTime": today - timedelta(days=ago),
             "EndTime": today - timedelta(days=ago - 1)}
            for ago, count in sorted(days.items())
            if 1 <= ago <= 14
        ],
    }  # fmt: skip


Operation = Callable[[Place, Parameters], Mapping[str, Any]]


def _listing(listing: ListingCall) -> Operation:
    """A listing that has no list of its own in `Regional`."""
    kinds = [row.name for row in READ if listing in row.listings]
    return lambda place, _: {
        listing.items: [item for kind in kinds for item in place.here.listed.get(kind, ())]
    }


#: By service and operation: `(place, parameters)` to the document.
OPERATIONS: dict[tuple[str, str], Operation] = {
    **{(listing.service, listing.operation): _listing(listing) for listing in LISTINGS},
    ("organizations", "DescribeOrganization"): _organization,
    ("organizations", "ListRoots"): _roots,
    ("organizations", "ListTargetsForPolicy"): _targets,
    **policies.OPERATIONS,
    **restore_tests.OPERATIONS,
    ("organizations", "ListAccounts"): _accounts,
    ("organizations", "ListAccountsForParent"): _accounts,
    ("organizations", "ListOrganizationalUnitsForParent"): _units,
    ("iam", "GetAccountAuthorizationDetails"): lambda place, _: place.account.identities,
    ("sts", "GetCallerIdentity"): _caller,
    ("sts", "AssumeRole"): _assume,
    ("ec2", "DescribeRegions"): _regions,
    ("ec2", "DescribeVolumes"): lambda place, _: {"Volumes": place.here.volumes},
    ("ec2", "DescribeInstances"): _instances,
    ("ec2", "DescribeImages"): lambda place, _: {"Images": place.here.images},
    ("ec2", "DescribeSnapshots"): lambda place, _: {"Snapshots": place.here.snapshots},
    ("rds", "DescribeDBInstances"): lambda place, _: {"DBInstances": place.here.db_instances},
    ("rds", "DescribeDBClusters"): lambda place, _: {"DBClusters": place.here.db_clusters},
    ("resourcegroupstaggingapi", "GetResources"): _tagged,
    ("dynamodb", "ListTables"): lambda place, _: {
        "TableNames": sorted(table["TableName"] for table in place.here.tables)
    },
    ("dynamodb", "DescribeTable"): _table,
    ("fsx", "DescribeDataRepositoryAssociations"): lambda _place, _given: {"Associations": []},
    ("s3", "ListBuckets"): _buckets,
    ("kms", "DescribeKey"): _key,
    ("kms", "GetKeyPolicy"): lambda place, given: {
        "Policy": place.here.key_policies.get(given["KeyId"], '{"Statement": []}')
    },
    ("backup", "DescribeGlobalSettings"): _global_settings,
    ("backup", "DescribeRegionSettings"): lambda place, _: place.here.settings,
    ("backup", "ListBackupVaults"): _vaults,
    ("backup", "DescribeBackupVault"): lambda place, given: _vault(place, given["BackupVaultName"]),
    ("backup", "GetBackupVaultAccessPolicy"): _policy,
    ("backup", "ListRecoveryPointsByBackupVault"): _points,
    ("backup", "ListProtectedResources"): lambda place, _: {"Results": place.here.protected},
    ("backup", "ListLegalHolds"): legal_holds.listed,
    ("backup", "GetLegalHold"): legal_holds.one,
    ("backup", "ListRecoveryPointsByLegalHold"): legal_holds.points,
    ("backup", "ListBackupPlans"): _plans,
    ("backup", "ListBackupPlanVersions"): _versions,
    ("backup", "GetBackupPlan"): _plan_version,
    ("backup", "ListBackupSelections"): _selections,
    ("backup", "GetBackupSelection"): _selection,
    ("backup", "ListBackupJobs"): lambda place, given: {
        "BackupJobs": _jobs(place, given, place.here.backup_jobs)
    },
    ("backup", "ListBackupJobSummaries"): _job_summaries,
    ("backup", "ListCopyJobs"): lambda place, given: {"CopyJobs": _jobs(place, given, place.here.copy_jobs)},
    ("backup", "ListFrameworks"): lambda place, _: {"Frameworks": place.here.frameworks},
    ("backup", "ListReportPlans"): lambda place, _: {"ReportPlans": place.here.report_plans},
    ("backup", "ListRestoreJobs"): lambda place, given: {
        "RestoreJobs": _jobs(place, given, place.here.restore_jobs)
    },
}
