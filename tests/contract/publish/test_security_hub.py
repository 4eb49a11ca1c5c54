"""`auditor publish security-hub`: what Security Hub has after it, and what is said."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from auditor.model.errors import UsageError
from auditor.publish.fixed import Looked
from auditor.publish.security_hub import publish
from tests.contract.publish.publishing import (
    BARE,
    HERE,
    LATER,
    OTHER,
    THERE,
    UNPROTECTED,
    audited,
    estate,
    published,
)
from tests.loopback.auditing import command
from tests.loopback.faults import THROTTLED, Fault, denied
from tests.loopback.security_hub import SecurityHub
from tests.loopback.standing import ACCOUNT, AS_OF, AWAY, HOME, World

ROOT = Path(__file__).parents[3]
POLICY = ROOT / "examples" / "iam" / "auditor-publish.json"
POLICIES = ROOT / "policies"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the whole estate as it stands."""
    return audited(estate(), tmp_path_factory.mktemp("first"))


@pytest.fixture
def world() -> World:
    """The estate."""
    return estate()


@pytest.fixture
def hub(world: World, first: Path) -> SecurityHub:
    """Its Security Hub, after the first run was published."""
    made = SecurityHub().serve(world)
    assert published(world, first)[0] == 0
    return made


def test_each_account_sends_its_own(world: World, first: Path) -> None:
    """With its own role, whole; a dry run says the same and sends nothing, a second publish nothing more."""
    hub = SecurityHub().serve(world)
    said = [f"{ACCOUNT} {HOME}: 14 new", f"{ACCOUNT} {AWAY}: nothing to send",
            f"{OTHER} {HOME}: 4 new", f"{OTHER} {AWAY}: nothing to send"]  # fmt: skip

    code, output, calls = command(world, "publish", "security-hub", str(first), "--dry-run")
    assert (code, output.splitlines()) == (0, [*said, "Would send: 18 new"])
    assert {call.operation for call in calls if call.service == "securityhub"} == {"GetFindings"}
    assert not any(hub.findings.values())
    code, output, calls = command(world, "publish", "security-hub", str(first))
    assert (code, output.splitlines()) == (0, [*said, "Sent: 18 new"])
    asked = {f"{call.service}:{call.operation}" for call in calls if call.service != "sts"}
    (allowed,) = json.loads(POLICY.read_text(encoding="utf-8"))["Statement"]
    assert asked == set(allowed["Action"]) - {"securityhub:BatchUpdateFindings"}
    imports = [call for call in calls if call.operation == "BatchImportFindings"]
    assert sorted((call.account_id, call.region) for call in imports) == [HERE, THERE]
    assert hub.findings[HERE][UNPROTECTED]["CreatedAt"] == "2026-03-01T00:00:00Z"
    assert published(world, first)[1][-1] == "Sent: 18 unchanged"


def test_a_later_run_renews(world: World, hub: SecurityHub, tmp_path: Path) -> None:
    """The date of creation and what is the customer's stay; an older run changes nothing after it."""
    hub.findings[HERE][UNPROTECTED]["Workflow"] = {"Status": "NOTIFIED"}
    older = audited(world, tmp_path)
    assert published(world, audited(world, tmp_path, as_of=LATER))[1][-1] == "Sent: 18 renewed"

    one = hub.findings[HERE][UNPROTECTED]
    assert (one["CreatedAt"], one["UpdatedAt"]) == ("2026-03-01T00:00:00Z", "2026-03-01T01:00:00Z")
    assert one["Workflow"] == {"Status": "NOTIFIED"}
    assert published(world, older) == (0, [
        f"{ACCOUNT} {HOME}: 14 left to a later run", f"{ACCOUNT} {AWAY}: nothing to send",
        f"{OTHER} {HOME}: 4 left to a later run", f"{OTHER} {AWAY}: nothing to send",
        "Sent: 18 left to a later run",
    ])  # fmt: skip


