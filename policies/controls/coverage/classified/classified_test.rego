package controls.coverage.classified_test

import data.controls.coverage.classified as control

gold := {"name": "gold", "required": true}

nobody := {"name": "nobody", "required": true, "unclassified": true}

tiers := {"tiers": {"gold": {"required": true}, "nobody": {"required": true, "unclassified": true}}}

plain := {"tiers": {"gold": {"required": true}, "nobody": {"required": true, "unclassified": false}}}

test_a_resource_with_a_tier if {
	every tier in [gold, object.union(gold, {"unclassified": false})] {
		control.applicable with input as {"tier": tier} with data.tiers as tiers
		control.compliant with input as {"tier": tier} with data.tiers as tiers
		control.non_compliant == set() with input as {"tier": tier} with data.tiers as tiers
	}
}

test_one_that_falls_into_the_default if {
	found := {"tier": nobody}
	control.applicable with input as found with data.tiers as tiers
	not control.compliant with input as found with data.tiers as tiers
	control.non_compliant == {{"code": "no_tier", "evidence": {"tier": "nobody"}}} with input as found
		with data.tiers as tiers
}

test_where_no_tier_is_marked_nothing_is_judged if {
	every tier in [gold, nobody] {
		not control.applicable with input as {"tier": tier} with data.tiers as plain
		not control.compliant with input as {"tier": tier} with data.tiers as plain
		control.non_compliant == set() with input as {"tier": tier} with data.tiers as plain
	}
}

test_a_resource_of_an_unknown_tier_is_not_judged if {
	not control.applicable with input as {} with data.tiers as tiers
	not control.compliant with input as {} with data.tiers as tiers
	control.non_compliant == set() with input as {} with data.tiers as tiers
}
