# METADATA
# title: Every resource has been given a tier
# description: |
#   What nobody has classified is judged by demands that nobody chose for it. Where tiers.yaml has a tier with
#   `unclassified: true`, the one that `default` names, each resource that falls into it is a finding, besides what the
#   tier demands. Where no tier is marked so, nothing is judged: every resource then has a tier on purpose.
# scope: package
# schemas:
#   - input: schema.resource
#   - data.tiers: schema.tiers
# custom:
#   id: BKP-COV-003
#   severity: medium
#   subject: resource
#   moments: [audit]
#   reads: [tier]
#   cites: [resource.type]
#   reasons:
#     no_tier: "no assignment gives it a tier: it falls into {tier}"
#   remediation: |
#     Give the resource the tag of its tier, key and value in the same case, or assign a tier to the account's
#     organizational unit in tiers.yaml.
#   causes:
#     no_tier:
#       problem: have not been given a tier
#       named_by: resource.type
#       remediation: |
#         Tag it: `aws resourcegroupstaggingapi tag-resources --resource-arn-list … --tags …`, or add an entry to
#         `assignment` in tiers.yaml for its account's organizational unit.
package controls.coverage.classified

applicable if {
	input.tier.name
	some tier in data.tiers.tiers
	tier.unclassified == true
}

compliant if {
	applicable
	object.get(input.tier, "unclassified", false) == false
}

non_compliant contains {"code": "no_tier", "evidence": {"tier": input.tier.name}} if {
	applicable
	input.tier.unclassified == true
}