def test_what_is_fixed_is_archived(world: World, hub: SecurityHub, tmp_path: Path) -> None:
    """Here it is protected, there it is deleted; what comes back is active and as old as it was."""
    world.selection(Resources=[BARE])
    volumes = world.at(account_id=OTHER).volumes
    taken = volumes.pop()
    before = {place: hub.of(place) for place in (HERE, THERE)}

    assert published(world, audited(world, tmp_path, as_of=LATER))[0] == 0
    assert UNPROTECTED in hub.of(HERE, "ARCHIVED")
    assert (hub.of(THERE), hub.of(THERE, "ARCHIVED")) == (set(), before[THERE])

    world.at().selections["plan-1"].pop()
    volumes.append(taken)
    published(world, audited(world, tmp_path, as_of=LATER + timedelta(hours=1)))
    assert {place: hub.of(place) for place in (HERE, THERE)} == before
    one = hub.findings[HERE][UNPROTECTED]
    assert (one["CreatedAt"], one["UpdatedAt"]) == ("2026-03-01T00:00:00Z", "2026-03-01T02:00:00Z")


@pytest.mark.long
def test_a_run_that_is_judged_again_says_so(world: World, hub: SecurityHub, tmp_path: Path) -> None:
    """With the same `as_of`: Security Hub takes only what is later, if by a millisecond."""
    world.selection(Resources=[BARE])
    published(world, audited(world, tmp_path))

    one = hub.findings[HERE][UNPROTECTED]
    assert (one["RecordState"], one["UpdatedAt"]) == ("ARCHIVED", "2026-03-01T00:00:00.001Z")


@pytest.mark.parametrize(
    ("faults", "settings"),
    [
        ((denied("DescribeVolumes"),), {}),
        ((denied("ListBackupVaults"),), {}),
        ((denied("AssumeRole", account_id=OTHER), denied("DescribeRegions", account_id=ACCOUNT)), {}),
        ((), {"regions": [AWAY]}),
        ((), {"accounts": ["333344445555"]}),
    ],
)
def test_silence_archives_nothing(
    world: World, hub: SecurityHub, tmp_path: Path, faults: tuple[Fault, ...], settings: dict[str, Any]
) -> None:
    """What is gone may only not have been seen: it was not read, or left out by a setting."""
    for place in (HERE, THERE):
        world.at(account_id=place[0]).volumes.pop()
    world.account("333344445555")
    run = audited(world, tmp_path, *faults, as_of=LATER, **settings)
    of_volumes = {place: {name for name, one in hub.findings[place].items()
                          if one["ProductFields"]["auditor/Verdict"] != "COMPLIANT"}
                  for place in (HERE, THERE)}  # fmt: skip
    published(world, run)

    for place, names in of_volumes.items():
        assert names <= hub.of(place)


def test_a_control_that_is_not_asked_archives_nothing(world: World, hub: SecurityHub, tmp_path: Path) -> None:
    """Nor is anything touched that somebody else sent under the same product."""
    mine = {**hub.findings[HERE][UNPROTECTED], "Id": "mine", "GeneratorId": "OWN-001"}
    hub.findings[HERE] |= {"mine": mine, "theirs": {**mine, "Id": "theirs", "ProductFields": {}}}
    world.at().volumes.pop()
    _, lines = published(world, audited(world, tmp_path, as_of=LATER))

    assert {"mine", "theirs"} <= hub.of(HERE)
    assert lines[0].endswith("1 left open")


def test_a_deleted_resource_that_was_not_judged_is_left_open(
    world: World, hub: SecurityHub, tmp_path: Path
) -> None:
    """Jobs tell of it still, and the settings said to pass over it; nothing tells of the other one."""
    job = world.job(AS_OF - timedelta(days=1), BARE, State="FAILED", CompletionDate=None)
    world.at().volumes.pop()
    passed_over = audited(world, tmp_path, as_of=LATER, deleted_resources="ignore")
    published(world, passed_over)
    assert UNPROTECTED in hub.of(HERE)

    world.at().backup_jobs.remove(job)
    published(world, audited(world, tmp_path, as_of=LATER, deleted_resources="ignore"))
    assert UNPROTECTED in hub.of(HERE, "ARCHIVED")


