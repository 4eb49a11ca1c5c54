"""What a sample is drawn from: every resource with what protects it, and every expected backup."""

import csv
import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.model.errors import UsageError
from auditor.sample import Sample, sample
from tests.loopback.auditing import DAILY, Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import (
    ACCOUNT,
    AS_OF,
    AWAY,
    HOME,
    PLAN,
    START,
    VOLUME,
    World,
    copy_action,
    nights,
    rule,
    standing,
    vault_arn,
)

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TIERS = {
    "tiers": {"daily": DAILY, "exempt": {"required": False}},
    "assignment": [{"tier": "exempt", "tags": {"backup-tier": "exempt"}}],
    "default": "daily",
}
TABLE = f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/orders"
TAGGED = [{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "yes"}]
STATES = ("expected", "met", "late", "missed", "failed", "absorbed", "pending")


def read(found: Judgement, name: str) -> list[dict[str, Any]]:
    """The rows of a population."""
    table = pq.read_table(found.run / name)
    kinds = [
        pa.field(field.name, pa.int64() if pa.types.is_timestamp(field.type) else field.type)
        for field in table.schema
    ]
    return list(table.cast(pa.schema(kinds)).to_pylist())


def row_of(found: Judgement, arn: str) -> dict[str, Any]:
    """The one row of a resource."""
    (row,) = [row for row in read(found, "resources.parquet") if row["arn"] == arn]
    return row


def troubled() -> World:
    """Thirty nights: one missed, one that failed, one that was late, the others good."""
    good = nights()
    world = standing(14, backups=[*good[:10], *good[13:]])
    world.job(good[11], State="FAILED", MessageCategory="ACCESS_DENIED", StatusMessage="no")
    late = world.job(good[12], CompletionDate=good[12] + timedelta(hours=3, minutes=1))
    late["RecoveryPointArn"] = f"arn:aws:ec2:{HOME}::snapshot/snap-late"
    return world


@pytest.mark.long
def test_every_expected_backup_is_a_row_with_its_job(tmp_path: Path) -> None:
    """Our word for the slot and AWS's for the job stand side by side; a pass has its evidence too."""
    found = audit(troubled(), tmp_path)
    rows = read(found, "slots.parquet")
    good = nights()

    assert [row["due"] for row in rows] == [int(night.timestamp() * 1000) for night in good]
    told = {row["due"]: row for row in rows}
    said = [
        (row["state"], row["job_state"], row["job_message_category"], row["job_message"])
        for row in (told[int(good[number].timestamp() * 1000)] for number in (9, 10, 11, 12))
    ]
    assert said == [
        ("MET", "COMPLETED", "SUCCESS", None),
        ("MISSED", None, None, None),
        ("FAILED", "FAILED", "ACCESS_DENIED", "no"),
        ("LATE", "COMPLETED", "SUCCESS", None),
    ]
    first = rows[0]
    windows = [first["start_by"] - first["due"], first["complete_by"] - first["start_by"]]
    assert windows == [60 * 60_000, 120 * 60_000]
    assert (first["plan"], first["rule"], first["arn"]) == (PLAN, "nightly", VOLUME)
    assert first["job_id"]
    assert first["recovery_point_arn"].startswith(f"arn:aws:ec2:{HOME}::snapshot/snap-")
    assert first["job_completed_at"] - first["job_created_at"] == 30 * 60_000


def test_a_resource_has_its_slots_and_its_attainment(tmp_path: Path) -> None:
    """27 of 30 were made in time; protection, tier and each verdict stand in the same row."""
    found = audit(troubled(), tmp_path)
    row = row_of(found, VOLUME)

    assert [row[f"slots_{name}"] for name in STATES] == [30, 27, 1, 1, 1, 0, 0]
    assert row["attainment_percent"] == 90.0
    assert (row["tier"], row["tier_reason"], row["needs_backup"]) == (
        "daily",
        "no assignment matches: the default tier",
        True,
    )
    assert (row["protected"], row["deleted"]) == (True, False)
    assert row["protected_by"].startswith(f"{PLAN} / selection-")
    assert f"Resources: {VOLUME} matches the ARN." in row["protected_by"]
    verdicts = {name: value for name, value in row.items() if name.startswith("BKP-")}
    asked = {control for control, arn in found.verdicts if arn == VOLUME}
    assert verdicts == {control: found.verdict(control, VOLUME) for control in asked}


def test_a_slot_whose_time_is_not_over_counts_for_nothing(tmp_path: Path) -> None:
    """Half an hour after the due time it is pending: all that are over were met."""
    world = standing(14, backups=nights(START, AS_OF), as_of=AS_OF + timedelta(hours=1, minutes=30))
    row = row_of(audit(world, tmp_path), VOLUME)

    assert row["slots_pending"] == 1
    assert row["attainment_percent"] == 100.0


