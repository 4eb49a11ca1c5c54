# METADATA
# title: A recovery point that is young enough was scanned for malware and found clean
# description: |
#   What ransomware has reached is in the newest backups too. Judged is the newest usable recovery point in the account
#   and Region of a resource whose latest scans all ended well and found nothing. One that was not scanned, or whose
#   scan failed, is not clean. AWS Backup scans EBS, EC2 and S3; other types are not judged. A resource that is itself
#   younger than the tier allows and has no such recovery point is not judged.
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/malware-protection.html
#     description: Malware protection
# custom:
#   id: BKP-REC-003
#   severity: high
#   subject: resource
#   demanded_by: tier.clean_point
#   moments: [audit]
#   attestable: true
#   reads:
#     - tier
#     - resource.type
#     - resource.age_hours
#     - resource.seen_hours
#     - clean.points
#     - clean.scanned
#     - clean.age_hours
#   cites: [clean.threats]
#   reasons:
#     not_scanned: "none of its {points} usable recovery points was scanned; tier {tier} demands a clean one"
#     none_clean: "{scanned} of its {points} usable recovery points were scanned, and none of them is clean"
#     clean_too_old: >-
#       its newest clean recovery point is {newest_age_hours} h old; tier {tier} allows {max_age_hours}
#   remediation: |
#     Let the backup plan scan what it makes (`ScanActions` of its rules, with a role for the scanner), or scan a
#     recovery point at once (StartScanJob). Where threats were found, go back to the newest clean recovery point.
#   causes:
#     not_scanned:
#       problem: have no recovery point that was scanned for malware
#       named_by: resource.type
#       remediation: |
#         Add `ScanActions` to the rule and `ScanSettings` to the plan: `aws backup update-backup-plan`. For one
#         recovery point at once: `aws backup start-scan-job`.
#     none_clean:
#       problem: have no recovery point that is clean
#       named_by: resource.type
#       remediation: |
#         See which scans failed and which found something: `aws backup list-scan-jobs`. Mend the role of the scanner
#         where they failed; where they found something, keep older recovery points for longer and isolate the resource.
#     clean_too_old:
#       problem: have no clean recovery point that is young enough
#       named_by: resource.type
#       remediation: |
#         Scan each backup: `ScanActions` in the rule that makes it. Where scans find something, look at when that
#         began: `aws backup list-scan-jobs`.
package controls.recovery.clean_point

import data.lib.compare

applicable if {
	input.tier.required
	input.tier.clean_point
	input.resource.type in {"EBS", "EC2", "S3"}
	not too_young
}

compliant if compare.at_most(input.clean.age_hours, input.tier.clean_point.max_age_hours)

non_compliant contains {"code": "not_scanned", "evidence": evidence} if {
	input.clean.scanned == 0
	not has_clean
	old_enough
	evidence := {"points": input.clean.points, "tier": input.tier.name}
}

non_compliant contains {"code": "none_clean", "evidence": evidence} if {
	compare.above(input.clean.scanned, 0)
	not has_clean
	old_enough
	evidence := {"points": input.clean.points, "scanned": input.clean.scanned}
}

non_compliant contains {"code": "clean_too_old", "evidence": evidence} if {
	compare.above(input.clean.age_hours, input.tier.clean_point.max_age_hours)
	evidence := {
		"newest_age_hours": input.clean.age_hours,
		"max_age_hours": input.tier.clean_point.max_age_hours,
		"tier": input.tier.name,
	}
}

has_clean if is_number(input.clean.age_hours)

too_young if {
	not has_clean
	compare.at_most(input.resource.age_hours, input.tier.clean_point.max_age_hours)
}

old_enough if compare.above(input.resource.seen_hours, input.tier.clean_point.max_age_hours)