@pytest.mark.long
def test_a_deleted_resource_is_left_open_where_no_jobs_were_collected(
    world: World, hub: SecurityHub, tmp_path: Path
) -> None:
    """Where no control needs recovery points, that there are none of it is not known."""
    policies = tmp_path / "policies"
    shutil.copytree(POLICIES, policies)
    for family in (policies / "controls").iterdir():
        if family.is_dir() and family.name != "coverage":
            shutil.rmtree(family)
    world.point(AS_OF - timedelta(days=1), BARE, keep=365)
    world.at().backup_jobs[:] = [job for job in world.at().backup_jobs if job["ResourceArn"] != BARE]
    world.at().volumes.pop()
    settings: dict[str, Any] = {"as_of": LATER, "deleted_resources": "ignore"}
    published(world, audited(world, tmp_path, **settings, policies=str(policies)))
    assert UNPROTECTED in hub.of(HERE)

    world.at().recovery_points.clear()
    published(world, audited(world, tmp_path, **settings))
    assert UNPROTECTED in hub.of(HERE, "ARCHIVED")


@pytest.mark.long
def test_a_gap_is_archived_when_it_is_read(world: World, tmp_path: Path) -> None:
    """And not before; a pass of then is archived where a finding takes its place."""
    hub = SecurityHub().serve(world)
    blind = denied("ListBackupPlans", account_id=ACCOUNT)

    def gaps() -> dict[str, set[str]]:
        found = {name for name, one in hub.findings[HERE].items() if one["GeneratorId"] == "evidence"}
        return {state: found & hub.of(HERE, state) for state in ("ACTIVE", "ARCHIVED")}

    published(world, audited(world, tmp_path, blind))
    first = gaps()
    assert (len(first["ACTIVE"]), first["ARCHIVED"]) == (2, set())  # and what nobody can tell because of it
    published(world, audited(world, tmp_path, denied("ListBackupVaults"), blind, as_of=LATER))
    assert len(gaps()["ACTIVE"]) == 3
    published(world, audited(world, tmp_path, as_of=LATER + timedelta(hours=1)))
    assert (gaps()["ACTIVE"], len(gaps()["ARCHIVED"])) == (set(), 3)


@pytest.mark.long
def test_what_is_read_at_last_is_archived_beside_another_gap(world: World, tmp_path: Path) -> None:
    """What is about volumes, whatever hides the vaults; nothing of what is hidden still."""
    hub = SecurityHub().serve(world)
    vaults = denied("ListBackupVaults")
    published(world, audited(world, tmp_path, denied("DescribeVolumes"), vaults))
    published(world, audited(world, tmp_path, vaults, as_of=LATER))
    accounts = {
        state: {hub.findings[HERE][name]["Title"].split(" ")[0] for name in hub.of(HERE, state)
                if hub.findings[HERE][name]["Resources"][0]["Type"] == "AwsAccount"
                and hub.findings[HERE][name]["Compliance"]["Status"] != "PASSED"}
        for state in ("ACTIVE", "ARCHIVED")
    }  # fmt: skip

    of_volumes = {"BKP-COV-001", "BKP-COV-003", "BKP-FRQ-001", "BKP-FRQ-002", "BKP-RET-003", "BKP-RET-008"}
    of_points = {
        "BKP-ENC-001",
        "BKP-ENC-002",
        "BKP-IMM-006",
        "BKP-RET-002",
        "BKP-RET-005",
        "BKP-RET-006",
        "BKP-RET-007",
    }
    assert accounts == {
        "ACTIVE": {*of_points, "BKP-IMM-001", "BKP-IMM-004", "Evidence"},
        "ARCHIVED": {*of_volumes, "Evidence"},
    }


