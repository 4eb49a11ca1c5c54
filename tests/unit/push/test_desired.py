"""What the policies answer is checked before anything is compared with it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from auditor.catalogue.load import Catalogue
from auditor.model.errors import UsageError
from auditor.model.organization import Account
from auditor.push.desired import Desired, Desires
from auditor.rego.load import open_engine

ACCOUNT = Account("111122223333", "shop", "aws-cn", ("Production",))
REGIONS = ("cn-north-1", "cn-northwest-1")


def desires(catalogue: Catalogue, rego: str) -> Desired:
    """The desired state by a module of the policy author's own."""
    engine = open_engine("embedded", {"organization/own.rego": rego}, catalogue.data)
    return Desires(engine, catalogue.schemas).of(ACCOUNT, REGIONS[0], REGIONS)


def test_the_shipped_policies_keep_to_the_partition(ask: Callable[..., Desired]) -> None:
    """In China, every ARN is of aws-cn and copies go to the other Region."""
    found = ask(ACCOUNT, regions=REGIONS)
    copies = {
        plan["tier"]: [
            copy["DestinationBackupVaultArn"]
            for rule in plan["document"]["Rules"]
            for copy in rule["CopyActions"]
        ]
        for plan in found.plans
    }
    roles = {row["document"]["IamRoleArn"] for row in found.selections}
    arn = "arn:aws-cn:backup:cn-northwest-1:111122223333:backup-vault:backup-gold"
    assert (copies, roles) == (
        {"bronze": [], "gold": [arn], "silver": []},
        {"arn:aws-cn:iam::111122223333:role/service-role/AWSBackupDefaultServiceRole"},
    )


def test_three_regions_without_a_declared_pair_are_a_problem(ask: Callable[..., Desired]) -> None:
    """Where data may lie is not guessed; a declared pair settles it."""
    regions = ("eu-central-1", "eu-west-1", "us-east-1")
    account = Account("111122223333", "shop", "aws")
    problem = (
        'Tier "gold" demands a copy in another Region: pair eu-central-1 with one of the pushed Regions '
        "under organization.copy_regions."
    )
    assert ask(account, regions=regions).problems == (problem,)
    paired: Mapping[str, Any] = {"copy_regions": {"eu-central-1": "eu-west-1"}}
    assert ask(account, organization=paired, regions=regions).problems == ()


def test_policies_without_a_desired_state_are_refused(catalogue: Catalogue) -> None:
    """The sentence says what is missing."""
    with pytest.raises(UsageError, match=r"^The policies define no data.organization.desired: add "):
        desires(catalogue, "package organization\n\nother := 1\n")


def test_an_answer_that_is_not_as_the_schema_says_is_refused(catalogue: Catalogue) -> None:
    """The sentence names the account, the Region, the place and the fault."""
    module = """package organization

desired := {
	"problems": [], "vaults": [{"name": "v", "tier": "t", "key_alias": "alias/k", "lock": {"mode": "none"}}],
	"plans": [], "selections": [], "settings": {"opt_in": [], "full_management": []},
}
"""
    with pytest.raises(UsageError) as caught:
        desires(catalogue, module)
    assert str(caught.value) == (
        "Correct policies/organization: data.organization.desired for account 111122223333 in cn-north-1 "
        "is not as schemas/desired.json says at $.vaults[0].name: 'v' does not match '^[A-Za-z0-9_-]{2,50}$'."
    )
