# METADATA
# title: Every attestation in force is of something unknown
# description: |
#   An attestation of what AWS's data tells, or of something that is gone or misspelt, vouches for nothing. Judged are
#   attestations whose control was asked and for which every account and Region was read in which they can be of
#   something. One that an earlier one of the file always precedes is told of nothing too.
# scope: package
# schemas:
#   - input: schema.attestation
# custom:
#   id: BKP-GOV-016
#   severity: low
#   subject: attestation
#   moments: [audit]
#   reads: [attestation.in_force, attestation.looked_at, attestation.used]
#   cites:
#     - attestation.control_id
#     - attestation.covers
#     - attestation.statement
#     - attestation.attested_by
#     - attestation.attested_on
#     - attestation.evidence
#     - attestation.expires
#   no_framework: It judges the exceptions of an audit, whatever the framework.
#   reasons:
#     unused: "it is in force and is told of no verdict of this run"
#   remediation: |
#     Remove the entry. If it is meant for something that this run could judge, it is not needed any more; if it is
#     misspelt, what it was to vouch for is unknown in this report.
#   causes:
#     unused:
#       problem: are told of no verdict
#       named_by: attestation.control_id
#       remediation: |
#         Remove the entries from the file that the setting `attestations` names, or correct what they are of:
#         `subject`, `tag`, `account` or `organizational_unit`.
package controls.governance.attestation_used

applicable if {
	input.attestation.in_force == true
	input.attestation.looked_at == true
	is_boolean(input.attestation.used)
}

compliant if {
	applicable
	input.attestation.used == true
}

non_compliant contains {"code": "unused", "evidence": {}} if {
	applicable
	input.attestation.used == false
}
