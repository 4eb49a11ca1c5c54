# METADATA
# title: No waiver has expired
# description: |
#   A waiver covers nothing after its last day: what it covered counts as a finding again. One that stays in the file
#   says that nobody decided whether the deviation is mended or accepted for longer.
# scope: package
# schemas:
#   - input: schema.waiver
# custom:
#   id: BKP-GOV-007
#   severity: medium
#   subject: waiver
#   moments: [audit]
#   reads: [waiver.in_force]
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
#     expired: "its last day is over, and it is still in the file of waivers"
#   remediation: |
#     Mend the deviation and remove the entry, or have it accepted again: a new `expires`, by a person who may accept
#     it.
#   causes:
#     expired:
#       problem: have expired
#       named_by: waiver.control_id
#       remediation: |
#         Remove the entries from the file that the setting `waivers` names, or have each accepted again with a new
#         `expires`.
package controls.governance.waiver_in_force

applicable if is_boolean(input.waiver.in_force)

compliant if input.waiver.in_force == true

non_compliant contains {"code": "expired", "evidence": {}} if input.waiver.in_force == false
