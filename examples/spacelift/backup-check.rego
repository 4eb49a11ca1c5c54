# A plan policy of Spacelift: what `auditor check` wrote in the hooks of context.tf decides; docs/check.md, "Spacelift".
# Its exit code is what counts, so that --fail-on and --fail-on-unknown hold here too.
package spacelift

import rego.v1

checked := input.third_party_metadata.custom.auditor

default code := -1

code := checked.summary.exit_code

unread := "auditor has not checked this plan: auditor.custom.spacelift.json is missing, or not its JSON"

# Without the document nothing is known, and nothing passes.
deny contains unread if not code in {0, 3, 4}

deny contains said(entry) if {
	code != 0
	some entry in checked.entries
	entry.verdict in {"ERROR", "NON_COMPLIANT"}
}

deny contains sprintf("not whole, so something may be missing: %s", [sentence]) if {
	code != 0
	some sentence in checked.incomplete
}

deny contains sprintf("%s loses what it had: %s", [change.subject.arn, change.title]) if {
	code != 0
	some change in checked.against.changes
	change.way == "loses"
}

# Whatever else the exit code stands for: nothing was judged.
deny contains sprintf("auditor check ended with exit code %d; its output tells why", [code]) if {
	code in {3, 4}
}

warn contains said(entry) if {
	some entry in checked.entries
	entry.verdict == "INSUFFICIENT_DATA"
}

# Below --fail-on.
warn contains said(entry) if {
	code == 0
	some entry in checked.entries
	entry.verdict == "NON_COMPLIANT"
}

said(entry) := sprintf("%s %s %s: %s", [
	entry.severity,
	entry.control_id,
	entry.subject.address,
	concat("; ", [reason.message | some reason in entry.reasons]),
])
