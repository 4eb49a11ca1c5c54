"""`made_of` of a fact names every table that its code reads: what is collected and which gaps matter follow.

Each table loses its rows in turn, or a column, or has a gap, and whatever fact then is another must name it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from auditor.catalogue.load import Catalogue
from auditor.derive.columns import ABSENT
from auditor.derive.selection import SelectionSettings
from auditor.evaluate.accounts import Asked
from auditor.evaluate.facts import Column, Lazy
from auditor.evaluate.needs import documents_of, source
from auditor.evaluate.subjects import Subjects
from auditor.evidence.native_tables import BACKUPS, KEPT_UNTIL, VERSIONS_KEPT
from auditor.evidence.policy_tables import POLICY_TABLES
from auditor.evidence.store import Evidence
from auditor.evidence.table_schemas import (
    AGES,
    BACKUP_TAGS,
    DOCUMENTS,
    EVERYTHING,
    PARTITIONED,
    POINT_TAGS,
    PRINCIPALS,
    SNAPSHOT_TAGS,
    no_rows,
)
from auditor.model.holds import Matter
from auditor.model.policy import TierAssignment, Tiers
from tests.loopback.auditing import audit
from tests.loopback.frameworks import framework
from tests.loopback.organization_policies import governed
from tests.loopback.report_plans import report_plan
from tests.loopback.restore_tests import plan
from tests.loopback.standing import ACCOUNT, AS_OF, HOME, SINCE
from tests.loopback.world import Organization
from tests.truth import worlds

SCHEMAS = Catalogue.load().schemas
ACCEPTED = {
    "coverage": [
        "lifecycle_policy",
        "point_in_time_recovery",
        "snapshot",
        "versioning",
        "object_lock",
        "replication",
    ],
    "frequency": ["automated_backups"],
}
#: What is made where a tier demands it only: of buckets what whole backups need, and where copies lie apart.
RULE = {"copies": 3, "kinds": 2, "elsewhere": 1, "immutable": 1, "restore_errors": 0}
COPY = {"retention_days": 1, "under": {"own_key": True, "lock": "compliance"}}
WHOLE = {"whole_backups": True, "three_two_one": RULE, "account_copy": COPY}
TIERS = Tiers(
    {**worlds.TIERS["tiers"], "daily": {**worlds.TIERS["tiers"]["daily"], **WHOLE, "native": ACCEPTED}},
    (TierAssignment("daily", {"backup": "daily"}), TierAssignment("daily", {}, ("Prod",))),
    "exempt",
)

#: What is asked of accounts, of which nothing is read otherwise.
EVIDENCE = {
    "guard_rails": {"actions": ["backup:DeleteRecoveryPoint"], "guardians": []},
    "destroyers": {"guardians": ["arn:aws:iam::*:role/Guardian"], "apart_from_operators": True},
    "backup_policies": {"compared": True},
    "report_plans": {"max_age_hours": 48},
    "account_quotas": {"asked": True},
}

#: The register of legal holds, of which nothing is read otherwise.
REGISTER = {"matter": "m", "hold": "Smith", "accounts": [ACCOUNT], "regions": [HOME], "owner": "legal"}
#: For an account that is no member of the organization, and against whoever is none.
PERIMETER = json.dumps({"Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "backup:*", "Resource": "*"},
    {"Effect": "Deny", "Principal": "*", "Action": "backup:*", "Resource": "*",
     "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-example"}}},
]})  # fmt: skip
#: What is read once for the run, as a fact may hang on its rows.
OF_ORGANIZATION = {*POLICY_TABLES, PRINCIPALS}
KEY_POLICY = '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}}'
MATTERS = (Matter("m", "Smith", (ACCOUNT,), (HOME,), "legal"),)

#: By type, ARN and Region of a subject and the path of a fact: its value, and the gaps that leave it open.
Facts = Mapping[tuple[str, str, str, str], tuple[Any, list[tuple[str, bool]]]]


class Less(Evidence):
    """Evidence in which something of `what` is not there."""

    what = ""

    def read(
        self,
        table: str,
        account_id: str = "",
        region: str = "",
        columns: Sequence[str] | None = None,
        words: Sequence[str] = (),
    ) -> pa.Table:
        """What there is of a table."""
        return self.left(table, super().read(table, account_id, region, columns, words))

    def left(self, table: str, found: pa.Table) -> pa.Table:
        """What is left of what was found."""
        raise NotImplementedError


class WithoutRows(Less):
    """The table is empty."""

    def left(self, table: str, found: pa.Table) -> pa.Table:
        """No rows of it."""
        return no_rows(table).select(found.column_names) if table == self.what else found


class WithoutValues(Less):
    """The column, `table.column`, is null."""

    def left(self, table: str, found: pa.Table) -> pa.Table:
        """Nulls in its place."""
        for index, name in enumerate(found.column_names):
            if self.what == f"{table}.{name}":
                return found.set_column(index, name, pa.nulls(found.num_rows, found.schema.field(index).type))
        return found


class WithGap(Less):
    """A call for it failed in every account and Region, and one for the organization."""

    def left(self, table: str, found: pa.Table) -> pa.Table:
        """The gaps, and these."""
        if table != "gaps":
            return found
        more = [
            {"gap_id": f"{account}-{place}", "account_id": account, "region": place,
             "service": "backup" if place else "organizations", "operation": "ListX", "error": "X",
             "message": "no", "provides": [self.what]}
            for account, place in [*self.partitions(), (self.metadata["management_account_id"], "")]
        ]  # fmt: skip
        return pa.Table.from_pylist([*found.to_pylist(), *more], schema=found.schema)


def facts(evidence: Evidence) -> Facts:
    """Every fact of every subject."""
    return dict(_facts(evidence))


def _facts(evidence: Evidence) -> Iterator[tuple[tuple[str, str, str, str], Any]]:
    asked = Asked.of({"evidence": EVIDENCE}, MATTERS)
    for frame in Subjects(evidence, TIERS, SelectionSettings(), of_accounts=asked).frames():
        arns = frame.arn.to_pylist()
        for path, held in frame.facts.items():
            column: Column = held.column() if isinstance(held, Lazy) else held
            holes = [(hole.gaps, hole.partial, hole.mask(frame.size)) for hole in column.holes]
            for index, arn in enumerate(arns):
                code = column.codes[index]
                value = None if code == ABSENT else column.values[code]
                open_ = sorted((gap, part) for gaps, part, mask in holes if mask[index] for gap in gaps)
                yield (frame.subject, arn, frame.region, path), (value, open_)


def read_from(run: Path, losing: Mapping[type[Less], Iterable[str]]) -> dict[tuple[str, str], set[str]]:
    """By type and path of a fact what it is another without, for some subject."""
    whole = facts(Evidence.open(run))
    found: dict[tuple[str, str], set[str]] = {}
    for kind, names in losing.items():
        for name in sorted(names):
            evidence = kind.open(run)
            evidence.what = name
            for key, fact in facts(evidence).items():
                if key in whole and whole[key] != fact:
                    found.setdefault((key[0], key[3]), set()).add(name)
    return found


def undeclared(found: Mapping[tuple[str, str], set[str]], schemas: Mapping[str, Any]) -> dict[str, set[str]]:
    """By fact the tables that its row does not name."""
    left = {}
    for (kind, path), tables in found.items():
        named = source(schemas[kind], path)
        left[f"{kind} {path}"] = tables - named - documents_of(named)
    return {fact: tables for fact, tables in left.items() if tables}


def judged(world: Organization, folder: Path) -> Path:
    """The run of an audit of it."""
    scope: dict[str, Any] = {"accounts": "organization", "period_days": worlds.PERIOD}
    register = folder / "holds.yaml"
    register.write_text(yaml.safe_dump({"matters": [REGISTER]}), encoding="utf-8")
    here = world.accounts[ACCOUNT].regions[HOME]
    (point, *_), *_ = here.recovery_points.values()
    here.legal_holds.append(
        {"LegalHoldId": "h-1", "LegalHoldArn": f"arn:aws:backup:{HOME}:{ACCOUNT}:legal-hold:h-1",
         "Title": "Smith", "Status": "ACTIVE", "CreationDate": AS_OF, "RecoveryPointSelection": {},
         "RecoveryPoints": [{"RecoveryPointArn": point["RecoveryPointArn"]}]}
    )  # fmt: skip
    points = (one["RecoveryPointArn"] for held in here.recovery_points.values() for one in held)
    amis = [arn.rpartition("/")[2] for arn in points if ":image/" in arn]
    mapped = [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": "snap-1"}}]
    here.images += [
        {"ImageId": ami, "SourceInstanceId": "i-1", "BlockDeviceMappings": mapped} for ami in amis
    ]
    here.snapshots.append(
        {"SnapshotId": "snap-1", "VolumeId": "vol-1", "State": "completed", "StartTime": AS_OF}
    )
    governed(world, ACCOUNT)
    here.report_plans.append(report_plan())
    here.frameworks.append(framework())
    here.restore_tests = [
        plan("weekly", SINCE, {"ProtectedResourceType": "EBS", "ProtectedResourceArns": ["*"]})
    ]
    here.key_policies = dict.fromkeys(here.keys, KEY_POLICY)
    here.access_policies["main"] = PERIMETER
    scope["holds"] = str(register)
    bucket_calls = ("GetBucketVersioning", "GetBucketNotificationConfiguration", "GetObjectLockConfiguration")
    for operation in bucket_calls:
        world.operations["s3", operation] = lambda _place, _given: {}
    named = worlds.TIERS["tiers"]
    tiers = {**worlds.TIERS, "tiers": {**named, "daily": {**named["daily"], **WHOLE}}}
    return audit(world, folder, tiers=tiers, parameters={"evidence": EVIDENCE}, **scope).run


@pytest.mark.long
def test_each_fact_names_the_tables_whose_rows_it_is_made_of(tmp_path: Path) -> None:
    """Of every table that has rows there some fact is made; a row that forgets one is found."""
    found = read_from(judged(worlds.ailing(), tmp_path), {WithoutRows: PARTITIONED})

    assert undeclared(found, SCHEMAS) == {}
    assert set().union(*found.values()) == PARTITIONED.keys() - {
        "copy_jobs",
        "lifecycle_policies",
        "native_backups",
        BACKUP_TAGS,  # asked for by a framework of Audit Manager alone
    }
    forgetful = deepcopy(dict(SCHEMAS))
    forgetful["resource"]["properties"]["protection"]["made_of"].remove("backup_plans")
    assert undeclared(found, forgetful)["resource protection.selected"] == {"backup_plans"}


@pytest.mark.long
@pytest.mark.parametrize("build", [worlds.ailing, worlds.healthy])
def test_each_fact_names_what_it_hangs_on(build: Callable[[], Organization], tmp_path: Path) -> None:
    """Tables without rows and with gaps, dates of creation and documents that are not there."""
    losing: dict[type[Less], Iterable[str]] = {
        WithoutRows: {*PARTITIONED, *OF_ORGANIZATION},
        WithGap: EVERYTHING,
        WithoutValues: {*DOCUMENTS.values(), AGES},
    }
    found = read_from(judged(build(), tmp_path), losing)

    assert undeclared(found, SCHEMAS) == {}
    elsewhere = {f"{BACKUPS}.{name}" for name in ("fsx", "redshift", "redshift_serverless")}  # of other types
    left_out = {KEPT_UNTIL, VERSIONS_KEPT, BACKUP_TAGS, POINT_TAGS, SNAPSHOT_TAGS, *elsewhere}
    assert set().union(*found.values()) >= EVERYTHING - left_out
