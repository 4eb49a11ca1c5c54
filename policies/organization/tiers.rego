package organization

# METADATA
# title: The assignment as this account sees it, in order, closed by the default tier
# description: |
#   An entry for other organizational units cannot match here and is left out; one without tags takes every resource.
assignment := array.concat(
	[{"tier": entry.tier, "tags": object.get(entry, "tags", {})} |
		some entry in data.tiers.assignment
		in_scope(entry)
	],
	[{"tier": data.tiers["default"], "tags": {}}],
)

in_scope(entry) if count(object.get(entry, "organizational_units", [])) == 0

in_scope(entry) if {
	some unit in entry.organizational_units
	unit in input.account.ou_path
}

# METADATA
# title: Positions in `assignment` that some resource can reach and whose tier demands backups
protecting := [position |
	some position, entry in assignment
	data.tiers.tiers[entry.tier].required
	not shadowed(position)
]

# An earlier entry takes every resource that this one would match.
shadowed(position) if {
	some earlier in array.slice(assignment, 0, position)
	every key, value in earlier.tags {
		assignment[position].tags[key] == value
	}
}

# METADATA
# title: Tiers that a resource of this account can have and that demand backups
applied contains tier if {
	some position in protecting
	tier := assignment[position].tier
}

problems contains sprintf("Tier %q is assigned but not declared under `tiers`.", [entry.tier]) if {
	some entry in assignment
	not data.tiers.tiers[entry.tier]
}
