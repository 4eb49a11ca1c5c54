# METADATA
# title: No attestation has expired
# description: |
#   An attestation counts for nothing after its last day: what it was told of is unknown, and nobody vouches for it any
#   more. One that stays in the file says that nobody looked again.
# scope: package
# schemas:
#   - input: schema.attestation
# custom:
#   id: BKP-GOV-015
#   severity: medium
#   subject: attestation
#   moments: [audit]
#   reads: [attestation.expired]
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
#     expired: "its last day is over, and it is still in the file of attestations"
#   remediation: |
#     Do again what was attested, and have it attested by a person who saw it: a new `attested_on`, `evidence` and
#     `expires`. Or remove the entry.
#   causes:
#     expired:
#       problem: have expired
#       named_by: attestation.control_id
#       remediation: |
#         Remove the entries from the file that the setting `attestations` names, or have each attested again with a new
#         `expires`.
package controls.governance.attestation_in_force

applicable if is_boolean(input.attestation.expired)

compliant if input.attestation.expired == false

non_compliant contains {"code": "expired", "evidence": {}} if input.attestation.expired == true
