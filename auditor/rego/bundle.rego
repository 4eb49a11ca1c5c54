# METADATA
# title: The verdicts of the controls on one subject
# description: |
#   `input` is {"subject": "resource", "facts": {…}, "moment": "check", "unknown": ["protection.selected"]}: what is
#   judged; its facts, as schemas/resource.json says, with `as_of`; the one moment whose controls are asked; the paths
#   of facts that are not known. The last two may be left out, and so may `incomplete` (paths of facts of which there
#   may be more, so that only a finding counts), `only_better` (paths of which more could only take a finding away),
#   `otherwise` (the same four about what counts where a control does not apply), `address` (what sentences name) and
#   `arn`, `account_id`, `organizational_units` (names, a list), `tags` (an object) and `unknown_tags` (the keys of which
#   the value is not known; "*" stands for all that `tags` does not have), by which waivers say what they cover: one that
#   names what the input does not tell waives nothing. A control is given the facts that it declares in `reads` and no
#   other.
#   A list of such inputs, or one of them, is judged by `each`; `auditor policy input` makes a list. Of what is no
#   such input it says in `deny` that no control judges it.
package auditor

# METADATA
# description: For a list of inputs, what is said of each of them; anything else is taken for a list of one.
each := [said |
	some one in listed
	said := alone with input as one
]

default listed := [null]

listed := input if is_array(input)

listed := [input] if not is_array(input)

alone := {
	"address": text_of("address"),
	"subject": text_of("subject"),
	"verdicts": verdicts,
	"deny": deny,
	"warn": warn,
}

text_of(key) := input[key] if {
	is_string(input[key])
} else := ""

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
	sentence := sprintf("%s: %s", [named(id), reason.message])
}

deny contains sentence if {
	some id, found in verdicts
	found.verdict == "ERROR"
	wrong := "it says both compliant and non-compliant, or something other than {code, evidence}"
	sentence := sprintf("%s: %s; correct the control", [named(id), wrong])
}

deny contains "no control judges this input; its subject is none, or none is asked at its moment" if {
	count(asked) == 0
}

# METADATA
# description: What is not known, a sentence each.
warn contains sprintf("%s: unknown, as the input lacks facts that it reads", [named(id)]) if {
	some id, found in verdicts
	found.verdict == "INSUFFICIENT_DATA"
}

warn contains sprintf("%v is no fact of a %s; correct the path", [path, input.subject]) if {
	some path in misspelt(input)
	is_string(path)
}

warn contains sprintf("%v is no fact of a %s; correct the path", [path, input.subject]) if {
	some path in misspelt(input.otherwise)
	is_string(path)
}

warn contains sentence if {
	some id, found in verdicts
	found.verdict == "NON_COMPLIANT"
	some waiver in data.auditor.waivers
	waiver.control_id == id
	some key, told in {"organizational_unit": "organizational_units", "tag": "tags"}
	waiver[key]
	not input[told]
	sentence := sprintf("%s: a waiver by %s waives nothing here, as the input has no %s", [named(id), key, told])
}

warn contains sentence if {
	some id, found in verdicts
	found.verdict == "NON_COMPLIANT"
	some waiver in data.auditor.waivers
	waiver.control_id == id
	hidden(waiver.tag.key)
	sentence := sprintf("%s: a waiver by tag waives nothing here, as %s is not known", [named(id), waiver.tag.key])
}

# Whether the value of a tag is not known, or whether there is such a tag.
hidden(key) if key in input.unknown_tags

hidden(key) if {
	"*" in input.unknown_tags
	not input.tags[key]
}

named(id) := sprintf("%s %s", [id, input.address]) if {
	is_string(input.address)
} else := id

asked[id] := control if {
	some id, control in data.auditor.controls
	control.subject == input.subject
	moment_asked(control)
}

moment_asked(_) if not input.moment

moment_asked(control) if input.moment in control.moments

verdict_of(id) := "WAIVED" if {
	judged(asked[id], told_of(id)) == "NON_COMPLIANT"
	waived(id)
} else := judged(asked[id], told_of(id))

# What is told of the subject, for a control: where it does not apply, what counts otherwise.
told_of(id) := input.otherwise if {
	judged(asked[id], input) == "NOT_APPLICABLE"
	input.otherwise
} else := input