def test_what_was_not_read_is_empty_and_not_zero(tmp_path: Path) -> None:
    """Without the jobs nobody knows what came; without the plans nobody knows what was due."""
    for operation, known in (("ListBackupJobs", True), ("ListBackupPlans", None)):
        found = audit(standing(14), tmp_path, faults=[denied(operation)])
        row = row_of(found, VOLUME)
        assert [row[f"slots_{name}"] for name in STATES] == [None] * len(STATES)
        assert (row["attainment_percent"], row["protected"]) == (None, known)
        assert (row["protected_by"] is None) == (known is None)
        assert read(found, "slots.parquet") == []


def test_what_an_unread_document_may_say_is_empty_too(tmp_path: Path) -> None:
    """The one plan or its one selection was refused: what it protects, and when, nobody knows."""
    for operation in ("GetBackupPlan", "GetBackupSelection"):
        row = row_of(audit(standing(14), tmp_path, faults=[denied(operation)]), VOLUME)
        assert [row[f"slots_{name}"] for name in STATES] == [None] * len(STATES)
        assert (row["attainment_percent"], row["protected"], row["protected_by"]) == (None, None, None)


def test_a_selection_that_was_not_read_may_be_older_than_the_one_that_was(tmp_path: Path) -> None:
    """Of a plan that selects since day 20: how many backups were due before is not known then."""
    for older, expected in ((False, 11), (True, None)):
        world = standing(14)
        world.at().selections[PLAN][0]["CreationDate"] = START + 19 * DAY
        if older:
            world.selection(PLAN, Resources=["*"])
        found = audit(world, tmp_path, faults=[denied("GetBackupSelection", first=2)])
        assert row_of(found, VOLUME)["slots_expected"] == expected
        assert len(found.gaps) == older


def test_copies_where_nobody_looked_are_not_none(tmp_path: Path) -> None:
    """The plan copies into the other Region, and none has arrived there; or it was not read."""
    world = standing(14, CopyActions=[copy_action(vault_arn("far", AWAY))])
    world.vault("far", AWAY)
    for regions, copies in (([HOME, AWAY], 0), ([HOME], None)):
        found = audit(world, tmp_path, tier={"copy": {"retention_days": 7}}, regions=regions)
        assert row_of(found, VOLUME)["copies"] == copies


def test_of_tags_that_were_not_read_it_is_unknown_what_they_select(tmp_path: Path) -> None:
    """A plan by tags protects the table, or not; one that names its ARN protects it whatever its tags."""
    for selection, protected in (({"ListOfTags": TAGGED}, None), ({"Resources": [TABLE]}, True)):
        world = standing(14)
        world.at().tables.append(
            {"TableName": "orders", "TableArn": TABLE, "TableStatus": "ACTIVE", "CreationDateTime": START}
        )
        world.plan([rule(14, RuleId="rule-2")], "plan-2")
        world.selection("plan-2", **selection)
        found = audit(world, tmp_path, faults=[denied("GetResources")])
        row = row_of(found, TABLE)
        assert (row["tags"], row["protected"]) == (None, protected)
        assert (row["protected_by"] is None, row["slots_expected"]) == (
            protected is None,
            None if protected is None else 30,
        )
        assert {gap["operation"] for gap in found.gaps} == {"GetResources"}


def test_what_needs_no_backup_and_what_nobody_protects_are_rows_too(tmp_path: Path) -> None:
    """A population is complete: exempt, unprotected and deleted resources are in it."""
    world = standing(14)
    exempt = world.volume("vol-exempt", Tags=[{"Key": "backup-tier", "Value": "exempt"}])
    bare = world.volume("vol-bare")
    gone = f"arn:aws:ec2:{HOME}:{ACCOUNT}:volume/vol-gone"
    world.night(START + DAY, 14, gone)
    found = audit(world, tmp_path, tiers=TIERS)

    rows = {row["arn"]: row for row in read(found, "resources.parquet")}
    assert rows.keys() == {VOLUME, exempt, bare, gone}
    told = {arn: (row["needs_backup"], row["protected"], row["deleted"]) for arn, row in rows.items()}
    assert told[exempt] == (False, False, False)
    assert told[bare] == (True, False, False)
    assert told[gone][2] is True
    assert rows[exempt]["tier_reason"] == "tag backup-tier=exempt"
    assert (rows[bare]["protected_by"], rows[bare]["slots_expected"]) == ("", 0)
    assert rows[bare]["attainment_percent"] is None


def test_the_document_counts_and_names_them(tmp_path: Path) -> None:
    """Rows, states and digests in document.json are those of the files."""
    found = audit(troubled(), tmp_path)
    resources, slots = found.document["populations"]

    for entry in (resources, slots):
        data = (found.run / entry["file"]).read_bytes()
        assert entry["sha256"] == sha256(data).hexdigest()
        assert entry["rows"] == len(read(found, entry["file"]))
    assert slots["states"] == {"MET": 27, "LATE": 1, "MISSED": 1, "FAILED": 1, "ABSORBED": 0, "PENDING": 0}
    assert sum(slots["states"].values()) == slots["rows"]


