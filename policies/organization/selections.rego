package organization

# METADATA
# title: Selections that give each resource exactly its tier's plan
# description: |
#   AWS Backup protects what is in Resources and meets every entry of Conditions (aws-backup.md 4.6). The tier of a
#   resource is the first entry of the assignment that matches, so an entry's selections ask for its own tags and
#   exclude every earlier entry. To exclude an entry of several tags, one selection is written for each tag in turn that
#   may be the first to differ: the selections of one account never overlap.
#
#   Where the assignment tells resource types apart, each kind of them has selections of its own, by the ARNs of its
#   types, and those of the rest leave these ARNs out.
#
#   A resource without the tag is taken to meet StringNotEquals. AWS's pages can be read otherwise; under that other
#   reading no selection can express "everything else", and the audit reports what is left unprotected.
selections := [{"plan": name_of(entry.tier), "tier": entry.tier, "document": document} |
	some kind in sort(kinds)
	some position in protecting[kind]
	entry := assignment[kind][position]
	some number, conditions in branches(kind, position)
	document := object.union(arns(kind), {
		"SelectionName": sprintf("%s-%d-%d%s", [entry.tier, position + 1, number + 1, mark(kind)]),
		"IamRoleArn": sprintf(
			"arn:%s:iam::%s:role/%s",
			[input.account.partition, input.account.account_id, parameters.backup_role],
		),
		"Conditions": conditions,
	})
]

arns("") := {"Resources": ["*"]} if count(kinds) == 1

arns("") := {"Resources": ["*"], "NotResources": named} if {
	count(kinds) > 1
	named := sort([arn | some kind in kinds; some arn in groups[kind].arns])
}

arns(kind) := {"Resources": groups[kind].arns}

mark("") := ""

# A selection's name has at most 50 letters.
mark(kind) := concat("", ["-", substring(replace(kind, " ", ""), 0, 10)]) if kind != ""

# Conditions of each selection of the entry at `position` of a kind.
branches(kind, position) := [conditions |
	combinations(kind, position) <= most_combinations
	some index in numbers.range(0, combinations(kind, position) - 1)
	asked := wanted_tags(kind, position, index)
	refused := refused_tags(kind, position, index)
	not contradictory(asked, refused)
	conditions := object.union(
		operator("StringEquals", asked),
		operator("StringNotEquals", [tag | some tag in refused; not has_key(asked, tag[0])]),
	)
]

# METADATA
# title: For each earlier entry that a resource of this one could also match, the tags that would make it match
# description: An entry that contradicts this one, or that another exclusion already excludes, is left out.
rivals(kind, position) := sort([candidate |
	some candidate in candidates(kind, position)
	not implied(candidate, candidates(kind, position))
])

candidates(kind, position) := {tags |
	own := assignment[kind][position].tags
	some earlier in array.slice(assignment[kind], 0, position)
	not differ(own, earlier.tags)
	tags := sort([[key, value] | some key, value in earlier.tags; not own[key]])
}

differ(own, other) if {
	some key, value in other
	own[key] != value
}

implied(candidate, all_candidates) if {
	some other in all_candidates
	other != candidate
	every tag in other {
		tag in candidate
	}
}

# One combination for each choice, in every rival, of the tag that is the first to differ: a number in mixed radix.
combinations(kind, position) := product([count(rival) | some rival in rivals(kind, position)])

most_combinations := 4096

digit(kind, position, index, rank) := floor(index / weight) % count(rivals(kind, position)[rank]) if {
	weight := product([count(rival) | some rival in array.slice(rivals(kind, position), 0, rank)])
}

wanted_tags(kind, position, index) := {[key, value] | some key, value in assignment[kind][position].tags} | {tag |
	some rank, rival in rivals(kind, position)
	some tag in array.slice(rival, 0, digit(kind, position, index, rank))
}

refused_tags(kind, position, index) := {tag |
	some rank, rival in rivals(kind, position)
	tag := rival[digit(kind, position, index, rank)]
}

contradictory(asked, refused) if count(asked & refused) > 0

contradictory(asked, _) if {
	some tag in asked
	some other in asked
	tag[0] == other[0]
	tag[1] != other[1]
}

has_key(tags, key) if {
	some tag in tags
	tag[0] == key
}

operator(name, tags) := {name: [{"ConditionKey": concat("", ["aws:ResourceTag/", tag[0]]), "ConditionValue": tag[1]} |
	some tag in sort(tags)
]} if {
	count(tags) > 0
}

operator(_, tags) := {} if count(tags) == 0

problems contains sprintf(
	concat(" ", [
		"Tier %q needs %d selections in one plan and AWS Backup allows %d that go by tag:",
		"use fewer entries or fewer tags in the assignment.",
	]),
	[tier, needed, parameters.quotas.tag_selections_per_plan],
) if {
	some tier in applied
	needed := count([1 | some row in selections; row.tier == tier])
	needed > parameters.quotas.tag_selections_per_plan
}

problems contains sprintf(
	"Tier %q needs a selection of %d conditions and AWS Backup allows %d: use fewer entries in the assignment.",
	[row.tier, needed, parameters.quotas.conditions_per_selection],
) if {
	some row in selections
	needed := sum([count(entries) | some entries in row.document.Conditions])
	needed > parameters.quotas.conditions_per_selection
}

problems contains sprintf(
	"Entry %d of the assignment (tier %q) comes after too many entries of several tags: use fewer tags in the assignment.",
	[position + 1, tier],
) if {
	some kind in kinds
	some position in protecting[kind]
	tier := assignment[kind][position].tier
	combinations(kind, position) > most_combinations
}
