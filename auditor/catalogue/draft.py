"""A new control that passes its own tests: a draft to start from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Final

from auditor.catalogue.controls import FAMILIES, TEST
from auditor.catalogue.load import Catalogue
from auditor.model.errors import UsageError

_ID: Final = re.compile(r"BKP-([A-Z]{3})-([0-9]{3})")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_LAST: Final = 999  # an id has three digits
#: Words of Rego, which no part of a package's name may be.
_KEYWORD: Final = re.compile(
    "as|contains|default|else|every|false|if|import|in|not|null|package|some|true|with"
)


@dataclass(frozen=True)
class Draft:
    """A control that does not exist yet: its id, its family's folder, its name, and what its `input` is."""

    id: str
    family: str
    name: str
    subject: str

    @property
    def folder(self) -> str:
        """Its folder below the policies."""
        return f"controls/{self.family}/{self.name}"

    def files(self) -> Mapping[str, str]:
        """The texts of its Rego and of its tests, by path below the policies."""
        words = {
            "id": self.id,
            "subject": self.subject,
            "package": f"controls.{self.family}.{self.name}",
            **_SUBJECTS[self.subject],
        }
        stem = f"{self.folder}/{self.name}"
        return {
            f"{stem}.rego": _CONTROL.substitute(words),
            f"{stem}{TEST}": _TESTS.substitute(words),
        }


def draft(wanted: str, subject: str, catalogue: Catalogue) -> Draft:
    """Draft the control `wanted`, an id or `family/name`, beside those of `catalogue`.

    For an id, the folder gets its name from the id; for `family/name`, the id is the next free one of the
    family.

    Raises:
        UsageError: it is neither, or its id is taken.
    """
    given = _ID.fullmatch(wanted.upper())
    families = {letters: family for family, letters in FAMILIES.items()}
    if given and given[1] in families:
        for control in catalogue.controls:
            if control.id == given[0]:
                raise UsageError(
                    f"the id {control.id} is taken by {control.path}; name the control family/name "
                    "for the next free one."
                )
        return Draft(given[0], families[given[1]], given[0].lower().replace("-", "_"), subject)
    family, _, name = wanted.partition("/")
    if family not in FAMILIES or not _NAME.fullmatch(name) or _KEYWORD.fullmatch(name):
        raise UsageError(
            f"a new control is named by an id, such as BKP-FRQ-101, or by family/name, such as "
            f"frequency/weekly_at_least, and not {wanted!r}; the families are {', '.join(FAMILIES)}."
        )
    return Draft(_next_id(FAMILIES[family], catalogue), family, name, subject)


def _next_id(letters: str, catalogue: Catalogue) -> str:
    start = f"BKP-{letters}-"
    taken = [int(id_.removeprefix(start)) for id_ in catalogue.control_ids if id_.startswith(start)]
    number = max(taken, default=0) + 1
    if number > _LAST:
        raise UsageError(f"{start}{_LAST} is taken; name the control by an id that is free.")
    return f"{start}{number:03}"


_CONTROL: Final = Template("""\
# METADATA
# title: $title
# description: |
#   A draft. Say here what is judged and how, and what is not judged, in a few sentences.
# scope: package
# schemas:
#   - input: schema.$subject
# custom:
#   id: $id
#   severity: medium
#   subject: $subject
#   moments: [audit]
#   reads: [$reads]
#   reasons:
#     $code: "$reason"
#   remediation: |
#     Say here what whoever reads the finding should do.
#   causes:
#     $code:
#       problem: are not as they must be
#       named_by: $named_by
#       remediation: |
#         Say here what mends it, with the call or the line that does it: `aws backup update-backup-plan`.
package $package

$applicable

compliant if $right

non_compliant contains {"code": "$code", "evidence": evidence} if {
	$wrong
	evidence := $evidence
}
""")

