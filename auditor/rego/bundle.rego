# METADATA
# title: The verdicts of the controls on one subject
# description: |
#   `input` is {"subject": "resource", "facts": {…}, "moment": "check", "unknown": ["protection.selected"]}: what is
#   judged; its facts, as schemas/resource.json says, with `as_of`; the one moment whose controls are asked; the paths
#   of facts that are not known. The last two may be left out. A control is given the facts that it declares in `reads`
#   and no other. Waivers are not looked at.
package auditor

# METADATA
# description: "Control id -> verdict, severity, title, and of a finding its reasons: code, message and evidence."
verdicts[id] := {
	"verdict": verdict_of(id),
	"severity": control.severity,
	"title": control.title,
	"reasons": reasons_of(id),
} if {
	some id, control in asked
}

# METADATA
# description: What fails a pull request, a sentence each; for Conftest, `--namespace auditor`.
deny contains sentence if {
	some id, found in verdicts
	found.verdict == "NON_COMPLIANT"
	some reason in found.reasons
	sentence := sprintf("%s: %s", [id, reason.message])
}

deny contains sentence if {
	some id, found in verdicts
	found.verdict == "ERROR"
	wrong := "it says both compliant and non-compliant, or something other than {code, evidence}"
	sentence := sprintf("%s: %s; correct the control", [id, wrong])
}

deny contains "no control judges this input; its subject is none, or none is asked at its moment" if {
	count(asked) == 0
}

# METADATA
# description: What is not known, a sentence each.
warn contains sprintf("%s: unknown, as the input lacks facts that it reads", [id]) if {
	some id, found in verdicts
	found.verdict == "INSUFFICIENT_DATA"
}

asked[id] := control if {
	some id, control in data.auditor.controls
	control.subject == input.subject
	moment_asked(control)
}

moment_asked(_) if not input.moment

moment_asked(control) if input.moment in control.moments

verdict_of(id) := "INSUFFICIENT_DATA" if {
	not known(asked[id])
} else := "NOT_APPLICABLE" if {
	not applicable(asked[id])
} else := "ERROR" if {
	faulty(asked[id])
} else := "NON_COMPLIANT" if {
	count(findings(asked[id])) > 0
} else := "COMPLIANT" if {
	compliant(asked[id])
} else := "INSUFFICIENT_DATA"

# Whether nothing that a control reads is absent or unknown: then its silence means something.
known(control) if {
	time.parse_rfc3339_ns(input.facts.as_of)
	is_array(unknown)
	every one in unknown { is_string(one) }
	every path in control.reads {
		split(path, ".")[0] in object.keys(input.facts)
		every one in unknown { not overlap(path, one) }
	}
}

unknown := object.get(input, "unknown", [])

overlap(one, other) if startswith(concat("", [one, "."]), concat("", [other, "."]))

overlap(one, other) if startswith(concat("", [other, "."]), concat("", [one, "."]))

facts_of(control) := json.filter(input.facts, array.concat(["as_of"], [replace(path, ".", "/") |
	some path in control.reads
]))

applicable(control) if {
	facts := facts_of(control)
	data.controls[control.family][control.name].applicable == true with input as facts
}

compliant(control) if {
	facts := facts_of(control)
	data.controls[control.family][control.name].compliant == true with input as facts
}

findings(control) := found if {
	facts := facts_of(control)
	found := data.controls[control.family][control.name].non_compliant with input as facts
} else := set()

faulty(control) if {
	compliant(control)
	count(findings(control)) > 0
}

# What is no finding has no sentence, so that `deny` would be silent.
faulty(control) if not is_set(findings(control))

faulty(control) if {
	some finding in findings(control)
	not well_formed(finding)
}

well_formed(finding) if {
	is_string(finding.code)
	is_object(object.get(finding, "evidence", {}))
}

reasons_of(id) := [reason |
	some finding in findings(asked[id])
	evidence := object.get(finding, "evidence", {})
	template := object.get(asked[id].reasons, finding.code, finding.code)
	reason := {"code": finding.code, "message": filled(template, evidence), "evidence": evidence}
] if {
	verdict_of(id) == "NON_COMPLIANT"
} else := []

filled(template, evidence) := strings.replace_n(
	{sprintf("{%s}", [key]): worded(value) | some key, value in evidence},
	template,
)

worded(value) := concat(", ", [worded_one(item) | some item in value]) if {
	is_array(value)
} else := worded_one(value)

worded_one(value) := value if {
	is_string(value)
} else := "nothing" if {
	is_null(value)
} else := sprintf("%v", [round(value * 100) / 100]) if {
	is_number(value)
} else := json.marshal(value)
