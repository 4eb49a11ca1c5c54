package organization_test

# The tier and the conditions of each selection, in short: {"gold": [{"is": ["backup=gold"], "is_not": []}]}.
short(assignment, changes) := {tier: conditions |
	found := state([], {"assignment": assignment}, changes)
	some tier in {selection.tier | some selection in found.selections}
	conditions := [entry |
		some selection in found.selections
		selection.tier == tier
		entry := {
			"is": tags(selection.document.Conditions, "StringEquals"),
			"is_not": tags(selection.document.Conditions, "StringNotEquals"),
		}
	]
}

tags(conditions, operator) := [concat("=", [key, entry.ConditionValue]) |
	some entry in object.get(conditions, operator, [])
	key := trim_prefix(entry.ConditionKey, "aws:ResourceTag/")
]

test_a_selection_is_written_as_the_api_takes_it if {
	state([], {}, {}).selections == [
		{"plan": "backup-gold", "tier": "gold", "document": {
			"SelectionName": "gold-2-1",
			"IamRoleArn": "arn:aws-cn:iam::111122223333:role/service-role/Backup",
			"Resources": ["*"],
			"Conditions": {"StringEquals": [{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "gold"}]},
		}},
		{"plan": "backup-bronze", "tier": "bronze", "document": {
			"SelectionName": "bronze-3-1",
			"IamRoleArn": "arn:aws-cn:iam::111122223333:role/service-role/Backup",
			"Resources": ["*"],
			"Conditions": {"StringNotEquals": [
				{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "gold"},
				{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "no"},
			]},
		}},
	]
}

# What each selection takes, in short: its name, its ARNs, those that it leaves out, and the tags that it asks for.
told(assignment) := [entry |
	some selection in state(["Production"], {"assignment": assignment}, {}).selections
	document := selection.document
	entry := [
		document.SelectionName,
		document.Resources,
		object.get(document, "NotResources", []),
		tags(document.Conditions, "StringEquals"),
		tags(document.Conditions, "StringNotEquals"),
	]
]

test_types_that_the_assignment_names_have_selections_of_their_own if {
	entries := [
		{"tier": "gold", "tags": {"a": "1"}},
		{"tier": "exempt", "resource_types": ["SAP HANA on Amazon EC2"]},
		{"tier": "silver", "resource_types": ["EBS"], "organizational_units": ["Production"]},
		{"tier": "gold", "resource_types": ["RDS", "Aurora"], "organizational_units": ["Other"]},
	]
	hana := "arn:aws-cn:ssm-sap:*:*:HANA/*"
	volumes := "arn:aws-cn:ec2:*:*:volume/*"
	told(entries) == [
		["gold-1-1", ["*"], [volumes, hana], ["a=1"], []],
		["bronze-2-1", ["*"], [volumes, hana], [], ["a=1"]],
		["gold-1-1-EBS", [volumes], [], ["a=1"], []],
		["silver-2-1-EBS", [volumes], [], [], ["a=1"]],
		["gold-1-1-SAPHANAonA", [hana], [], ["a=1"], []],
	]
}

test_types_whose_arns_are_alike_are_taken_together_or_not_at_all if {
	both := [{"tier": "gold", "resource_types": ["RDS", "Aurora"]}]
	clusters := ["arn:aws-cn:rds:*:*:cluster:*", "arn:aws-cn:rds:*:*:db:*"]
	told(both) == [["bronze-1-1", ["*"], clusters, [], []], ["gold-1-1-Aurora", clusters, [], [], []]]
	problems := {types: state([], {"assignment": [{"tier": "gold", "resource_types": types}]}, {}).problems |
		some types in [["RDS"], ["EBS", "Aurora"], ["Aurora", "RDS"]]
	}
	said := concat(" ", [
		"Entry 1 of the assignment names %s without %s:",
		"their ARNs are alike, so that no selection tells them apart; name all of them, or none.",
	])
	problems == {
		["RDS"]: [sprintf(said, ["RDS", "Aurora"])],
		["EBS", "Aurora"]: [sprintf(said, ["Aurora", "RDS"])],
		["Aurora", "RDS"]: [],
	}
}

test_an_entry_for_accounts_counts_in_them_alone if {
	in_account := [{"tier": "gold", "accounts": ["111122223333", "999999999999"]}]
	elsewhere := [{"tier": "gold", "accounts": ["999999999999"]}]
	in_none := [{"tier": "gold", "accounts": ["111122223333"], "organizational_units": ["Other"]}]
	told(in_account) == [["gold-1-1", ["*"], [], [], []]]
	told(elsewhere) == [["bronze-1-1", ["*"], [], [], []]]
	told(in_none) == [["bronze-1-1", ["*"], [], [], []]]
}

