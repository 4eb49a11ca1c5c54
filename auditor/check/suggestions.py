"""What mends a finding, in the language of the input that declares it, with the values of the finding."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from auditor.catalogue.suggestions import SCHEDULE, TAG_VALUES, filled
from auditor.check.backup_documents import KIND as BACKUP_JSON
from auditor.check.cloudformation.change_set import KIND as CHANGE_SET
from auditor.check.cloudformation.reader import KIND as TEMPLATE
from auditor.check.declared import Place, Source
from auditor.check.lines import document_of
from auditor.check.organizations.documents import KIND as POLICY
from auditor.check.reading import Reading
from auditor.check.result import CheckEntry, Suggestion
from auditor.check.terraform.reader import KIND as TERRAFORM
from auditor.model.plans import Selection
from auditor.model.policy import Control, Tiers
from auditor.model.verdicts import Verdict
from auditor.yaml_files.nodes import NotYaml

_LANGUAGES: Final[Mapping[str, str]] = {
    TERRAFORM: "terraform",
    TEMPLATE: "cloudformation",
    CHANGE_SET: "cloudformation",
    BACKUP_JSON: "api",
    POLICY: "backup_policy",
}
#: What is said of a policy of AWS Organizations, or of what comes of one, in whatever input it is.
_OF_POLICIES: Final = re.compile(r":backup-plan:orgs/")
_WORDS: Final = {"terraform": "hcl", "cloudformation": "yaml", "api": "json", "backup_policy": "json"}
_JSON: Final = (b"{", b"[")
#: Hours of a limit, each with those of the start window that is counted: that of the text, or AWS's own.
_WINDOWS: Final[Mapping[str, int]] = {"rpo_hours": 1, "max_age_hours": 8}
#: Parts of a day, in hours.
_STEPS: Final = (24, 12, 8, 6, 4, 3, 2, 1)
Tag = tuple[str, str]


class Suggestions:
    """What mends the findings of one check."""

    def __init__(
        self,
        controls: Iterable[Control],
        tiers: Tiers,
        readings: Iterable[Reading],
        sources: Iterable[Source],
    ) -> None:
        self._controls = {control.id: control for control in controls if control.suggestions}
        self._tiers = tiers
        read = list(readings)
        self._kinds = {one.file: one.kind for one in read}
        self._resources = {one.arn: one for reading in read for one in reading.resources}
        self._asked: dict[Place, list[Tag]] = {}
        for one in (one for reading in read for one in reading.selections):
            self._asked.setdefault(one.place, []).extend(_asked(one.selection))
        self._json = {one.name for one in sources if one.data.lstrip()[:1] in _JSON}

    def added(self, entries: Sequence[CheckEntry]) -> Iterator[CheckEntry]:
        """The entries, each finding with what mends the first of its reasons for which there is anything."""
        for entry in entries:
            known = entry.verdict is Verdict.NON_COMPLIANT and entry.control_id in self._controls
            yield replace(entry, suggestion=self._of(entry)) if known else entry

    def _of(self, entry: CheckEntry) -> Suggestion | None:
        file = entry.declaration.file
        language = _LANGUAGES.get(self._kinds.get(file, ""), "")
        if _OF_POLICIES.search(entry.arn) or entry.subject_type == "organization_policy":
            language = "backup_policy"
        for reason in entry.reasons:
            template = self._controls[entry.control_id].suggestions.get(reason.code, {}).get(language)
            values = {
                **reason.evidence,
                **dict(zip(TAG_VALUES, self._tag(entry, reason.evidence.get("tier")), strict=False)),
                **_schedule(reason.evidence),
            }
            text = filled(template, partial(_value, values, language)) if template else None
            if text is not None:
                as_json = language == "cloudformation" and file in self._json
                return _as_json(text) if as_json else Suggestion(_WORDS[language], text.rstrip())
        return None

    def _tag(self, entry: CheckEntry, tier: object) -> Tag | tuple[()]:
        """A tag that a selection of the place asks for, or that alone gives the tier where none is there.

        The nearest one first: it differs from a tag of the resource by case only, or it gives the tier. Empty
        where there is none, or the resource has it: then no tag of it mends anything.
        """
        resource = self._resources.get(entry.arn)
        has = dict(resource.known_tags) if resource else {}
        near = {(key.lower(), value.lower()) for key, value in has.items()}
        giving = self._giving(tier)
        asked = self._asked.get(resource.place, []) if resource else []
        found = sorted(
            asked or giving,
            key=lambda tag: ((tag[0].lower(), tag[1].lower()) not in near, tag not in giving),
        )
        return next((tag for tag in found if has.get(tag[0]) != tag[1]), ())

    def _giving(self, tier: object) -> list[Tag]:
        """The tags that give a tier by themselves."""
        return [
            tag
            for entry in self._tiers.assignment
            for tag in entry.tags.items()
            if entry.tier == tier
            and len(entry.tags) == 1
            and not (entry.accounts or entry.organizational_units or entry.resource_types)
        ]


def _asked(selection: Selection) -> list[Tag]:
    """The tags each of which alone lets it select a resource."""
    if selection.fault or selection.conditions or selection.not_resources:
        return []
    return list(selection.list_of_tags)


def _schedule(evidence: Mapping[str, Any]) -> dict[str, str]:
    """A schedule whose longest interval, with the start window, stays within the hours of the evidence."""
    for name, window in _WINDOWS.items():
        limit = evidence.get(name)
        hours = next((one for one in _STEPS if isinstance(limit, int | float) and one + window <= limit), 0)
        if hours:
            step = {24: "1", 1: "*"}.get(hours, f"1/{hours}")
            return {SCHEDULE: f"cron(0 {step} ? * * *)"}
    return {}


def _value(values: Mapping[str, Any], language: str, name: str) -> str | None:
    """A value as it may stand within quotes of a language; None for what is no single value."""
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = f"{value:g}" if isinstance(value, float) else str(value)
    spelled = _json(text)[1:-1]
    return spelled.replace("${", "$${").replace("%{", "%%{") if language == "terraform" else spelled


def _as_json(text: str) -> Suggestion | None:
    """The YAML of a template as JSON."""
    try:
        value = document_of(Source("", text.encode())).value
    except NotYaml:
        return None
    return Suggestion("json", _json(value, indent=2))


def _json(value: Any, indent: int | None = None) -> str:
    """JSON with letters as they are: HCL and YAML do not take one for a pair of escapes."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return "".join(one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text)
