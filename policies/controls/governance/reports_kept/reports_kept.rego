# METADATA
# title: The reports of AWS Backup are delivered, into buckets that keep them
# description: |
#   A report plan of AWS Backup makes a report each day. Judged is each one of an account: whether its newest report is
#   young enough (`max_age_hours` of the parameter `report_plans`), and whether its bucket is there, is versioned and
#   gives what comes into it a retention by Object Lock: else whoever may write there can replace what a report says.
#   AWS Backup delivers into the account's own buckets only, so nothing is said of where the bucket is. An account
#   without a report plan is not judged.
# scope: package
# schemas:
#   - input: schema.account
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/working-with-audit-reports.html
#     description: Working with audit reports
# custom:
#   id: BKP-GOV-022
#   severity: medium
#   subject: account
#   moments: [audit]
#   reads: [account.report_plans, account.late_reports, account.open_report_buckets]
#   no_framework: No framework here asks how the reports of AWS Backup itself are kept.
#   reasons:
#     not_delivered: "these report plans have delivered no report for too long: {reports}"
#     not_kept: "these buckets do not keep the reports that come into them: {buckets}"
#   remediation: |
#     Read the message of the last report job (ListReportJobs); most often the bucket's policy lacks
#     `s3:PutObject` for AWSServiceRoleForBackupReports. Deliver into a bucket with Object Lock and a default retention.
#   causes:
#     not_delivered:
#       problem: have report plans that deliver nothing
#       named_by: account.late_reports
#       remediation: |
#         `aws backup list-report-jobs --by-status FAILED` says why; let the bucket's policy allow
#         `s3:PutObject` to the role `AWSServiceRoleForBackupReports`, then `aws backup start-report-job`.
#     not_kept:
#       problem: have report plans whose buckets keep nothing
#       named_by: account.open_report_buckets
#       remediation: |
#         `aws s3api put-bucket-versioning --versioning-configuration Status=Enabled`, then `aws s3api
#         put-object-lock-configuration` with a `DefaultRetention`; Terraform: `aws_s3_bucket_versioning` and
#         `aws_s3_bucket_object_lock_configuration`.
package controls.governance.reports_kept

applicable if input.account.report_plans > 0

compliant if {
	applicable
	count(input.account.late_reports) == 0
	count(input.account.open_report_buckets) == 0
}

non_compliant contains {"code": "not_delivered", "evidence": evidence} if {
	applicable
	count(input.account.late_reports) > 0
	evidence := {"reports": concat("; ", input.account.late_reports)}
}

non_compliant contains {"code": "not_kept", "evidence": evidence} if {
	applicable
	count(input.account.open_report_buckets) > 0
	evidence := {"buckets": concat("; ", input.account.open_report_buckets)}
}