def test_what_is_refused_is_said(world: World, first: Path) -> None:
    """By account; the other findings are taken."""
    hub = SecurityHub(refused={UNPROTECTED}).serve(world)
    code, lines = published(world, first)

    assert (code, lines[:2]) == (1, [
        f"{ACCOUNT} {HOME}: 13 new",
        f"  failed  1 finding refused (InvalidInput: too odd), the first of them {UNPROTECTED}.",
    ])  # fmt: skip
    assert lines[-1] == "Sent: 17 new; 1 of 4 accounts and Regions failed"
    assert (len(hub.of(HERE)), len(hub.of(THERE))) == (13, 4)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (denied("AssumeRole", account_id=OTHER), "could not be assumed (AccessDenied); create it in account"),
        (
            denied("GetFindings", account_id=OTHER),
            "allow the role what examples/iam/auditor-publish.json lists",
        ),
        (
            denied("BatchImportFindings", account_id=OTHER),
            "4 findings not sent: BatchImportFindings failed (AccessDeniedException: not allowed",
        ),
    ],
)
def test_an_account_that_is_denied_is_said(world: World, first: Path, fault: Fault, said: str) -> None:
    """And the other one is sent to."""
    hub = SecurityHub().serve(world)
    code, lines = published(world, first, faults=(fault,))

    assert code == 1
    assert lines[0] == f"{ACCOUNT} {HOME}: 14 new"
    (place,) = (number for number, line in enumerate(lines) if line.startswith(f"{OTHER} {HOME}"))
    assert said in lines[place + 1]
    assert (len(hub.of(HERE)), len(hub.of(THERE))) == (14, 0)


def test_where_it_is_not_enabled(world: World, first: Path) -> None:
    """It is a failure where something was to be sent, and said where not."""
    SecurityHub(off={THERE, (OTHER, AWAY)}).serve(world)
    code, lines = published(world, first)
    refusal = f"GetFindings failed (InvalidAccessException: {OTHER} is not subscribed)"

    assert (code, lines[2:]) == (1, [
        f"{OTHER} {HOME}: failed",
        f"  failed  {refusal}; enable Security Hub in this account and Region.",
        f"{OTHER} {AWAY}: Security Hub is not enabled, and there is nothing to send.",
        "Sent: 14 new; 1 of 4 accounts and Regions failed",
    ])  # fmt: skip


@pytest.mark.parametrize(("times", "code"), [(5, 0), (None, 1)])
def test_a_throttled_call_is_sent_again(world: World, first: Path, times: int | None, code: int) -> None:
    """As long as `--retry-minutes` says; then what was not sent is said."""
    SecurityHub().serve(world)
    throttled = Fault("BatchImportFindings", code=THROTTLED, status=429, account_id=OTHER, times=times)
    said = published(world, first, faults=(throttled,))

    assert (said[0], any("4 findings not sent" in line for line in said[1])) == (code, bool(code))


@pytest.mark.parametrize("name", ["gaps.parquet", "verdicts.parquet", "document.json"])
def test_a_run_that_was_edited_is_refused(world: World, first: Path, tmp_path: Path, name: str) -> None:
    """A table that is another file, a document of another time: nothing is asked of Security Hub."""
    shutil.copytree(first, tmp_path / "run")
    content = b"PAR1"
    if name == "document.json":
        content = (first / name).read_bytes().replace(b"2026-03-01T00:00:00Z", b"2027-03-01T00:00:00Z")
    (tmp_path / "run" / name).write_bytes(content)
    code, said, calls = command(world, "publish", "security-hub", str(tmp_path / "run"))

    assert (code, {call.service for call in calls}) == (2, {"sts"})
    assert f"write it again with `auditor evaluate {tmp_path / 'run'}`" in said


def test_a_table_of_verdicts_that_is_replaced_meanwhile_is_told_in_a_sentence(
    first: Path, tmp_path: Path
) -> None:
    """It is read again after Security Hub was asked."""
    run = shutil.copytree(first, tmp_path / "run")
    nothing: Any = SimpleNamespace(controls=(), waivers=(), attestations=())
    looked = Looked(run, Evidence.open(run), nothing, nothing)
    (run / "verdicts.parquet").write_bytes(b"PAR1")

    with pytest.raises(UsageError, match="is not as it was written; write it again with `auditor evaluate"):
        looked.over({HERE: [{"Id": UNPROTECTED, "Resources": [{"Id": BARE}]}]})


def test_a_run_of_another_partition_is_refused(first: Path) -> None:
    """Before anything is asked."""
    sessions: Any = SimpleNamespace(caller=SimpleNamespace(partition="aws-cn"))
    with pytest.raises(UsageError, match="is a run of the partition aws and the credentials are of aws-cn"):
        publish(first, sessions, workers=1, dry_run=True)
