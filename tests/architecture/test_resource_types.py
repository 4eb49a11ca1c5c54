"""The rows of resource types against AWS's models, the sandbox, generated files and docs/aws-backup.md."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from string import Formatter
from typing import Any

import botocore.session
import pytest

from auditor.aws import endless
from auditor.lookup import _LISTED_BY
from auditor.model.resource_types import LISTINGS, READ, RESOURCE_TYPES, TYPES, type_of_arn
from auditor.model.resource_types.row import ListingCall, ResourceType
from auditor.sandbox.makers import MADE_TYPES
from scripts import resource_types

ROOT = Path(__file__).parents[2]
#: Types that are read and that the sandbox cannot make, each with the reason.
NOT_MADE = {
    "DocumentDB": "moto refuses its engine",
    "Timestream": "moto's tagging API tells no tags of it",
    "FSx": "moto's backups of file systems are never complete, and it has no volumes",
    **dict.fromkeys(
        ("DSQL", "EKS", "Redshift Serverless", "SAP HANA on Amazon EC2", "Storage Gateway", "VirtualMachine"),
        "the executor has no driver of it that works with moto",
    ),
}
PLACE = {"partition", "region", "account"}
NAMED = pytest.mark.parametrize("listing", LISTINGS, ids=lambda one: one.operation)


def members_of(listing: ListingCall) -> Iterator[str]:
    """The members of an item that a row names."""
    if listing.arn.startswith("arn:"):
        yield from (name for _, name, _, _ in Formatter().parse(listing.arn) if name and name not in PLACE)
    else:
        yield listing.arn
    yield from (listing.name, listing.created, listing.state, listing.part_of, listing.tags)
    yield from (listing.encrypted, listing.key, listing.kinds[0] if listing.kinds else "")
    if listing.own:
        own = listing.own
        yield from (own.days, own.earliest, own.newest, own.window, own.managed)


@NAMED
def test_a_listing_names_what_the_api_has(listing: ListingCall) -> None:
    """Parameters, the list, the members of its items; the call is paged, and its tokens are no content."""
    model: Any = botocore.session.get_session().get_service_model(listing.service)
    operation = model.operation_model(listing.operation)
    loader = botocore.session.get_session().get_component("data_loader")
    pages = loader.load_service_model(listing.service, "paginators-1")["pagination"]
    items = operation.output_shape.members[listing.items]
    # what botocore knows no pages of is paged by this
    token = pages[listing.operation]["output_token"] if listing.operation in pages else "NextToken"
    tokens = token if isinstance(token, list) else [token]

    assert listing.operation in pages or {token} <= set(operation.input_shape.members)
    assert {one.partition(".")[0] for one in tokens} <= set(operation.output_shape.members)
    assert set(listing.parameters) <= set(operation.input_shape.members)
    assert {name for name in members_of(listing) if name} <= set(getattr(items.member, "members", ()))
    assert set(tokens) <= endless.ABOUT
    assert {action.partition(":")[2][:3] for action in listing.actions} <= {"Des", "Get", "Lis"}


@NAMED
def test_a_module_of_a_listing_is_there(listing: ListingCall) -> None:
    """With `rows`, and with `dated` where a type's creation is asked for; such a list has no tags."""
    asked = any(row.creation == "asked" for row in READ if listing in row.listings)
    if listing.code:
        module = import_module(f"auditor.collect.listings.{listing.code}")
        assert (callable(module.rows), callable(getattr(module, "dated", None))) == (True, asked)
    assert bool(listing.code and listing.tag_filters) or not asked
    assert listing.code or listing.arn
    assert listing.code or listing.tags or listing.tag_filters


@NAMED
def test_a_listing_that_fails_hides_resources_of_its_own_alone(listing: ListingCall) -> None:
    """What the ARNs have in them that only it lists is in the table of `explain`."""
    (mark,) = {_LISTED_BY[listing.service, listing.operation]}
    forms = [f"arn:aws:{form}" for row in READ if listing in row.listings for form in row.arns]
    assert any(mark in form for form in forms)


def test_the_sandbox_makes_every_type_that_is_read() -> None:
    """But those of `NOT_MADE`."""
    assert set(RESOURCE_TYPES) - set(MADE_TYPES) == NOT_MADE.keys()


