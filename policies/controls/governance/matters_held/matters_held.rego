# METADATA
# title: Every open matter has an active legal hold that takes in all that it demands
# description: |
#   What a court or an authority asks for must not expire. The register of legal holds (the setting `holds`) says which
#   matters are open, and in which accounts and Regions each demands a hold, of which vaults, resources and days. Judged
#   is each account: whether the holds are there and active, and what they take in. A hold takes in only what was there
#   when it was made, so days after that are days that it lacks. Whether each recovery point really is held, BKP-RET-009
#   judges.
# scope: package
# schemas:
#   - input: schema.account
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/legalhold.html
#     description: Legal holds and AWS Backup
# custom:
#   id: BKP-GOV-013
#   severity: high
#   subject: account
#   moments: [audit]
#   reads:
#     - account.open_matters
#     - account.unheld_matters
#     - account.cancelled_holds
#     - account.narrow_holds
#   reasons:
#     not_held: "these matters have no active legal hold: {matters}"
#     cancelled: "these holds are cancelled although their matters are open: {matters}"
#     too_narrow: "these holds take in less than their matters demand: {matters}"
#   remediation: |
#     Make the hold that is missing (CreateLegalHold), with the title that the register has; what a hold lacks, another
#     one of the same title can take in. A hold cannot be changed, and one that is cancelled cannot be made active
#     again. Where the matter is over, write its last day into the register (`until`).
#   causes:
#     not_held:
#       problem: have no active legal hold that an open matter demands
#       named_by: account.unheld_matters
#       remediation: |
#         Make it: `aws backup create-legal-hold --title … --description … --recovery-point-selection …`.
#     cancelled:
#       problem: have cancelled a legal hold though its matter is open
#       named_by: account.cancelled_holds
#       remediation: |
#         Make it anew before what it held expires: `aws backup create-legal-hold`. Deny `backup:CancelLegalHold` to all
#         but guardians (BKP-GOV-011).
#     too_narrow:
#       problem: have legal holds that take in less than their matters demand
#       named_by: account.narrow_holds
#       remediation: |
#         Make another hold of the same title that takes in the rest: `aws backup create-legal-hold`.
package controls.governance.matters_held

applicable if input.account.open_matters > 0

compliant if {
	applicable
	count(input.account.unheld_matters) == 0
	count(input.account.cancelled_holds) == 0
	count(input.account.narrow_holds) == 0
}

non_compliant contains {"code": "not_held", "evidence": evidence} if {
	applicable
	count(input.account.unheld_matters) > 0
	evidence := {"matters": concat(", ", input.account.unheld_matters)}
}

non_compliant contains {"code": "cancelled", "evidence": evidence} if {
	applicable
	count(input.account.cancelled_holds) > 0
	evidence := {"matters": concat(", ", input.account.cancelled_holds)}
}

non_compliant contains {"code": "too_narrow", "evidence": evidence} if {
	applicable
	count(input.account.narrow_holds) > 0
	evidence := {"matters": concat(", ", input.account.narrow_holds)}
}