judged(control, told) := "INSUFFICIENT_DATA" if {
	not known(control, told)
} else := "INSUFFICIENT_DATA" if {
	doubted(control, told, "incomplete")
	not stated(control, told) in {"ERROR", "NON_COMPLIANT"}
} else := "INSUFFICIENT_DATA" if {
	doubted(control, told, "only_better")
	stated(control, told) == "NON_COMPLIANT"
} else := stated(control, told)

stated(control, told) := "NOT_APPLICABLE" if {
	not applicable(control, told)
} else := "ERROR" if {
	faulty(control, told)
} else := "NON_COMPLIANT" if {
	count(findings(control, told)) > 0
} else := "COMPLIANT" if {
	compliant(control, told)
} else := "INSUFFICIENT_DATA"

# Whether nothing that a control reads is absent or unknown: then its silence means something.
known(control, told) if {
	time.parse_rfc3339_ns(told.facts.as_of)
	every kind in {"unknown", "incomplete", "only_better"} {
		is_array(object.get(told, kind, []))
	}
	count(misspelt(told)) == 0
	every path in control.reads {
		split(path, ".")[0] in object.keys(told.facts)
	}
	not doubted(control, told, "unknown")
}

# Whether a fact that a control reads is among the paths of a kind.
doubted(control, told, kind) if {
	some one in object.get(told, kind, [])
	some path in control.reads
	overlap(path, one)
}

# The paths that name no fact: a slip would leave a fact known that is not.
misspelt(told) := {one |
	is_object(told)
	some kind in {"unknown", "incomplete", "only_better"}
	some one in object.get(told, kind, [])
	not is_fact(one)
}

is_fact(path) if path in object.get(data.auditor.facts, input.subject, [])

overlap(one, other) if startswith(concat("", [one, "."]), concat("", [other, "."]))

overlap(one, other) if startswith(concat("", [other, "."]), concat("", [one, "."]))

facts_of(control, told) := json.filter(told.facts, array.concat(["as_of"], [replace(path, ".", "/") |
	some path in control.reads
]))

applicable(control, told) if {
	facts := facts_of(control, told)
	data.controls[control.family][control.name].applicable == true with input as facts
}

compliant(control, told) if {
	facts := facts_of(control, told)
	data.controls[control.family][control.name].compliant == true with input as facts
}

findings(control, told) := found if {
	facts := facts_of(control, told)
	found := data.controls[control.family][control.name].non_compliant with input as facts
} else := set()

faulty(control, told) if {
	compliant(control, told)
	count(findings(control, told)) > 0
}

# What is no finding has no sentence, so that `deny` would be silent.
faulty(control, told) if not is_set(findings(control, told))

faulty(control, told) if {
	some finding in findings(control, told)
	not well_formed(finding)
}

well_formed(finding) if {
	is_string(finding.code)
	is_object(object.get(finding, "evidence", {}))
}

# Whether a waiver of the bundle accepts a finding: of this subject, and until after `as_of`.
waived(id) if {
	some waiver in data.auditor.waivers
	waiver.control_id == id
	in_subject(waiver)
	in_account(waiver)
	in_unit(waiver)
	in_tag(waiver)
	time.parse_rfc3339_ns(input.facts.as_of) < time.add_date(time.parse_ns("2006-01-02", waiver.expires), 0, 0, 1)
}

# All that a waiver says of what it covers has to be so; what the input does not tell is not so.
in_subject(waiver) if not waiver.matches

in_subject(waiver) if regex.match(waiver.matches, input.arn)

in_account(waiver) if not waiver.account

in_account(waiver) if waiver.account == input.account_id

in_unit(waiver) if not waiver.organizational_unit

in_unit(waiver) if {
	is_array(input.organizational_units)
	waiver.organizational_unit in input.organizational_units
}

in_tag(waiver) if not waiver.tag

in_tag(waiver) if waiver.tag.value == input.tags[waiver.tag.key]

reasons_of(id) := [reason |
	some finding in findings(asked[id], told_of(id))
	evidence := object.get(finding, "evidence", {})
	template := object.get(asked[id].reasons, finding.code, finding.code)
	reason := {"code": finding.code, "message": filled(template, evidence), "evidence": evidence}
] if {
	verdict_of(id) in {"NON_COMPLIANT", "WAIVED"}
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
