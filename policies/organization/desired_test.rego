package organization_test

import data.organization

gold := {
	"required": true,
	"rpo_hours": 24,
	"retention_days": 35,
	"retention_max_days": 90,
	"customer_key": true,
	"lock": "compliance",
	"copy": {"retention_days": 30},
}

silver := {"required": true, "rpo_hours": 25, "retention_days": 14, "customer_key": false, "lock": "governance"}

bronze := {"required": true, "rpo_hours": 169, "retention_days": 28, "customer_key": false, "lock": "none"}

tiers := {
	"tiers": {"gold": gold, "silver": silver, "bronze": bronze, "exempt": {"required": false}},
	"assignment": [
		{"tier": "exempt", "tags": {"backup": "no"}},
		{"tier": "gold", "tags": {"backup": "gold"}},
		{"tier": "silver", "organizational_units": ["Production"]},
	],
	"default": "bronze",
}

schedules := [
	row(168, [{"name": "weekly", "schedule": "cron(0 1 ? * SUN *)", "copy": true}]),
	row(24, [{"name": "night", "schedule": "cron(0 1 * * ? *)", "copy": true}]),
	row(12, [
		{"name": "night", "schedule": "cron(0 1 * * ? *)", "copy": true},
		{"name": "noon", "schedule": "cron(0 13 * * ? *)", "copy": false},
	]),
]

row(hours, rules) := {
	"worst_interval_hours": hours,
	"start_window_minutes": 60,
	"completion_window_minutes": 120,
	"rules": rules,
}

parameters := {"organization": {
	"name_prefix": "backup-",
	"key_alias": "alias/backup",
	"backup_role": "service-role/Backup",
	"compliance_grace_days": 3,
	"resource_types": ["S3", "DynamoDB", "EBS"],
	"copy_needs_full_management": ["DynamoDB", "Timestream"],
	"copy_regions": {},
	"timezone": "Etc/UTC",
	"schedules": schedules,
	"quotas": {"tag_selections_per_plan": 10, "conditions_per_selection": 30},
}}

account(path) := {"account_id": "111122223333", "name": "shop", "ou_path": path, "partition": "aws-cn"}

asked(path) := {
	"account": account(path),
	"region": "cn-north-1",
	"regions": ["cn-north-1", "cn-northwest-1"],
	"type_groups": [
		{"types": ["Aurora", "RDS"], "arns": ["arn:aws-cn:rds:*:*:cluster:*", "arn:aws-cn:rds:*:*:db:*"]},
		{"types": ["EBS"], "arns": ["arn:aws-cn:ec2:*:*:volume/*"]},
		{"types": ["SAP HANA on Amazon EC2"], "arns": ["arn:aws-cn:ssm-sap:*:*:HANA/*"]},
	],
}

# The state of an account in `path` with `changes` of the tiers document and of the parameters.
state(path, tier_changes, parameter_changes) := result if {
	result := organization.desired with input as asked(path)
		with data.tiers as object.union(tiers, tier_changes)
		with data.parameters as object.union(parameters, {"organization": parameter_changes})
}

# The state with other Regions than the two.
state_in(regions, parameter_changes) := result if {
	result := organization.desired with input as object.union(asked(["Production"]), {"regions": regions})
		with data.tiers as tiers
		with data.parameters as object.union(parameters, {"organization": parameter_changes})
}

test_an_ordinary_account_has_a_vault_and_a_plan_for_each_tier_that_can_apply if {
	found := state(["Workloads"], {}, {})
	found.problems == []
	[vault.name | some vault in found.vaults] == ["backup-bronze", "backup-gold"]
	[plan.name | some plan in found.plans] == ["backup-bronze", "backup-gold"]
}

test_an_organizational_unit_on_the_path_takes_the_rest if {
	found := state(["Production", "Shop"], {}, {})
	[plan.tier | some plan in found.plans] == ["gold", "silver"]
}

test_an_account_whose_tiers_ask_for_nothing_has_nothing if {
	state([], {"assignment": [], "default": "exempt"}, {}) == {
		"problems": [],
		"vaults": [],
		"plans": [],
		"selections": [],
		"settings": {"opt_in": [], "full_management": []},
	}
}

test_needed_types_are_opted_in_and_managed_fully_only_for_copies if {
	state([], {}, {}).settings == {"opt_in": ["DynamoDB", "EBS", "S3"], "full_management": ["DynamoDB"]}
	state([], {"assignment": []}, {}).settings == {"opt_in": ["DynamoDB", "EBS", "S3"], "full_management": []}
}

test_a_tier_that_is_not_declared_is_a_problem if {
	changed := {"assignment": [{"tier": "platinum", "tags": {"backup": "platinum"}}]}
	state([], changed, {}).problems == ["Tier \"platinum\" is assigned but not declared under `tiers`."]
}

test_a_name_is_2_to_40_letters if {
	names := [forty_less_prefix, concat("", [forty_less_prefix, "x"]), "a b"]
	[count(state([], alone(name), {}).problems) | some name in names] == [0, 1, 1]
	found := state([], alone("x"), {"name_prefix": ""})
	found.problems == ["Tier \"x\": with the prefix \"\" its name must be 2 to 40 letters, digits, - and _."]
}

# Tiers of which there is but one, which every resource has.
alone(name) := {"tiers": {name: bronze}, "assignment": [], "default": name}

forty_less_prefix := "abcdefghijabcdefghijabcdefghijabc"

test_retention_is_1_to_36500_days if {
	with_days := {days: state([], {"tiers": {"bronze": {"retention_days": days}}, "assignment": []}, {}).problems |
		some days in [0, 1, 36500, 36501]
	}
	with_days == {
		0: ["Tier \"bronze\": a plan keeps recovery points 1 to 36500 days, not 0."],
		1: [],
		36500: [],
		36501: ["Tier \"bronze\": a plan keeps recovery points 1 to 36500 days, not 36501."],
	}
}

test_the_ceiling_is_not_below_what_is_kept if {
	changed := {days: state([], {"tiers": {"gold": {"retention_max_days": days}}}, {}).problems | some days in [34, 35]}
	changed == {34: ["Tier \"gold\": retention_max_days is below the 35 days that its recovery points are kept."], 35: []}
}
