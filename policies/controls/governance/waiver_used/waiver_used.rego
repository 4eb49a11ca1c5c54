# METADATA
# title: Every waiver in force covers a finding
# description: |
#   A waiver of something that is mended, or gone, hides the next deviation of the same subject. Judged are waivers
#   whose control was asked and for which every account and Region was read in which they can cover something. One that
#   an earlier one of the file always precedes covers nothing too.
# scope: package
# schemas:
#   - input: schema.waiver
# custom:
#   id: BKP-GOV-008
#   severity: low
#   subject: waiver
#   moments: [audit]
#   reads: [waiver.in_force, waiver.looked_at, waiver.used]
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
#     unused: "it is in force and covers no finding of this run"
#   remediation: |
#     Remove the entry. If it is meant for something that this run found compliant, it is not needed any more; if it is
#     misspelt, the finding that it was to cover is in this report.
#   causes:
#     unused:
#       problem: cover no finding
#       named_by: waiver.control_id
#       remediation: |
#         Remove the entries from the file that the setting `waivers` names, or correct what they cover: `subject`,
#         `tag`, `account` or `organizational_unit`.
package controls.governance.waiver_used

applicable if {
	input.waiver.in_force == true
	input.waiver.looked_at == true
	is_boolean(input.waiver.used)
}

compliant if {
	applicable
	input.waiver.used == true
}

non_compliant contains {"code": "unused", "evidence": {}} if {
	applicable
	input.waiver.used == false
}
