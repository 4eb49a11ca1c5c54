package organization

# METADATA
# title: The resource types that the assignment tells apart in this account, each with the entries that can take it
# description: |
#   `""` is every type that no entry names. Types whose ARNs are alike (RDS, Aurora) are one kind, by the name of the
#   first.
kinds := {""} | {kind |
	some kind, group in groups
	some entry in data.tiers.assignment
	in_scope(entry)
	some type in group.types
	type in entry.resource_types
}

groups := {group.types[0]: group | some group in input.type_groups}

# METADATA
# title: By kind, the assignment as this account sees it, in order, closed by the default tier
# description: |
#   An entry for other organizational units, accounts or types cannot match here and is left out; one without tags takes
#   every resource.
assignment[kind] := array.concat(
	[{"tier": entry.tier, "tags": object.get(entry, "tags", {})} |
		some entry in data.tiers.assignment
		in_scope(entry)
		takes(entry, kind)
	],
	[{"tier": data.tiers["default"], "tags": {}}],
) if {
	some kind in kinds
}

in_scope(entry) if {
	in_units(entry)
	in_accounts(entry)
}

in_units(entry) if count(object.get(entry, "organizational_units", [])) == 0

in_units(entry) if {
	some unit in entry.organizational_units
	unit in input.account.ou_path
}

in_accounts(entry) if not entry.accounts

in_accounts(entry) if input.account.account_id in entry.accounts

takes(entry, _) if not entry.resource_types

takes(entry, kind) if {
	some type in groups[kind].types
	type in entry.resource_types
}

# METADATA
# title: Positions in `assignment` that some resource of the kind can reach and whose tier demands backups
protecting[kind] := [position |
	some position, entry in assignment[kind]
	data.tiers.tiers[entry.tier].required
	not shadowed(kind, position)
] if {
	some kind in kinds
}

# An earlier entry takes every resource that this one would match.
shadowed(kind, position) if {
	some earlier in array.slice(assignment[kind], 0, position)
	every key, value in earlier.tags {
		assignment[kind][position].tags[key] == value
	}
}

# METADATA
# title: Tiers that a resource of this account can have and that demand backups
applied contains tier if {
	some kind in kinds
	some position in protecting[kind]
	tier := assignment[kind][position].tier
}

problems contains sprintf("Tier %q is assigned but not declared under `tiers`.", [entry.tier]) if {
	some kind in kinds
	some entry in assignment[kind]
	not data.tiers.tiers[entry.tier]
}

problems contains sprintf(
	concat(" ", [
		"Entry %d of the assignment names %s without %s:",
		"their ARNs are alike, so that no selection tells them apart; name all of them, or none.",
	]),
	[number + 1, concat(", ", named), concat(", ", others)],
) if {
	some number, entry in data.tiers.assignment
	in_scope(entry)
	some group in groups
	named := [type | some type in group.types; type in entry.resource_types]
	others := [type | some type in group.types; not type in entry.resource_types]
	count(named) > 0
	count(others) > 0
}
