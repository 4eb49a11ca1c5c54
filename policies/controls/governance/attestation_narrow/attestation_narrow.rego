# METADATA
# title: No attestation vouches for more than a person can have seen
# description: |
#   A person attests something in particular. An attestation that is told of more verdicts than the parameter
#   `attestation_max_verdicts` (50), or of more than `attestation_max_percent` (50) of the subjects that its control was
#   asked about, answers for the control itself. One that is told of a single verdict is never too broad.
# scope: package
# schemas:
#   - input: schema.attestation
#   - data.parameters: schema.parameters
# custom:
#   id: BKP-GOV-017
#   severity: medium
#   subject: attestation
#   moments: [audit]
#   reads: [attestation.in_force, attestation.verdicts, attestation.judged]
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
#     too_many: "it is told of {verdicts} verdicts; of {limit} at most a person can have seen all"
#     too_large_a_share: >-
#       it is told of {verdicts} of the {judged} subjects that its control was asked about; {limit} % at most are
#       attested
#   remediation: |
#     Name what was seen: single ARNs, a tag that only they have, one account. If a person really saw so much, raise the
#     parameter.
#   causes:
#     too_many:
#       problem: are told of too many verdicts
#       named_by: attestation.control_id
#       remediation: |
#         Name in the file that the setting `attestations` names what was seen, by `subject` or a `tag` that only it
#         has, or raise `attestation_max_verdicts` in `parameters.yaml`.
#     too_large_a_share:
#       problem: are told of most of what a control was asked about
#       named_by: attestation.control_id
#       remediation: |
#         Name in the file that the setting `attestations` names what was seen, by `subject` or a `tag` that only it
#         has, or raise `attestation_max_percent` in `parameters.yaml`.
package controls.governance.attestation_narrow

import data.lib.compare

most := object.get(data.parameters.controls, "attestation_max_verdicts", 50)

percent := object.get(data.parameters.controls, "attestation_max_percent", 50)

applicable if {
	input.attestation.in_force == true
	compare.above(input.attestation.verdicts, 0)
}

compliant if {
	applicable
	is_number(input.attestation.judged)
	count(non_compliant) == 0
}

non_compliant contains {"code": "too_many", "evidence": evidence} if {
	applicable
	input.attestation.verdicts > most
	evidence := {"verdicts": input.attestation.verdicts, "limit": most}
}

non_compliant contains {"code": "too_large_a_share", "evidence": evidence} if {
	applicable
	input.attestation.verdicts > 1
	is_number(input.attestation.judged)
	input.attestation.verdicts * 100 > input.attestation.judged * percent
	evidence := {"verdicts": input.attestation.verdicts, "judged": input.attestation.judged, "limit": percent}
}
