# METADATA
# title: No waiver covers more than an accepted exception may
# description: |
#   An exception is of something in particular. A waiver that covers more findings than the parameter
#   `waiver_max_findings` (50), or more than `waiver_max_percent` (50) of what its control judged, turns the control
#   off. One that covers a single finding is never too broad.
# scope: package
# schemas:
#   - input: schema.waiver
#   - data.parameters: schema.parameters
# custom:
#   id: BKP-GOV-009
#   severity: medium
#   subject: waiver
#   moments: [audit]
#   reads: [waiver.in_force, waiver.findings, waiver.judged]
#   cites:
#     - waiver.control_id
#     - waiver.covers
#     - waiver.reason
#     - waiver.approved_by
#     - waiver.owner
#     - waiver.ticket
#     - waiver.expires
#   no_framework: It judges the exceptions of an audit, whatever the framework.
#   reasons:
#     too_many: "it covers {findings} findings; {limit} at most are an exception"
#     too_large_a_share: >-
#       it covers {findings} of the {judged} subjects that its control judged; {limit} % at most are an exception
#   remediation: |
#     Name what is excepted: single ARNs, a tag that only they have, one account. If so much is accepted on purpose, it
#     is no exception: change the tier, or the parameter.
#   causes:
#     too_many:
#       problem: cover too many findings for an exception
#       named_by: waiver.control_id
#       remediation: |
#         Name in the file that the setting `waivers` names what is excepted, by `subject` or a `tag` that only it has,
#         or raise `waiver_max_findings` in `parameters.yaml`.
#     too_large_a_share:
#       problem: cover most of what a control judged
#       named_by: waiver.control_id
#       remediation: |
#         Name in the file that the setting `waivers` names what is excepted, by `subject` or a `tag` that only it has,
#         or raise `waiver_max_percent` in `parameters.yaml`.
package controls.governance.waiver_narrow

import data.lib.compare

most := object.get(data.parameters.controls, "waiver_max_findings", 50)

percent := object.get(data.parameters.controls, "waiver_max_percent", 50)

applicable if {
	input.waiver.in_force == true
	compare.above(input.waiver.findings, 0)
}

compliant if {
	applicable
	is_number(input.waiver.judged)
	count(non_compliant) == 0
}

non_compliant contains {"code": "too_many", "evidence": evidence} if {
	applicable
	input.waiver.findings > most
	evidence := {"findings": input.waiver.findings, "limit": most}
}

non_compliant contains {"code": "too_large_a_share", "evidence": evidence} if {
	applicable
	input.waiver.findings > 1
	is_number(input.waiver.judged)
	input.waiver.findings * 100 > input.waiver.judged * percent
	evidence := {"findings": input.waiver.findings, "judged": input.waiver.judged, "limit": percent}
}
