"""organization.yaml: read whole, or refused with the place that is wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.model.errors import UsageError
from auditor.sandbox.durations import duration
from auditor.sandbox.organization import Event, Role, SampleAccount, SampleOrganization, SampleResource
from auditor.sandbox.planted import Faults, Infected, LostCopy, Throttled

MINIMAL: dict[str, Any] = {
    "start": "2026-01-05T00:00:00Z",
    "regions": {"aws-cn": {"primary": "cn-north-1", "secondary": "cn-northwest-1"}},
    "key_alias": "alias/backup",
    "store_tags": {"backup-tier": "exempt"},
    "roles": [{"name": "service-role/Backup", "trusts": "backup"}],
    "accounts": [
        {"name": "one", "ou": ["Production"], "resources": [{"type": "EBS", "name": "disk", "count": 2}]}
    ],
}
THROTTLED = {"account": "one", "region": "secondary", "service": "backup", "role": "Reader"}
INFECTED = {"account": "one", "region": "primary", "resource": "disk-2", "from": "P3D"}
LOST = {"account": "one", "region": "primary", "resource": "disk-1", "message": "gone"}


def write(folder: Path, **changes: Any) -> Path:
    """Write a small organization.yaml with some keys changed."""
    (folder / "organization.yaml").write_text(yaml.safe_dump(MINIMAL | changes), encoding="utf-8")
    return folder


def test_every_part_of_the_file_becomes_a_value(tmp_path: Path) -> None:
    """Counts, defaults, durations and places are resolved."""
    event = {
        "at": "P1DT2H3M",
        "why": "somebody changed it",
        "account": "one",
        "region": "secondary",
        "call": "backup:UpdateRegionSettings",
        "arguments": {"ResourceTypeOptInPreference": {"EBS": False}},
    }
    faults = {"throttled": [THROTTLED], "lost_copies": [LOST], "infected": [INFECTED]}
    disks = [
        SampleResource("EBS", name, "primary", {}, encrypted=True, volume_tags={})
        for name in ("disk-1", "disk-2")
    ]

    assert SampleOrganization.load(write(tmp_path, events=[event], faults=faults)) == SampleOrganization(
        start=datetime(2026, 1, 5, tzinfo=UTC),
        regions={"aws-cn": ("cn-north-1", "cn-northwest-1")},
        key_alias="alias/backup",
        store_tags={"backup-tier": "exempt"},
        roles=(Role("/service-role/", "Backup", "backup"),),
        management=SampleAccount("master", (), frozenset(), ()),
        accounts=(SampleAccount("one", ("Production",), frozenset(), tuple(disks)),),
        events=(
            Event(
                timedelta(days=1, hours=2, minutes=3),
                "somebody changed it",
                "one",
                "secondary",
                "backup",
                "UpdateRegionSettings",
                {"ResourceTypeOptInPreference": {"EBS": False}},
            ),
        ),
        faults=Faults(
            throttled=(Throttled("one", "secondary", "backup", "Reader"),),
            lost_copies=(LostCopy("one", "primary", "disk-1", "gone"),),
            infected=(Infected("one", "primary", "disk-2", timedelta(days=3)),),
        ),
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "red"}, "yaml:9: unknown key 'colour'; the keys are"),
        ({"accounts": [{"name": "one", "ou": ["A"], "size": 3}]}, "yaml:5: unknown key 'size'; the keys are"),
        ({"accounts": [{"name": "one", "ou": []}]}, "yaml:3: 'ou' is wrong: [] "),
        ({"key_alias": "backup"}, "yaml:9: 'key_alias' is wrong: 'backup'; it should be: Alias"),
        (
            {"faults": {"throttled": [THROTTLED | {"account": "two"}]}},
            "yaml:11: there is no account 'two'; write one of master, one.",
        ),
        (
            {"faults": {"lost_copies": [LOST | {"region": "secondary"}]}},
            "yaml:14: there is no resource 'disk-1' in account one in its secondary Region",
        ),
        (
            {"faults": {"infected": [INFECTED | {"resource": "disk-3"}]}},
            "yaml:14: there is no resource 'disk-3' in account one in its primary Region",
        ),
        ({"accounts": MINIMAL["accounts"] * 2}, "yaml:1: two accounts, or"),
        ({"accounts": [{"name": "master", "ou": ["A"]}]}, "yaml:1: two accounts, or"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    """An unknown key, a wrong value or a name of nothing is refused with file and line."""
    with pytest.raises(UsageError) as refused:
        SampleOrganization.load(write(tmp_path, **changes))

    assert said in str(refused.value)
    assert str(tmp_path / "organization.yaml") in str(refused.value)


def test_a_file_that_is_not_there_or_not_yaml_is_one_sentence(tmp_path: Path) -> None:
    """The user learns which file and what to do."""
    with pytest.raises(UsageError, match="no such file or directory; name a file that can be read"):
        SampleOrganization.load(tmp_path)
    (tmp_path / "organization.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(UsageError, match="yaml:2: this is not YAML"):
        SampleOrganization.load(tmp_path)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT30M", timedelta(minutes=30)),
        ("P14D", timedelta(days=14)),
        ("P33DT12H", timedelta(days=33, hours=12)),
        ("PT1H1M", timedelta(hours=1, minutes=1)),
    ],
)
def test_durations(text: str, length: timedelta) -> None:
    """Days, hours and minutes of ISO 8601."""
    assert duration(text) == length


@pytest.mark.parametrize("text", ["30M", "P1W", "PT5S", "P1.5D", "", "P1D "])
def test_other_durations_are_refused(text: str) -> None:
    """Weeks, seconds and fractions are not read as something else."""
    with pytest.raises(UsageError, match="is not a duration"):
        duration(text)


def test_an_event_may_be_of_some_partitions_only_and_happen_several_times(tmp_path: Path) -> None:
    """Without either it happens everywhere, once."""
    row = {
        "at": "PT1M",
        "why": "a",
        "account": "one",
        "region": "primary",
        "call": "ec2:DeleteVolume",
        "arguments": {},
    }
    rows = [row, row | {"why": "b", "partitions": ["aws", "aws-us-gov"], "count": 14}]
    sample = SampleOrganization.load(write(tmp_path, events=rows))

    told = {name: [one.why for one in sample.events_in(name)] for name in ("aws", "aws-cn", "aws-us-gov")}
    assert told == {"aws": ["a", "b"], "aws-cn": ["a"], "aws-us-gov": ["a", "b"]}
    assert [one.count for one in sample.events] == [1, 14]
