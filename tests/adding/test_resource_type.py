"""docs/contributing/resource-type.md, followed in a copy: EFS is collected, allowed, told of and made."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.adding.walkthrough import copied, follow, run, undo

ROW = "auditor/model/resource_types/storage.py"
#: What `make docs` writes of the rows: directly, and from the schema of facts.
GENERATED = (
    "README.md",
    "auditor/sandbox/organization.schema.json",
    "docs/resource-types.md",
    "examples/iam/auditor-read.json",
    "policies/parameters.yaml",
    "policies/schemas/resource.json",
)
PAGES = "docs/facts.md"

#: Writes what `make docs` does.
DOCS = """
import sys
from scripts import facts_page, resource_types

sys.exit(resource_types.main([]) or facts_page.main([]))
"""
#: Names what `make lint` would, and writes it.
SCRIPTS = DOCS.replace("exit(", "exit(not resource_types.main(['--check']) or ")

#: Judges two file systems on the wire, makes one as the sandbox does, and says what came of both.
RUN = """
import json, sys
from pathlib import Path
from types import SimpleNamespace
import boto3
from moto import mock_aws
from auditor.evidence.store import Evidence
from auditor.sandbox.makers import Site, make_resource
from auditor.sandbox.organization import SampleOrganization
from tests.loopback.auditing import audit
from tests.loopback.standing import ACCOUNT, HOME, SINCE, standing

world, folder = standing(35), Path(sys.argv[1])
arn = f"arn:aws:elasticfilesystem:{HOME}:{ACCOUNT}:file-system/fs-"
made = {"CreationTime": SINCE, "LifeCycleState": "available", "Encrypted": True,
        "Tags": [{"Key": "Name", "Value": "home"}, {"Key": "backup-tier", "Value": "gold"}]}
for number in range(2):
    world.resource("EFS", FileSystemArn=f"{arn}{number}", FileSystemId=f"fs-{number}", **made)
world.resource("EFS", FileSystemArn=f"{arn}gone", **{**made, "LifeCycleState": "deleted"})
world.page_size = 1
judged = audit(world, folder)
rows = Evidence.open(judged.run).read("resources", ACCOUNT, HOME).to_pylist()
((resource,),) = (account.resources for account in SampleOrganization.load(folder).accounts)
with mock_aws():
    client = boto3.client("efs", HOME, aws_access_key_id="key", aws_secret_access_key="secret")
    entrance = SimpleNamespace(client=lambda *place: client)
    site = Site(entrance, "aws", ACCOUNT, HOME, f"arn:aws:kms:{HOME}:{ACCOUNT}:key/1")
    seeded = make_resource(site, resource)
    (listed,) = client.describe_file_systems()["FileSystems"]
print(json.dumps({
    "gaps": judged.gaps,
    "verdict": judged.verdict("BKP-COV-001", arn + "0"),
    "rows": [row for row in rows if row["resource_type"] == "EFS"],
    "calls": sum((call.service, call.operation) == ("efs", "DescribeFileSystems") for call in judged.calls),
    "seeded": [listed["FileSystemArn"] == seeded, listed["Tags"], listed["KmsKeyId"]],
}, default=str))
"""

ORGANIZATION = """
start: "2026-01-01T00:00:00Z"
regions: {aws: {primary: eu-central-1, secondary: eu-west-1}}
key_alias: alias/backup
store_tags: {}
roles: [{name: AuditorRead, trusts: management}]
accounts:
  - name: shop
    ou: [Production]
    resources: [{type: EFS, name: home, tags: {backup-tier: gold}}]
"""


@dataclass(frozen=True)
class Followed:
    """A copy of the project in which the page was followed, and the generated files of before."""

    folder: Path
    before: Mapping[str, str]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """The copy, up to `make docs`: first without what the page adds, then with it."""
    folder = copied(
        tmp_path_factory.mktemp("copy"),
        *("auditor", "reports", "policies", "examples", "docs", "README.md", "tests/loopback"),
        *("scripts/resource_types.py", "scripts/facts_page.py"),
    )
    undo("resource-type.md", folder)
    written = run(folder, "-c", DOCS)
    assert written.returncode == 0, written.stderr
    before = {name: (folder / name).read_text(encoding="utf-8") for name in (*GENERATED, PAGES)}
    assert follow("resource-type.md", folder) == [ROW]
    done = run(folder, "-c", SCRIPTS)
    stale = [line.partition(" is not what ")[0] for line in done.stdout.splitlines()]
    assert (done.returncode, sorted({*stale})) == (0, sorted(GENERATED)), done.stderr
    return Followed(folder, before)


@pytest.fixture(scope="module")
def told(copy: Followed, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What `RUN` says in the copy."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "organization.yaml").write_text(ORGANIZATION)
    done = run(copy.folder, "-c", RUN, str(folder))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.long
def test_the_new_type_is_collected_and_judged(told: Any) -> None:
    """Page by page, with its tags and date; a deleted one is left out, one in no plan is a finding."""
    arn = "arn:aws:elasticfilesystem:eu-central-1:111122223333:file-system/fs-"
    row = {
        "resource_type": "EFS",
        "name": "home",
        "created_at": "2025-06-01 00:00:00+00:00",
        "tags": [["Name", "home"], ["backup-tier", "gold"]],
        "encrypted": True,
        "kms_key_arn": None,
        "attached": None,
        "running": None,
        "file_system_type": None,
    }
    assert told | {"seeded": ""} == {
        "gaps": [],
        "verdict": "NON_COMPLIANT",
        "rows": [{"arn": f"{arn}{number}", **row} for number in range(2)],
        "calls": 4,  # three items, a page each, and one call in the other Region
        "seeded": "",
    }


def test_policies_schemas_parameters_and_pages_name_the_new_type(copy: Followed) -> None:
    """What is generated has it after `make docs`, and did not before."""
    for name, before in copy.before.items():
        named = re.compile(r"elasticfilesystem:DescribeFileSystems|\bEFS[,\]. ]|\"EFS\"|S3 and EFS")
        old = before.splitlines()
        new = [
            line for line in (copy.folder / name).read_text(encoding="utf-8").splitlines() if line not in old
        ]
        assert any(named.search(line) for line in new), name
        assert len(new) <= 3, name


@pytest.mark.long
def test_the_sandbox_makes_the_new_type(told: Any) -> None:
    """By the call of its row, with tags, name and key."""
    tags = [{"Key": "Name", "Value": "home"}, {"Key": "backup-tier", "Value": "gold"}]
    assert told["seeded"] == [True, tags, "arn:aws:kms:eu-central-1:111122223333:key/1"]
