"""A new control that passes its own tests: a draft to start from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Final

from auditor.catalogue.controls import FAMILIES, TEST
from auditor.catalogue.draft_subjects import DRAFTS
from auditor.catalogue.load import Catalogue
from auditor.model.errors import UsageError

_ID: Final = re.compile(r"BKP-([A-Z]{3})-([0-9]{3})")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_LAST: Final = 999  # an id has three digits
#: Ids of policies that add to the shipped ones, which later releases take up to here, begin after it.
SHIPPED: Final = 100
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
            **DRAFTS[self.subject],
        }
        stem = f"{self.folder}/{self.name}"
        return {
            f"{stem}.rego": _CONTROL.substitute(words),
            f"{stem}{TEST}": _TESTS.substitute(words),
        }


def draft(wanted: str, subject: str, catalogue: Catalogue, after: int = 0) -> Draft:
    """Draft the control `wanted`, an id or `family/name`, beside those of `catalogue`.

    For an id, the folder gets its name from the id; for `family/name`, the id is the next free one of the
    family, with a number above `after`.

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
    return Draft(_next_id(FAMILIES[family], catalogue, after), family, name, subject)


def _next_id(letters: str, catalogue: Catalogue, after: int) -> str:
    start = f"BKP-{letters}-"
    taken = [int(id_.removeprefix(start)) for id_ in catalogue.control_ids if id_.startswith(start)]
    number = max([after, *taken]) + 1
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
$more#   moments: [$moments]
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

#: The subjects that can be drafted.
SUBJECTS: Final = tuple(DRAFTS)