test_a_problem_of_types_is_told_only_where_the_entry_counts if {
	entries := [{"tier": "gold", "resource_types": ["RDS"], "accounts": ["999999999999"]}]
	state([], {"assignment": entries}, {}).problems == []
}

test_without_an_assignment_the_default_takes_everything if {
	short([], {}) == {"bronze": [{"is": [], "is_not": []}]}
}

test_an_entry_behind_a_wider_one_is_never_reached if {
	entries := [{"tier": "gold", "tags": {"a": "1"}}, {"tier": "silver", "tags": {"a": "1", "b": "2"}}]
	short(entries, {}) == {"gold": [{"is": ["a=1"], "is_not": []}], "bronze": [{"is": [], "is_not": ["a=1"]}]}
}

test_an_entry_of_two_tags_is_excluded_by_the_first_that_differs if {
	short([{"tier": "gold", "tags": {"a": "1", "b": "2"}}], {}) == {
		"gold": [{"is": ["a=1", "b=2"], "is_not": []}],
		"bronze": [{"is": [], "is_not": ["a=1"]}, {"is": ["a=1"], "is_not": ["b=2"]}],
	}
}

test_a_tag_that_an_entry_shares_with_an_earlier_one_is_not_asked_twice if {
	entries := [{"tier": "exempt", "tags": {"a": "1", "b": "2"}}, {"tier": "gold", "tags": {"a": "1"}}]
	short(entries, {}).gold == [{"is": ["a=1"], "is_not": ["b=2"]}]
}

test_two_entries_of_two_tags_multiply_without_contradictions if {
	entries := [{"tier": "exempt", "tags": {"a": "1", "b": "2"}}, {"tier": "exempt", "tags": {"a": "3", "b": "4"}}]
	short(entries, {}).bronze == [
		{"is": [], "is_not": ["a=1", "a=3"]},
		{"is": ["a=1"], "is_not": ["b=2"]},
		{"is": ["a=3"], "is_not": ["b=4"]},
	]
}

test_an_exclusion_that_another_implies_is_left_out if {
	entries := [{"tier": "exempt", "tags": {"a": "1", "b": "2"}}, {"tier": "exempt", "tags": {"a": "1"}}]
	short(entries, {}).bronze == [{"is": [], "is_not": ["a=1"]}]
}

test_a_tag_both_asked_and_refused_is_no_selection if {
	entries := [{"tier": "exempt", "tags": {"a": "1", "b": "2"}}, {"tier": "exempt", "tags": {"a": "1", "c": "3"}}]
	short(entries, {}).bronze == [
		{"is": [], "is_not": ["a=1"]},
		{"is": ["a=1"], "is_not": ["b=2", "c=3"]},
	]
}

test_quotas_are_kept_to_the_last_one if {
	entries := [{"tier": "gold", "tags": {"a": value}} | some value in ["1", "2", "3"]]
	found := {limit: state([], {"assignment": entries}, {"quotas": {"tag_selections_per_plan": limit}}).problems |
		some limit in [2, 3]
	}
	found == {
		2: [concat(" ", [
			"Tier \"gold\" needs 3 selections in one plan and AWS Backup allows 2 that go by tag:",
			"use fewer entries or fewer tags in the assignment.",
		])],
		3: [],
	}
	conditions := {limit: state([], {"assignment": entries}, {"quotas": {"conditions_per_selection": limit}}).problems |
		some limit in [2, 3]
	}
	conditions == {
		2: [concat(" ", [
			"Tier \"bronze\" needs a selection of 3 conditions and AWS Backup allows 2:",
			"use fewer entries in the assignment.",
		])],
		3: [],
	}
}

test_too_many_combinations_are_refused_before_they_are_counted_out if {
	entries := [{"tier": "exempt", "tags": {key: "1", sprintf("%s-too", [key]): "1"}} | some key in numbered(13)]
	state([], {"assignment": entries}, {}).problems == [concat(" ", [
		"Entry 14 of the assignment (tier \"bronze\") comes after too many entries of several tags:",
		"use fewer tags in the assignment.",
	])]
}

numbered(last) := [sprintf("tag%d", [number]) | some number in numbers.range(1, last)]
