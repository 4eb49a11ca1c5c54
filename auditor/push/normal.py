"""Give documents that mean the same to AWS Backup the same form: defaults filled in, additions taken out.

Sources: API reference, BackupRule, Lifecycle, BackupSelection; aws-backup.md 4.1-4.3, 4.6.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from auditor.model.plans import (
    DEFAULT_COMPLETION_WINDOW_MINUTES,
    DEFAULT_SCHEDULE,
    DEFAULT_START_WINDOW_MINUTES,
)

Document = dict[str, Any]

_TIME_ZONES: Final = {"UTC": "Etc/UTC", "": "Etc/UTC"}


def plan_document(document: Mapping[str, Any]) -> Document:
    """Normalise a `BackupPlan`; its rules are ordered by name, as AWS gives their order no meaning."""
    normal = _filled(
        {**document, "Rules": sorted(map(_rule, document["Rules"]), key=lambda rule: rule["RuleName"])}
    )
    settings = normal.get("AdvancedBackupSettings")
    if settings:
        normal["AdvancedBackupSettings"] = sorted(settings, key=_canonical)
    return normal


def selection_document(document: Mapping[str, Any]) -> Document:
    """Normalise a `BackupSelection`; its lists are sets."""
    conditions = document.get("Conditions") or {}
    normal = {
        key: sorted(value, key=_canonical) if isinstance(value, list | tuple) else value
        for key, value in document.items()
    }
    normal["Conditions"] = {
        operator: sorted(entries, key=_canonical) for operator, entries in conditions.items() if entries
    }
    return _filled(normal)


def request_token(*parts: str, document: Mapping[str, Any]) -> str:
    """Make a CreatorRequestId: a retry of the same request creates nothing twice."""
    return hashlib.sha256("\n".join([*parts, _canonical(document)]).encode()).hexdigest()[:32]


def _rule(rule: Mapping[str, Any]) -> Document:
    """Normalise a `BackupRule` or `BackupRuleInput`."""
    lifecycle = _lifecycle(rule.get("Lifecycle"))
    zone = rule.get("ScheduleExpressionTimezone") or ""
    return _filled(
        {
            **{key: value for key, value in rule.items() if key != "RuleId"},
            "ScheduleExpression": rule.get("ScheduleExpression") or DEFAULT_SCHEDULE,
            "ScheduleExpressionTimezone": _TIME_ZONES.get(zone, zone),
            "StartWindowMinutes": rule.get("StartWindowMinutes") or DEFAULT_START_WINDOW_MINUTES,
            "CompletionWindowMinutes": rule.get("CompletionWindowMinutes")
            or DEFAULT_COMPLETION_WINDOW_MINUTES,
            "Lifecycle": lifecycle,
            "CopyActions": sorted(
                (
                    {
                        **copy,
                        "Lifecycle": _lifecycle(copy["Lifecycle"]) if copy.get("Lifecycle") else lifecycle,
                    }
                    for copy in rule.get("CopyActions") or ()
                ),
                key=_canonical,
            ),
        }
    )


def _lifecycle(lifecycle: Mapping[str, Any] | None) -> Document:
    """Leave out what means never or off: absent, -1 or False."""
    return {key: value for key, value in (lifecycle or {}).items() if value not in (None, -1, False)}


def _filled(document: Mapping[str, Any]) -> Document:
    """Leave out members that say nothing: absent, False or empty."""
    return {key: value for key, value in document.items() if value not in (None, False, [], (), {}, "")}


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