_TESTS: Final = Template("""\
package ${package}_test

import data.$package as control

right := $right_input

wrong := $wrong_input

unread := $unread_input

test_what_is_right_passes if {
	control.applicable with input as right
	control.compliant with input as right
	control.non_compliant == set() with input as right
}

test_what_is_wrong_is_a_finding if {
	finding := {"code": "$code", "evidence": $found}
	control.applicable with input as wrong
	not control.compliant with input as wrong
	control.non_compliant == {finding} with input as wrong
}

test_what_was_not_read_is_neither if {
	control.applicable with input as unread
	not control.compliant with input as unread
	control.non_compliant == set() with input as unread
}
$exempt""")

_OF_A_TIER: Final = {
    "named_by": "tier",
    "applicable": "applicable if input.tier.required",
    "evidence": '{"tier": input.tier.name}',
    "found": '{"tier": "gold"}',
}
_EXEMPT: Final = Template("""
test_a_tier_without_backups_is_not_applicable if {
	exempt := {"name": "exempt", "required": false}
	not control.applicable with input as {"tier": exempt, "$group": {"$fact": false}}
}
""")

#: What a draft judges of each subject, and the inputs of its tests, in Rego.
_SUBJECTS: Final[Mapping[str, Mapping[str, str]]] = {
    "resource": {
        **_OF_A_TIER,
        "title": "A backup plan selects every resource whose tier asks for backups",
        "reads": "tier, protection.selected",
        "code": "not_selected",
        "reason": "no rule of any backup plan protects it; tier {tier} demands backups",
        "right": "input.protection.selected == true",
        "wrong": "input.protection.selected == false",
        "right_input": '{"tier": {"name": "gold", "required": true}, "protection": {"selected": true}}',
        "wrong_input": '{"tier": {"name": "gold", "required": true}, "protection": {"selected": false}}',
        "unread_input": '{"tier": {"name": "gold", "required": true}, "protection": {}}',
        "exempt": _EXEMPT.substitute(group="protection", fact="selected"),
    },
    "recovery_point": {
        **_OF_A_TIER,
        "title": "Every recovery point of a tier that asks for backups is encrypted",
        "reads": "tier, recovery_point.encrypted",
        "code": "not_encrypted",
        "reason": "it is not encrypted; tier {tier} demands backups",
        "right": "input.recovery_point.encrypted == true",
        "wrong": "input.recovery_point.encrypted == false",
        "right_input": '{"tier": {"name": "gold", "required": true}, "recovery_point": {"encrypted": true}}',
        "wrong_input": '{"tier": {"name": "gold", "required": true}, "recovery_point": {"encrypted": false}}',
        "unread_input": '{"tier": {"name": "gold", "required": true}, "recovery_point": {}}',
        "exempt": _EXEMPT.substitute(group="recovery_point", fact="encrypted"),
    },
    "plan": {
        "applicable": "applicable := true",
        "title": "Every backup plan has a rule",
        "named_by": "plan.name",
        "reads": "plan.name, plan.rules",
        "code": "no_rules",
        "reason": "the plan {name} has no rule",
        "right": "count(input.plan.rules) > 0",
        "wrong": "input.plan.rules == []",
        "evidence": '{"name": input.plan.name}',
        "found": '{"name": "daily"}',
        "right_input": '{"plan": {"name": "daily", "rules": [{"name": "night"}]}}',
        "wrong_input": '{"plan": {"name": "daily", "rules": []}}',
        "unread_input": '{"plan": {"name": "daily"}}',
        "exempt": "",
    },
    "vault": {
        "applicable": "applicable := true",
        "title": "Every backup vault has a lock in force",
        "named_by": "vault.name",
        "reads": "vault.name, vault.lock.in_force",
        "code": "no_lock_in_force",
        "reason": "no lock of the vault {name} is in force",
        "right": "input.vault.lock.in_force == true",
        "wrong": "input.vault.lock.in_force == false",
        "evidence": '{"name": input.vault.name}',
        "found": '{"name": "backups"}',
        "right_input": '{"vault": {"name": "backups", "lock": {"in_force": true}}}',
        "wrong_input": '{"vault": {"name": "backups", "lock": {"in_force": false}}}',
        "unread_input": '{"vault": {"name": "backups", "lock": {}}}',
        "exempt": "",
    },
}

#: The subjects that can be drafted.
SUBJECTS: Final = tuple(_SUBJECTS)
