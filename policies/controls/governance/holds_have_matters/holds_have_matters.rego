# METADATA
# title: Every legal hold belongs to an open matter
# description: |
#   A legal hold has no end: what is under it stays, and is paid for, until somebody cancels it. So each hold that is
#   not cancelled is one that an open matter of the register of legal holds (the setting `holds`) demands in that
#   account and Region. One that nobody knows of, or whose matter is over, keeps data that should be gone.
# scope: package
# schemas:
#   - input: schema.account
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/legalhold.html
#     description: Legal holds and AWS Backup
# custom:
#   id: BKP-GOV-014
#   severity: medium
#   subject: account
#   moments: [audit]
#   reads: [account.legal_holds, account.unnamed_holds, account.overdue_holds]
#   reasons:
#     no_matter: "no matter of the register names these legal holds: {holds}"
#     matter_over: "the matters of these legal holds are over: {holds}"
#   remediation: |
#     Ask who answers for the hold. Where it is needed, write its matter into the register, with its accounts and
#     Regions; where it is not, cancel it (CancelLegalHold): what reached its end meanwhile is deleted then.
#   causes:
#     no_matter:
#       problem: have legal holds that no matter names
#       named_by: account.unnamed_holds
#       remediation: |
#         Write their matters into the register, or cancel them: `aws backup cancel-legal-hold --legal-hold-id …
#         --cancel-description …`.
#     matter_over:
#       problem: have legal holds whose matters are over
#       named_by: account.overdue_holds
#       remediation: |
#         Cancel them: `aws backup cancel-legal-hold --legal-hold-id … --cancel-description …`; where a matter goes
#         on, write a later `until` into the register.
package controls.governance.holds_have_matters

applicable if input.account.legal_holds > 0

compliant if {
	applicable
	count(input.account.unnamed_holds) == 0
	count(input.account.overdue_holds) == 0
}

non_compliant contains {"code": "no_matter", "evidence": evidence} if {
	applicable
	count(input.account.unnamed_holds) > 0
	evidence := {"holds": concat(", ", input.account.unnamed_holds)}
}

non_compliant contains {"code": "matter_over", "evidence": evidence} if {
	applicable
	count(input.account.overdue_holds) > 0
	evidence := {"holds": concat(", ", input.account.overdue_holds)}
}
