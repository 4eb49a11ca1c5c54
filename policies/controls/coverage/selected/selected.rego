# METADATA
# title: A backup plan really selects every resource whose tier asks for backups
# description: |
#   The selection's formula is applied as AWS Backup applies it: the union of ARNs and tags, every condition, without
#   NotResources, and only for resource types that the Region has opted in. A resource that merely looks selected
#   (a tag that differs by case, a condition that excludes it) is not. What its own service protects it with counts
#   where the tier accepts that kind for coverage (what-protects-what.md).
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html
#     description: Assigning resources to a backup plan
# custom:
#   id: BKP-COV-001
#   severity: high
#   subject: resource
#   moments: [check, audit]
#   reads: [tier, protection.selected, protection.native_on]
#   cites: [resource.type, protection.plans, protection.explanation, protection.cause, protection.native_told]
#   reasons:
#     not_selected: "no rule of any backup plan protects it; tier {tier} demands backups"
#     only_native: >-
#       no rule of any backup plan protects it; tier {tier} does not accept {native} as coverage
#   remediation: |
#     Give the resource the tag that its tier's selection asks for, key and value in the same case, or opt its type in
#     in that Region. `auditor explain ARN` says for each selection why it does not select.
#   causes:
#     not_selected:
#       problem: have no backup plan
#       named_by: protection.cause
#       remediation: |
#         Give the resource the tag that its tier's selection asks for, key and value in the same case: `aws
#         resourcegroupstaggingapi tag-resources --resource-arn-list … --tags …`. Where a selection excludes it, take
#         it out of `NotResources` (Terraform: `not_resources` of `aws_backup_selection`). Where its type is not opted
#         in: `aws backup update-region-settings --resource-type-opt-in-preference …=true`. `auditor explain ARN` says
#         for each selection why it does not select.
#     only_native:
#       problem: have no backup plan, only what their own service makes
#       named_by: protection.cause
#       remediation: |
#         Give the resource the tag that its tier's selection asks for, key and value in the same case: `aws
#         resourcegroupstaggingapi tag-resources --resource-arn-list … --tags …`. Where what its own service makes is
#         enough, say so in the tiers file: `native: {coverage: […]}` of its tier.
package controls.coverage.selected

applicable if input.tier.required

compliant if input.protection.selected == true

compliant if accepted

non_compliant contains {"code": "not_selected", "evidence": evidence} if {
	input.protection.selected == false
	count(on) == 0
	evidence := {"tier": input.tier.name}
}

non_compliant contains {"code": "only_native", "evidence": evidence} if {
	input.protection.selected == false
	count(on) > 0
	not accepted
	evidence := {"tier": input.tier.name, "native": concat(" and ", on)}
}

accepted if {
	some one in input.protection.native_on
	one.kind in input.tier.native.coverage
}

on := [one.said | some one in input.protection.native_on]
