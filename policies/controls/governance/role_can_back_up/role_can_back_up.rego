# METADATA
# title: AWS Backup may take on the role of every selection, and its policies cover what it selects
# description: |
#   A selection backs up with a role. AWS Backup does not look at it when the selection is made: the jobs fail later. A
#   role needs a trust policy for backup.amazonaws.com and policies for the types that it selects;
#   AWSBackupServiceRolePolicyForBackup covers all but buckets, which AWSBackupServiceRolePolicyForS3Backup does.
#   Judged are roles that are among the inputs. What is allowed only under conditions, and a policy that no input has,
#   leave it open.
# scope: package
# schemas:
#   - input: schema.role
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/iam-service-roles.html
#     description: IAM service roles
# custom:
#   id: BKP-GOV-003
#   severity: high
#   subject: role
#   moments: [check]
#   reads: [role.trusted, role.lacks]
#   cites: [role.name]
#   no_sample_fault: It is asked of roles before they are made; examples/organization/pull-request shows it.
#   reasons:
#     not_trusted: "backup.amazonaws.com may not take it on, and selections back up with it"
#     not_covered: "its policies do not cover backups of {types}, which selections back up with it"
#   remediation: |
#     Let its trust policy allow sts:AssumeRole to the service backup.amazonaws.com, and attach
#     AWSBackupServiceRolePolicyForBackup, for buckets AWSBackupServiceRolePolicyForS3Backup too.
#   causes:
#     not_trusted:
#       problem: are closed to AWS Backup
#       named_by: role.name
#       remediation: |
#         `{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "backup.amazonaws.com"}}` in the
#         trust policy.
#     not_covered:
#       problem: have no policy for what is backed up with them
#       named_by: role.name
#       remediation: |
#         Attach `arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup`, for buckets
#         `arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup`.
package controls.governance.role_can_back_up

applicable if input.role.lacks

compliant if {
	input.role.trusted
	count(input.role.lacks) == 0
}

non_compliant contains {"code": "not_trusted", "evidence": {}} if input.role.trusted == false

non_compliant contains {"code": "not_covered", "evidence": evidence} if {
	count(input.role.lacks) > 0
	evidence := {"types": concat(", ", input.role.lacks)}
}
