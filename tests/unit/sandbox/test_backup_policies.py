"""Backup policies of the sandbox's organization: what is in force in accounts, and the plans made of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from auditor.executor.app import BackupService, make_app
from auditor.executor.database.database import Database
from auditor.sandbox import services
from auditor.sandbox.backup_policies import KIND, OrganizationPolicies
from auditor.sandbox.entrance import Entrance
from auditor.sandbox.gate import ServiceRouter
from auditor.sandbox.identity import Identities

HOME = "eu-central-1"
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
RULE = {"target_backup_vault_name": "main", "schedule_expression": "cron(0 1 * * ? *)"}
TAGGED = {"iam_role_arn": "arn:aws:iam::$account:role/backup", "tag_key": "Yearly", "tag_value": ["yes"]}


def written(effective: Any) -> Any:
    """A policy of which that is the effective one."""
    if isinstance(effective, dict):
        return {key: written(value) for key, value in effective.items()}
    return {"@@assign": effective}


def plan(*rules: str, **lifecycle: str) -> dict[str, Any]:
    """A plan of a policy, with rules of these names."""
    rule = {**RULE, "lifecycle": lifecycle} if lifecycle else RULE
    return {
        "regions": [HOME],
        "rules": dict.fromkeys(rules, rule),
        "selections": {"tags": {"tagged": TAGGED}},
    }


@dataclass
class Policies:
    """An organization with one account, and its administrator."""

    clients: Entrance
    account: str = ""
    now: datetime = BEGIN

    def organizations(self) -> Any:
        """Of the management account."""
        return self.clients.management("organizations")

    def backup(self) -> Any:
        """Of the account."""
        return self.clients.client("backup", self.account, HOME)

    def attach(self, name: str, plans: dict[str, Any], target: str) -> str:
        """Make a policy of these plans and attach it: its id."""
        content = json.dumps({"plans": written(plans)})
        made = self.organizations().create_policy(Type=KIND, Name=name, Description="", Content=content)
        policy_id = str(made["Policy"]["PolicySummary"]["Id"])
        self.organizations().attach_policy(PolicyId=policy_id, TargetId=target)
        return policy_id

    def in_force(self) -> tuple[Any, datetime] | None:
        """The effective policy of the account and since when; None where there is none."""
        try:
            told = self.organizations().describe_effective_policy(PolicyType=KIND, TargetId=self.account)
        except ClientError as error:
            if error.response["Error"]["Code"] != "EffectivePolicyNotFoundException":
                raise
            return None
        policy = told["EffectivePolicy"]
        return json.loads(policy["PolicyContent"]), policy["LastUpdatedTimestamp"]

    def invalid(self) -> list[str]:
        """The accounts whose policies are not valid together."""
        told = self.organizations().list_accounts_with_invalid_effective_policy(PolicyType=KIND)
        return [one["Id"] for one in told["Accounts"]]

    def errors(self) -> list[tuple[str, str, str]]:
        """Code, message and path of the account's errors."""
        told = self.organizations().list_effective_policy_validation_errors(
            AccountId=self.account, PolicyType=KIND
        )
        rows = told["EffectivePolicyValidationErrors"]
        return [(one["ErrorCode"], one["ErrorMessage"], one["PathToError"]) for one in rows]

    def plans(self) -> dict[str, list[str]]:
        """The names of the plans in the account that an organization made, with those of their rules."""
        listed = self.backup().list_backup_plans()["BackupPlansList"]
        assert all(one["BackupPlanId"].startswith("orgs/") for one in listed)
        found = [self.backup().get_backup_plan(BackupPlanId=one["BackupPlanId"]) for one in listed]
        return {
            one["BackupPlan"]["BackupPlanName"]: [rule["RuleName"] for rule in one["BackupPlan"]["Rules"]]
            for one in found
        }


@pytest.fixture
def policies() -> Iterator[Policies]:
    """Backup policies are turned on, and nothing is attached."""
    native = services.native_services()
    inside = Entrance(native, "aws", HOME)
    found = Policies(inside)
    database = Database.open()
    service = BackupService(database, lambda: found.now, [])
    backups = OrganizationPolicies(inside.management_account_id, "aws", service)
    application = make_app(service, Identities("aws").authenticate)
    found.clients = Entrance(ServiceRouter(application, native, lambda: None, backups.changed), "aws", HOME)
    organizations = found.organizations()
    organizations.create_organization(FeatureSet="ALL")
    organizations.enable_aws_service_access(ServicePrincipal="backup.amazonaws.com")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType=KIND)
    made = organizations.create_account(AccountName="one", Email="one@example.com")
    found.account = made["CreateAccountStatus"]["AccountId"]
    yield found
    database.close()


def root_of(policies: Policies) -> str:
    """The id of the root."""
    return str(policies.organizations().list_roots()["Roots"][0]["Id"])