def test_what_follows_from_the_rows_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    """`make docs` would change nothing; what it would change is named."""
    assert (resource_types.main(["--check"]), capsys.readouterr().out) == (0, "")


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:ec2:eu-west-1:111122223333:volume/vol-1", "EBS"),
        ("arn:aws-cn:ec2:cn-north-1:111122223333:instance/i-1", "EC2"),
        ("arn:aws:rds:eu-west-1:111122223333:db:one", "RDS"),
        ("arn:aws:rds:eu-west-1:111122223333:cluster:one", "Aurora"),
        ("arn:aws:dynamodb:eu-west-1:111122223333:table/one", "DynamoDB"),
        ("arn:aws:s3:::one", "S3"),
        ("arn:aws:storagegateway:eu-west-1:111122223333:gateway/sgw-1/volume/vol-1", "Storage Gateway"),
        ("arn:aws:dynamodb:eu-west-1:111122223333:table/one/index/two", "DynamoDB"),
        ("arn:aws:cloudformation:eu-west-1:111122223333:stack/one/1", "CloudFormation"),
        ("arn:aws:redshift:eu-west-1:111122223333:cluster:one", "Redshift"),
        ("arn:aws:fsx:eu-west-1:111122223333:file-system/fs-1", "FSx"),
        ("arn:aws:fsx:eu-west-1:111122223333:volume/fs-1/fsvol-1", "FSx"),
        ("arn:aws-us-gov:elasticfilesystem:us-gov-west-1:111122223333:file-system/fs-1", "EFS"),
        ("arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/fsap-1", None),
        ("arn:aws:ec2:eu-west-1::snapshot/snap-1", None),
        ("arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:one", None),
        ("arn:aws:redshift:eu-west-1:111122223333:snapshot:one/1", None),
        ("arn:aws:storagegateway:eu-west-1:111122223333:gateway/sgw-1", None),
        ("arn:aws:storagegateway:eu-west-1:111122223333:share/share-1", None),
        ("", None),
        ("volume/vol-1", None),
        ("arn:aws:ec2", None),
    ],
)
def test_an_arn_tells_its_type(arn: str, name: str | None) -> None:
    """Of types that share a form, the one whose own it is; what AWS Backup does not back up has none."""
    assert type_of_arn(arn) == name


def claims() -> Iterator[tuple[str, tuple[bool, ...]]]:
    """What docs/aws-backup.md 1.2 says of each type that has one row there."""
    text = (ROOT / "docs" / "aws-backup.md").read_text(encoding="utf-8")
    table = text.partition("### 1.2 ")[2].partition("### 1.3 ")[0]
    for line in re.findall(r"^\| (.*?) \|$", table, re.MULTILINE)[1:]:
        name, *cells = (cell.strip() for cell in line.split("|"))
        said = tuple(cell not in ("", "see below") for cell in cells)
        if name == "Redshift, Redshift Serverless":
            yield from ((one, said) for one in name.split(", "))
        elif "," not in name and not name.startswith("FSx"):
            yield name, said


def can(row: ResourceType) -> tuple[bool, ...]:
    """The same of a row."""
    fixed = row.management != "choice"
    abilities = (row.copies.regions, row.copies.accounts, row.continuous, row.management == "always")
    return tuple(bool(one) and fixed for one in (*abilities, row.cold, row.copies.air_gapped))


def test_the_rows_agree_with_the_page_on_aws_backup() -> None:
    """Copies, continuous, full management, cold storage, air-gapped vaults; DSQL's cold one is disputed."""
    page = dict(claims())
    assert len(page) == len(TYPES) - 2  # FSx and RDS have several rows there
    assert {name: can(TYPES[name]) for name in page if name != "DSQL"} == {
        name: said for name, said in page.items() if name != "DSQL"
    }


def test_air_gapped_vaults_are_in_the_commercial_partition_only() -> None:
    """Copies to other Regions and accounts, of the same types, are possible in China and GovCloud too."""
    entering = [row.copies for row in TYPES.values() if row.copies.air_gapped]

    assert {tuple(copies.air_gapped) for copies in entering} == {("aws",)}
    assert {(*copies.regions, *copies.accounts) for copies in entering} == {
        ("aws", "aws-cn", "aws-us-gov") * 2
    }
