"""The module of ours that stands on an OPA server beside the policies: it asks a control about a batch."""

from collections.abc import Collection, Mapping
from typing import Final

from auditor.rego.answers import RULES

#: The package of ours.
HOST: Final = "auditor_host"

#: One batch: `with` in a rule body of its own; a control that does not apply is asked nothing else.
_BATCH: Final = """
answers_{number} := [answer |
	some subject in input.subjects
	answer := asked_{number} with input as subject
]

asked_{number} := {{
	"applicable": true,
	"compliant": compliant_{number},
	"non_compliant": [findings | findings := data.{package}.non_compliant],
}} if {{
	data.{package}.applicable == true
}} else := {{"applicable": false}}

default compliant_{number} := false

compliant_{number} if data.{package}.compliant == true
"""


def host_module(packages: Mapping[str, Collection[str]], digest: str) -> tuple[dict[str, str], str]:
    """For each control of `packages` (the rules of each) the rule that answers a batch, and the module.

    One for all controls: OPA compiles all that it holds after each module. Its rule `loaded` is `digest`.
    """
    controls = [package for package, rules in packages.items() if {*rules}.issuperset(RULES)]
    batches = [_BATCH.format(number=number, package=package) for number, package in enumerate(controls)]
    rules = {package: f"{HOST}.answers_{number}" for number, package in enumerate(controls)}
    return rules, "\n".join([f"package {HOST}", f'\nloaded := "{digest}"', *batches])
