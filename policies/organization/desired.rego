# METADATA
# title: The desired backup state of one account in one Region
# description: |
#   `desired` says which vaults, locks, plans, selections and Region settings an account must have, computed from
#   tiers.yaml and the key `organization` of parameters.yaml. `problems` are sentences: with one of them the state
#   cannot be right, and nothing may be pushed from it. Documents are written as the AWS Backup API takes them.
# scope: package
# schemas:
#   - input: schema.desired_state
#   - data.tiers: schema.tiers
#   - data.parameters: schema.parameters
package organization

# METADATA
# title: The state that a push compares with what is there (schemas/desired.json)
# entrypoint: true
desired := {
	"problems": sort(problems),
	"vaults": [vault(tier) | some tier in sort(applied)],
	"plans": [plan(tier) | some tier in sort(planned)],
	"selections": selections,
	"settings": settings,
}

# METADATA
# title: Resource types that must be opted in, and those that AWS Backup must manage fully
# description: |
#   A selection of "*" protects a type only when it is opted in (aws-backup.md 4.6). A DynamoDB table can be copied only
#   under full management, which is a setting of its own (aws-backup.md 1.1 row 21, 1.2).
settings := {
	"opt_in": sort(object.keys(wanted_types)),
	"full_management": sort([type |
		some type in parameters.copy_needs_full_management
		wanted_types[type]
		copied
	]),
}

wanted_types[type] := true if {
	count(applied) > 0
	some type in parameters.resource_types
}

copied if {
	some tier in applied
	data.tiers.tiers[tier].copy
}

parameters := data.parameters.organization

# METADATA
# title: A vault's, plan's or selection's name carries the tier's name and must fit AWS's patterns
# scope: rule
problems contains sprintf(
	"Tier %q: with the prefix %q its name must be 2 to 40 letters, digits, - and _.",
	[tier, parameters.name_prefix],
) if {
	some tier in applied
	not regex.match(`^[A-Za-z0-9_-]{2,40}$`, name_of(tier))
}

problems contains sprintf(
	"Tier %q: a plan keeps recovery points 1 to 36500 days, not %d.",
	[tier, days],
) if {
	some tier in applied
	some days in [data.tiers.tiers[tier].retention_days, copy_days(tier)]
	not within(days, 1, 36500)
}

problems contains sprintf(
	"Tier %q: retention_max_days is below the %d days that its recovery points are kept.",
	[tier, kept],
) if {
	some tier in applied
	kept := max([data.tiers.tiers[tier].retention_days, copy_days(tier)])
	data.tiers.tiers[tier].retention_max_days < kept
}

within(value, low, high) if {
	value >= low
	value <= high
}

name_of(tier) := concat("", [parameters.name_prefix, tier])
