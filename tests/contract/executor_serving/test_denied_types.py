"""Types that the executor may not list: each run says which, what was denied and what to do."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from auditor.aws.session import Credentials, make_client
from auditor.executor.database.database import Database
from auditor.executor.drivers import make_drivers
from auditor.executor.operations import plans, selections, settings, vaults
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.serving.worker import ExecutorWorker

SCOPE = AccountRegion("111122223333", "eu-west-1", "aws")
START = datetime(2026, 1, 5, tzinfo=UTC)
WHO = f"arn:aws:sts::{SCOPE.account_id}:assumed-role/AuditorExecutor/auditor"
REDSHIFT = f"User: {WHO} is not authorized to perform: redshift:DescribeClusters on resource: *"
FSX = "Denied by a service control policy."


@pytest.fixture
def service() -> Iterator[BackupService]:
    """A daily plan of everything where Redshift and FSx deny to be listed."""
    keys = Credentials("testing", "testing")
    denied = {
        "redshift": ("describe_clusters", "AccessDenied", REDSHIFT),
        "fsx": ("describe_file_systems", "AccessDeniedException", FSX),
    }
    stubs: dict[str, Any] = {name: make_client(name, SCOPE.region, credentials=keys) for name in denied}
    with ExitStack() as stack:
        for name, (operation, code, message) in denied.items():
            stub = stack.enter_context(Stubber(stubs[name]))
            for _ in range(2):
                stub.add_client_error(operation, code, message, http_status_code=403)
        drivers = [
            driver
            for driver in make_drivers(lambda service, *_: stubs[service], lambda: START)
            if driver.resource_type in {"Redshift", "FSx"}
        ]
        service = BackupService(Database.open(), lambda: START, drivers)
        vaults.create_backup_vault(service, SCOPE, {"BackupVaultName": "v"})
        rule = {"RuleName": "r", "TargetBackupVaultName": "v", "ScheduleExpression": "cron(0 1 ? * * *)"}
        made = plans.create_backup_plan(
            service, SCOPE, {"BackupPlan": {"BackupPlanName": "p", "Rules": [rule]}}
        )
        role = f"arn:aws:iam::{SCOPE.account_id}:role/backup"
        chosen = {"SelectionName": "s", "IamRoleArn": role, "Resources": ["*"]}
        selections.create_backup_selection(
            service, SCOPE, {"BackupPlanId": made["BackupPlanId"], "BackupSelection": chosen}
        )
        yield service


def opt_out(service: BackupService, *types: str) -> None:
    """Turn types off."""
    wanted = {"ResourceTypeOptInPreference": dict.fromkeys(types, False)}
    settings.update_region_settings(service, SCOPE, wanted)


def test_the_message_says_what_was_denied_and_what_to_do(service: BackupService) -> None:
    """AWS names the action, or else the call does; of a type that is opted out nothing is heard."""
    engine = ExecutorWorker(service)
    _, both = engine.run(START + timedelta(hours=2))
    opt_out(service, "FSx")
    _, one = engine.run(START + timedelta(hours=3))
    opt_out(service, "Redshift")
    _, none = engine.run(START + timedelta(hours=4))

    redshift = (
        "Redshift cannot be listed: redshift:DescribeClusters is denied (An error occurred (AccessDenied) "
        f"when calling the DescribeClusters operation: {REDSHIFT}); grant it to the executor, or opt "
        "Redshift out with UpdateRegionSettings."
    )
    fsx = (
        "FSx cannot be listed: DescribeFileSystems is denied (An error occurred (AccessDeniedException) when "
        f"calling the DescribeFileSystems operation: {FSX.rstrip('.')}); grant it to the executor, or opt "
        "FSx out with UpdateRegionSettings."
    )
    assert both == {SCOPE: f"{fsx.rstrip('.')}; {redshift}"}
    assert one == {SCOPE: redshift}
    assert none == {}