def test_both_are_lists_for_a_spreadsheet_too(tmp_path: Path) -> None:
    """resources.csv and slots.csv have the columns and rows of the tables, each cell as text."""
    found = audit(troubled(), tmp_path, formats=["json", "csv"])
    (resource,) = csv.DictReader((found.run / "resources.csv").read_text("utf-8-sig").splitlines())
    slots = list(csv.DictReader((found.run / "slots.csv").read_text("utf-8-sig").splitlines()))

    assert list(resource) == pq.read_schema(found.run / "resources.parquet").names
    told = [resource[name] for name in ("arn", "needs_backup", "slots_late", "newest_copy", "tags")]
    assert told == [VOLUME, "true", "1", "", "{}"]
    assert float(resource["attainment_percent"]) == 90.0
    assert list(slots[0]) == pq.read_schema(found.run / "slots.parquet").names
    assert [slot["due"] for slot in slots] == [f"{night:%Y-%m-%dT%H:%M:%SZ}" for night in nights()]
    assert [slot["state"] for slot in slots].count("MET") == 27


def keys(drawn: Sample) -> list[str]:
    """The keys of the members, in their order."""
    return [member.key for member in drawn.members]


def test_a_sample_is_drawn_again_without_this_program(tmp_path: Path) -> None:
    """The members are those with the smallest SHA-256 of SEED/KEY, whatever the order of the rows."""
    found = audit(troubled(), tmp_path)
    every = [f"{ACCOUNT}/{HOME}/{VOLUME}/{PLAN}/nightly/{night:%Y-%m-%dT%H:%M:%SZ}" for night in nights()]

    def by_hand(seed: str, size: int) -> list[str]:
        return sorted(every, key=lambda key: sha256(f"{seed}/{key}".encode()).hexdigest())[:size]

    drawn = sample(found.run, "slots", seed="2026", size=5, where={})
    assert (keys(drawn), drawn.matching, drawn.rows) == (by_hand("2026", 5), 30, 30)
    assert keys(sample(found.run, "slots", seed="2026", size=5, where={})) == keys(drawn)
    assert keys(sample(found.run, "slots", seed="7", size=5, where={})) == by_hand("7", 5) != keys(drawn)
    assert sorted(keys(sample(found.run, "slots", seed="7", size=99, where={}))) == sorted(every)


def test_a_sample_of_some_rows_says_how_each_is_tested(tmp_path: Path) -> None:
    """Only the failed one is drawn; its evidence has the manifest's digests, and AWS can be asked."""
    found = audit(troubled(), tmp_path)
    drawn = sample(found.run, "slots", seed="1", size=5, where={"state": "FAILED"})
    (member,) = drawn.members

    assert (drawn.matching, member.row["job_state"]) == (1, "FAILED")
    for name, digest in member.evidence:
        assert sha256((found.run / name).read_bytes()).hexdigest() == digest
    assert [Path(name).stem for name, _ in member.evidence] == [
        "backup_plans", "backup_selections", "backup_jobs", "recovery_points",
    ]  # fmt: skip
    assert member.commands[0] == (
        f"aws backup describe-backup-job --backup-job-id {member.row['job_id']} --region {HOME}"
    )
    (missed,) = sample(found.run, "slots", seed="1", size=5, where={"state": "MISSED"}).members
    assert missed.commands[0].startswith(f"aws backup list-backup-jobs --by-resource-arn {VOLUME} ")


def test_no_sample_of_a_population_that_was_changed(tmp_path: Path) -> None:
    """Somebody took a row away: the digest in the document gives it away."""
    found = audit(troubled(), tmp_path)
    path = found.run / "slots.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)

    with pytest.raises(UsageError, match=r"slots\.parquet is not the one that document\.json names"):
        sample(found.run, "slots", seed="1", size=5, where={})
    assert len(sample(found.run, "resources", seed="1", size=5, where={}).members) == 1
    with pytest.raises(UsageError, match="has no column 'colour'; it has account_id"):
        sample(found.run, "resources", seed="1", size=5, where={"colour": "red"})


def test_a_finding_leads_to_its_evidence_without_this_program(tmp_path: Path) -> None:
    """Id, row, job, file, digest, manifest: each step of docs/populations.md is true."""
    found = audit(troubled(), tmp_path, formats=["json", "csv"])
    manifest = json.loads((found.run / "manifest.json").read_bytes())
    digest = sha256((found.run / "manifest.json").read_bytes()).hexdigest()
    assert found.document["run"]["evidence_sha256"] == digest

    rows = list(csv.DictReader((found.run / "findings.csv").read_text("utf-8-sig").splitlines()))
    assert rows
    jobs = set()
    for row in rows:
        key = "\0".join(row[name] for name in ("control_id", "arn", "account_id", "region"))
        assert row["finding_id"] == f"finding-{sha256(key.encode()).hexdigest()[:12]}"
        evidence = json.loads(row["evidence"])
        jobs |= {slot["job_id"] for slot in evidence["slots"]["failures"] if "job_id" in slot}
    name = f"evidence/{ACCOUNT}/{HOME}/backup_jobs.parquet"
    assert jobs
    assert jobs <= set(pq.read_table(found.run / name)["job_id"].to_pylist())
    assert manifest["files"][name]["sha256"] == sha256((found.run / name).read_bytes()).hexdigest()
