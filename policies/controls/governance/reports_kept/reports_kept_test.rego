package controls.governance.reports_kept_test

import data.controls.governance.reports_kept as control

account(plans, late, open) := {"account": {
	"report_plans": plans,
	"late_reports": late,
	"open_report_buckets": open,
}}

test_reports_that_come_and_are_kept if {
	control.applicable with input as account(1, [], [])
	control.compliant with input as account(1, [], [])
	control.non_compliant == set() with input as account(1, [], [])
}

test_reports_that_do_not_come if {
	found := account(2, ["a"], [])
	not control.compliant with input as found
	reasons := control.non_compliant with input as found
	reasons == {{"code": "not_delivered", "evidence": {"reports": "a"}}}
}

test_buckets_that_keep_nothing if {
	found := account(1, [], ["a"])
	not control.compliant with input as found
	reasons := control.non_compliant with input as found
	reasons == {{"code": "not_kept", "evidence": {"buckets": "a"}}}
}

test_each_one_is_named if {
	reasons := control.non_compliant with input as account(2, ["a", "b"], ["c", "d"])
	reasons == {
		{"code": "not_delivered", "evidence": {"reports": "a; b"}},
		{"code": "not_kept", "evidence": {"buckets": "c; d"}},
	}
}

test_an_account_without_report_plans_is_not_judged if {
	every found in [account(0, ["a"], ["b"]), {"account": {}}] {
		not control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
	not control.compliant with input as account(0, [], [])
}

test_what_was_not_read_is_no_pass if {
	every fact in ["late_reports", "open_report_buckets"] {
		partly := {"account": object.remove(account(1, [], []).account, [fact])}
		control.applicable with input as partly
		not control.compliant with input as partly
		control.non_compliant == set() with input as partly
	}
}
