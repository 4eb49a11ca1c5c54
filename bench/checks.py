"""Checks of Terraform plans: a whole process on 1,000 and on 10,000 resources."""

import json
from pathlib import Path
from typing import Any

from bench.figures import Figure
from bench.measure import Cost, command, measure

#: The exit code where there are findings, as there are: every tenth tag is in another case.
_FINDINGS = 3
_TIERS = {"gold": ("cron(0 0/6 ? * * *)", 35), "silver": ("cron(0 5 ? * * *)", 14)}


def checks(folder: Path, *, quick: bool) -> list[Figure]:
    """Wall time and memory of `auditor check`, and how the time grows with the resources."""
    section, sizes = "check", (100, 1_000) if quick else (1_000, 10_000)
    costs = {size: _check(folder, size, repeats=1 if quick else 5) for size in sizes}
    figures = []
    for size, seconds in zip(sizes, (1.0, 5.0), strict=True):
        found = costs[size]
        figures += [
            Figure.of(section, f"{size:,} resources", "s", [one.seconds for one in found], seconds),
            Figure.of(section, f"{size:,}, processor time", "s", [one.cpu_seconds for one in found]),
            Figure.of(section, f"{size:,}, peak memory", "MB", [one.peak_mb for one in found], 200),
        ]
    small, large = (min(one.cpu_seconds for one in costs[size]) for size in sizes)
    each = (large - small) * 1e6 / (sizes[1] - sizes[0])
    return [*figures, Figure(section, "each further resource, processor time", "µs", each)]


def _check(folder: Path, size: int, *, repeats: int) -> list[Cost]:
    plan = folder / f"{size}.json"
    plan.write_text(json.dumps(_plan(size)), encoding="utf-8")
    arguments = command("auditor", "check", str(plan), "--unit", "", "--format", "json")
    return [measure(arguments, folder, codes=(_FINDINGS,)) for _ in range(repeats)]


def _plan(size: int) -> dict[str, Any]:
    """The first plan of `size` volumes, and of a backup plan and a selection for each of two tiers."""
    tiers = [*_TIERS]
    changes = [_volume(number, tiers[number % len(tiers)]) for number in range(size)]
    resources = [_resource("aws_ebs_volume", "v", {})]
    for name, (schedule, days) in _TIERS.items():
        rule = {
            "rule_name": "main",
            "target_vault_name": "main",
            "schedule": schedule,
            "start_window": 60,
            "lifecycle": [{"delete_after": days}],
        }
        tag = {"type": "STRINGEQUALS", "key": "backup-tier", "value": name}
        changes += [
            _change("aws_backup_plan", name, {"name": name, "rule": [rule]}, {"id": True, "arn": True}),
            _change(
                "aws_backup_selection",
                name,
                {"name": name, "selection_tag": [tag]},
                {"plan_id": True, "not_resources": True, "condition": True},
            ),
        ]
        plan = {"references": [f"aws_backup_plan.{name}.id", f"aws_backup_plan.{name}"]}
        resources.append(_resource("aws_backup_plan", name, {}))
        resources.append(_resource("aws_backup_selection", name, {"plan_id": plan}))
    changes.append(_change("aws_backup_vault", "main", {"name": "main"}, {"arn": True}))
    region = {"region": {"constant_value": "eu-west-1"}}
    return {
        "format_version": "1.2",
        "resource_changes": changes,
        "configuration": {
            "provider_config": {"aws": {"name": "aws", "expressions": region}},
            "root_module": {"resources": resources},
        },
    }


def _volume(number: int, tier: str) -> dict[str, Any]:
    tags = {"backup-tier": tier if number % 10 else tier.upper(), "Name": f"volume-{number}"}
    values = {"size": 8, "type": "gp3", "encrypted": True, "tags": tags, "tags_all": tags}
    change = _change("aws_ebs_volume", "v", values, {"id": True, "arn": True, "tags": {}, "tags_all": {}})
    return {**change, "address": f"aws_ebs_volume.v[{number}]", "index": number}


def _change(kind: str, name: str, values: dict[str, Any], unknown: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": f"{kind}.{name}",
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {"actions": ["create"], "before": None, "after": values, "after_unknown": unknown},
    }


def _resource(kind: str, name: str, expressions: dict[str, Any]) -> dict[str, Any]:
    return {
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider_config_key": "aws",
        "expressions": expressions,
    }