def test_the_policies_on_the_way_to_an_account_are_in_force_and_made(policies: Policies) -> None:
    """Names of rules in small letters; the account stands in the role; what is detached is gone."""
    policies.attach("base", {"gold": plan("Daily")}, root_of(policies))
    own = policies.attach("own", {"iron": plan("weekly")}, policies.account)

    assert policies.in_force() == ({"plans": {"gold": plan("daily"), "iron": plan("weekly")}}, BEGIN)
    assert policies.plans() == {"gold": ["daily"], "iron": ["weekly"]}
    plan_id = policies.backup().list_backup_plans()["BackupPlansList"][0]["BackupPlanId"]
    (selection,) = policies.backup().list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"]
    assert selection["IamRoleArn"] == f"arn:aws:iam::{policies.account}:role/backup"

    policies.now += timedelta(days=1)
    policies.organizations().detach_policy(PolicyId=own, TargetId=policies.account)
    assert policies.in_force() == ({"plans": {"gold": plan("daily")}}, policies.now)
    assert policies.plans() == {"gold": ["daily"]}


def test_the_last_valid_policy_stays_in_force(policies: Policies) -> None:
    """Eleven rules are too many: all that is written is withheld, with an error, until it is mended."""
    policies.attach("base", {"gold": plan("daily")}, root_of(policies))
    before = policies.in_force()
    policies.now += timedelta(days=1)
    more = {"gold": {"rules": plan(*"abcdefghij")["rules"]}, "iron": plan("weekly")}
    own = policies.attach("own", more, policies.account)

    said = "there are 11 rules, and a plan has 10 at most"
    assert policies.errors() == [("ELEMENTS_TOO_MANY", said, "plans/gold/rules")]
    assert (policies.invalid(), policies.in_force()) == ([policies.account], before)
    assert policies.plans() == {"gold": ["daily"]}

    content = json.dumps({"plans": written({"iron": plan("weekly")})})
    policies.organizations().update_policy(PolicyId=own, Content=content)
    assert (policies.invalid(), policies.errors()) == ([], [])
    assert policies.plans() == {"gold": ["daily"], "iron": ["weekly"]}


def test_what_never_was_valid_leaves_nothing_in_force(policies: Policies) -> None:
    """A plan without rules; nor is anything in force where the type is turned off."""
    policies.attach("base", {"gold": {"regions": [HOME]}}, root_of(policies))
    assert (policies.in_force(), policies.invalid()) == (
        None,
        [policies.clients.management_account_id, policies.account],
    )
    assert [path for *_, path in policies.errors()] == ["plans/gold", "plans/gold"]

    policies.organizations().disable_policy_type(RootId=root_of(policies), PolicyType=KIND)
    assert (policies.in_force(), policies.invalid(), policies.plans()) == (None, [], {})


def test_a_plan_that_aws_backup_refuses_is_not_made(policies: Policies) -> None:
    """It is in force all the same, and the others are made."""
    cold = plan("yearly", delete_after_days="60", move_to_cold_storage_after_days="30")
    policies.attach("base", {"cold": cold, "gold": plan("daily")}, root_of(policies))

    assert (policies.in_force(), policies.invalid()) == (
        ({"plans": {"cold": cold, "gold": plan("daily")}}, BEGIN),
        [],
    )
    assert policies.plans() == {"gold": ["daily"]}


def test_without_trusted_access_no_plan_is_made_or_changed(policies: Policies) -> None:
    """With it they are."""
    access = {"ServicePrincipal": "backup.amazonaws.com"}
    policies.organizations().disable_aws_service_access(**access)
    policies.attach("base", {"gold": plan("daily")}, root_of(policies))
    assert policies.plans() == {}
    policies.organizations().enable_aws_service_access(**access)
    assert policies.plans() == {"gold": ["daily"]}


def test_nobody_in_the_account_changes_such_a_plan(policies: Policies) -> None:
    """Neither the plan nor its selections."""
    policies.attach("base", {"gold": plan("daily")}, root_of(policies))
    (held,) = policies.backup().list_backup_plans()["BackupPlansList"]
    document = {
        "BackupPlanName": "gold",
        "Rules": [{"RuleName": "daily", "TargetBackupVaultName": "mine"}],
    }
    role = f"arn:aws:iam::{policies.account}:role/backup"
    selection = {"SelectionName": "all", "IamRoleArn": role, "Resources": ["*"]}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("update_backup_plan", {"BackupPlan": document}),
        ("delete_backup_plan", {}),
        ("create_backup_selection", {"BackupSelection": selection}),
    ]
    for name, given in calls:
        with pytest.raises(ClientError, match="made by a policy of the organization"):
            getattr(policies.backup(), name)(BackupPlanId=held["BackupPlanId"], **given)
    assert policies.plans() == {"gold": ["daily"]}
