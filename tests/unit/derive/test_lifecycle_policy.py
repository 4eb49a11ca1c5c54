"""What a policy of Data Lifecycle Manager backs up, what it does not, and what is left open."""

from typing import Any

import pytest

from auditor.derive.lifecycle_policy import backs_up

GOLD = {"Key": "tier", "Value": "gold"}
NIGHTLY = [{"Name": "nightly", "CreateRule": {"Interval": 24}, "RetainRule": {"Count": 7}}]
YES, NO, OTHER = {"tier": "gold"}, {"tier": "silver"}, {"name": "x"}


def custom(*kinds: str, **details: Any) -> dict[str, Any]:
    """A policy by tags."""
    known = {"PolicyType": "EBS_SNAPSHOT_MANAGEMENT", "TargetTags": [GOLD], "Schedules": NIGHTLY}
    return {"PolicyDetails": {**known, "ResourceTypes": list(kinds), **details}}


def default(kind: str, **exclusions: Any) -> dict[str, Any]:
    """A default policy."""
    details = {"PolicyLanguage": "SIMPLIFIED", "ResourceType": kind, "Exclusions": exclusions}
    return {"PolicyDetails": details, "DefaultPolicy": True}


IMAGES = {"PolicyType": "IMAGE_MANAGEMENT"}
BOTH = [GOLD, {"Key": "env", "Value": "prod"}]
EXCLUDED = {"ExcludeTags": [GOLD]}


@pytest.mark.parametrize(
    ("policy", "kind", "tags", "carriers", "answer"),
    [
        (custom("VOLUME"), "EBS", YES, (), True),
        (custom("VOLUME"), "EBS", NO, (), False),
        (custom("VOLUME"), "EBS", None, (), None),
        (custom("VOLUME"), "EBS", NO, (YES,), False),
        (custom("VOLUME"), "EC2", YES, (), False),
        (custom("VOLUME", TargetTags=BOTH), "EBS", YES, (), None),
        (custom("VOLUME", TargetTags=BOTH), "EBS", {**YES, "env": "prod"}, (), True),
        (custom("VOLUME", TargetTags=BOTH), "EBS", OTHER, (), False),
        (custom("VOLUME", TargetTags=[]), "EBS", YES, (), False),
        (custom("VOLUME", Schedules=[]), "EBS", YES, (), False),
        (custom("VOLUME", ResourceLocations=["CLOUD"]), "EBS", YES, (), True),
        (custom("VOLUME", ResourceLocations=["OUTPOST"]), "EBS", YES, (), None),
        (custom("INSTANCE"), "EBS", NO, (NO, YES), True),
        (custom("INSTANCE"), "EBS", YES, (), False),
        (custom("INSTANCE"), "EBS", YES, (NO,), False),
        (custom("INSTANCE"), "EBS", YES, (NO, None), None),
        (custom("INSTANCE"), "EC2", YES, (), False),
        (custom("INSTANCE", **IMAGES), "EC2", YES, (), True),
        (custom("INSTANCE", **IMAGES), "EC2", NO, (), False),
        (custom("INSTANCE", Parameters={"ExcludeBootVolume": True}), "EBS", OTHER, (YES,), None),
        (custom("INSTANCE", Parameters={"ExcludeBootVolume": True}), "EBS", OTHER, (NO,), False),
        (custom("INSTANCE", Parameters={"ExcludeDataVolumeTags": [GOLD]}), "EBS", YES, (YES,), False),
        (custom("INSTANCE", Parameters={"ExcludeDataVolumeTags": [GOLD]}), "EBS", NO, (YES,), True),
        (custom("VOLUME", PolicyType="EVENT_BASED_POLICY"), "EBS", YES, (), False),
        (default("VOLUME"), "EBS", OTHER, (), True),
        (default("VOLUME"), "EC2", OTHER, (), False),
        (default("VOLUME", **EXCLUDED), "EBS", YES, (), False),
        (default("VOLUME", **EXCLUDED), "EBS", NO, (), True),
        (default("VOLUME", **EXCLUDED), "EBS", None, (), None),
        (default("VOLUME", ExcludeBootVolumes=True), "EBS", NO, (), None),
        (default("VOLUME", ExcludeVolumeTypes=["gp2"]), "EBS", NO, (), None),
        (default("VOLUME", ExcludeBootVolumes=True, **EXCLUDED), "EBS", YES, (), False),
        (default("INSTANCE"), "EC2", OTHER, (), True),
        (default("INSTANCE", **EXCLUDED), "EC2", YES, (), False),
        (default("INSTANCE"), "EBS", OTHER, (OTHER,), True),
        (default("INSTANCE"), "EBS", OTHER, (), False),
        (default("VOLUMES"), "EBS", OTHER, (OTHER,), None),
        ({"DefaultPolicy": True}, "EC2", OTHER, (), None),
        ({}, "EBS", YES, (), None),
    ],
)
def test_a_policy_backs_up_what_it_targets(
    policy: Any, kind: str, tags: Any, carriers: Any, answer: Any
) -> None:
    """By tags of the volume or of the instance that it is attached to, or all but what is excluded."""
    assert backs_up(policy, kind, tags, carriers) is answer
