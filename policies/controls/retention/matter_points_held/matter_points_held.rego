# METADATA
# title: Every recovery point that an open matter demands is under its legal hold
# description: |
#   The register of legal holds (the setting `holds`) says what each open matter demands: the recovery points of some
#   accounts, Regions and vaults, of some resources and days. Judged is each of them: whether an active hold of the
#   matter has it. A hold takes in only what was there when it was made; never a continuous recovery point, which the
#   lifecycle goes on shortening; and a copy does not carry the hold of its source, but has to be under one of its own.
# scope: package
# schemas:
#   - input: schema.recovery_point
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/legalhold.html
#     description: Legal holds and AWS Backup
# custom:
#   id: BKP-RET-009
#   severity: high
#   subject: recovery_point
#   moments: [audit]
#   reads:
#     - recovery_point.matters
#     - recovery_point.unheld_matters
#     - recovery_point.continuous
#     - recovery_point.is_copy
#   cites:
#     - recovery_point.status
#     - recovery_point.created_at
#     - recovery_point.delete_at
#     - recovery_point.resource_arn
#     - recovery_point.vault_arn
#   reasons:
#     not_held: "no active legal hold of {matters} has it"
#     copy_not_held: "it is a copy, and no active legal hold of {matters} has it"
#     cannot_be_held: "it is continuous, which no legal hold takes in, and {matters} demands it"
#   remediation: |
#     Make another hold of the matter's title that takes it in (CreateLegalHold), before it expires. Of what is backed
#     up continuously, make a snapshot (StartBackupJob), and take that in.
#   causes:
#     not_held:
#       problem: are demanded by an open matter and under none of its legal holds
#       named_by: recovery_point.vault_arn
#       remediation: |
#         Make a hold that takes them in: `aws backup create-legal-hold --title … --description …
#         --recovery-point-selection …`.
#     copy_not_held:
#       problem: are copies that an open matter demands and that are under none of its legal holds
#       named_by: recovery_point.vault_arn
#       remediation: |
#         Make a hold in their account and Region that takes them in: `aws backup create-legal-hold`. Where the matter
#         does not need them, name in the register the `vaults` that it means.
#     cannot_be_held:
#       problem: are continuous ones that an open matter demands and no legal hold can have
#       named_by: recovery_point.resource_arn
#       remediation: |
#         Make a snapshot, `aws backup start-backup-job`, and a hold that takes it in: `aws backup create-legal-hold`.
package controls.retention.matter_points_held

applicable if count(input.recovery_point.matters) > 0

compliant if {
	applicable
	count(input.recovery_point.unheld_matters) == 0
}

missing if {
	applicable
	count(input.recovery_point.unheld_matters) > 0
}

evidence := {"matters": concat(", ", input.recovery_point.unheld_matters)}

non_compliant contains {"code": "cannot_be_held", "evidence": evidence} if {
	missing
	input.recovery_point.continuous == true
}

non_compliant contains {"code": "copy_not_held", "evidence": evidence} if {
	missing
	input.recovery_point.continuous == false
	input.recovery_point.is_copy == true
}

non_compliant contains {"code": "not_held", "evidence": evidence} if {
	missing
	input.recovery_point.continuous == false
	input.recovery_point.is_copy == false
}
