# METADATA
# title: No key's policy lets anybody but guardians take the key away
# description: |
#   Who can schedule a key for deletion, disable it, delete its material or change its policy can make every backup
#   under it worthless, whatever lock the vault has. Judged is the policy of each customer managed key of vaults and
#   recovery points: whom of the key's account it names itself, or everybody. Another account may do none of this, as
#   KMS refuses it whatever the policy says. What the policy leaves to the root of its account, the policies of IAM
#   there give: BKP-GOV-012 judges those. Whom a service or resource control policy on the path of the account denies
#   it, is not named. The parameter `destroyers` names the guardians who may. Where a condition or a denial may take it
#   back, or the control policies were not read, nothing is said.
# scope: package
# schemas:
#   - input: schema.key
# related_resources:
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
#     description: Key policies in AWS KMS
# custom:
#   id: BKP-ENC-003
#   severity: high
#   subject: key
#   moments: [audit]
#   reads: [key.custodians]
#   cites: [key.vaults, key.recovery_points]
#   reasons:
#     not_guardian: "its policy lets these take it away, who are no guardians: {principals}"
#   remediation: |
#     Take these actions from the statement of the key's policy that names them (PutKeyPolicy): who uses a key needs
#     none of them. Who is meant to have them is a guardian: name it in the parameter `destroyers`.
#   causes:
#     not_guardian:
#       problem: have a policy that lets others than guardians take them away
#       named_by: key.vaults
#       remediation: |
#         `aws kms put-key-policy --policy-name default`; Terraform: `policy` of `aws_kms_key`, or `aws_kms_key_policy`;
#         CloudFormation: `KeyPolicy`.
package controls.encryption.key_in_custody

applicable if input.key.custodians

compliant if count(input.key.custodians) == 0

non_compliant contains {"code": "not_guardian", "evidence": evidence} if {
	count(input.key.custodians) > 0
	evidence := {"principals": concat(", ", input.key.custodians)}
}
