# METADATA
# title: No change deletes, replaces or weakens what protects
# description: |
#   A change that deletes a backup plan, a selection, a vault, its lock or policy, a restore testing plan or its
#   selection, or a role that backups are made with, takes protection away, unless something else in the change does
#   the same. A vault that is replaced, by a new name for instance, takes its recovery points with it or cannot be
#   deleted; a lock that is replaced is gone in between. A selection is replaced whenever it is edited, which is no
#   finding. What stays may be weakened: a vault's policy that denies less, or to fewer; a role's policy that no
#   longer lets it back up a type, unless another one does; a lock whose shortest retention sinks, or that can be
#   undone; a restore testing plan that tests more rarely or of fewer recovery points, or a selection of it that
#   tests fewer resources or leaves a validation less time. What the auditor's own policies demand is lowered by a
#   tier, parameter, control, waiver or setting that demands less than before.
# scope: package
# schemas:
#   - input: schema.change
# custom:
#   id: BKP-GOV-001
#   severity: high
#   subject: change
#   moments: [check]
#   reads: [change]
#   no_sample_fault: It is asked of changes before they are made; examples/organization/pull-request shows it.
#   reasons:
#     deleted: "the {kind} {name} is deleted, and nothing in the change does the same"
#     replaced: "the {kind} {name} is deleted to make another one: {lost}"
#     weakened: "the {kind} {name} is changed so that it no longer {does} as before: {lost}"
#     lowered: "the {kind} {name} demands less than before: {lost}"
#   remediation: |
#     Keep it as it is, or let the change declare what takes its place. What only moves in the code is told to
#     Terraform by a `moved` block. What is to be kept in AWS without Terraform is told by a `removed` block with
#     `destroy = false`. Let policies demand what they demanded, or let those who answer for them approve in the review
#     that they do not.
#   causes:
#     deleted:
#       problem: are deleted, and nothing in the change does the same
#       named_by: change
#       remediation: |
#         Keep it, or declare what takes its place. What only moves in the code: a Terraform `moved { from = … to = …
#         }` block. What stays in AWS without Terraform: `removed { from = … lifecycle { destroy = false } }`.
#     replaced:
#       problem: are deleted to make another one
#       named_by: change
#       remediation: |
#         Let Terraform make the new one first: `lifecycle { create_before_destroy = true }`, or change only what does
#         not replace it. Of a lock or policy, which that would take away: another address, and a `removed` block with
#         `destroy = false` for the old one. In CloudFormation: `DeletionPolicy: Retain`, `UpdateReplacePolicy: Retain`.
#     weakened:
#       problem: are changed so that they protect less
#       named_by: change
#       remediation: |
#         Take back what the change takes away: the `Deny` statement of the vault's policy, the actions of the role's
#         policy (or attach `AWSBackupServiceRolePolicyForBackup`), `min_retention_days` of the lock (CloudFormation:
#         `LockConfiguration`), the schedule, recovery points, resources and validation window of the restore test.
#     lowered:
#       problem: are changed so that they demand less than before
#       named_by: change
#       remediation: |
#         Demand what was demanded before: `auditor check PATH --diff-base main` shows what is less. What is meant to
#         be less, those who answer for the policies approve in the review.
package controls.governance.protection_stays

lost := {
	"plan": "nothing is backed up by it in between",
	"vault": "its recovery points are lost, or AWS refuses to delete it",
	"lock": "the vault is without a lock in between",
	"vault policy": "the vault is without a policy in between",
	"role": "backups fail in between",
	"role policy": "backups fail in between",
	"organization policy": "accounts are without their plans in between",
	"restore testing plan": "no restore is tested by it in between",
	"restore testing selection": "no restore of what it selects is tested in between",
}

does := {
	"vault policy": "denies",
	"role policy": "allows backups",
	"restore testing plan": "tests restores",
	"restore testing selection": "tests restores",
}

applicable if input.change.action in {"deleted", "replaced", "weakened", "lowered"}

compliant if {
	input.change.action == "deleted"
	input.change.kept_by
}

compliant if {
	input.change.action == "replaced"
	harmless
}

non_compliant contains {"code": "deleted", "evidence": evidence} if {
	input.change.action == "deleted"
	not input.change.kept_by
	evidence := {"kind": input.change.kind, "name": input.change.name}
}

non_compliant contains {"code": "replaced", "evidence": evidence} if {
	input.change.action == "replaced"
	not harmless
	gone := object.get(lost, input.change.kind, "it is gone in between")
	evidence := {"kind": input.change.kind, "name": input.change.name, "lost": gone}
}

non_compliant contains {"code": "weakened", "evidence": evidence} if {
	input.change.action == "weakened"
	evidence := {
		"kind": input.change.kind,
		"name": input.change.name,
		"does": object.get(does, input.change.kind, "protects"),
		"lost": concat(", ", input.change.lost),
	}
}

non_compliant contains {"code": "lowered", "evidence": evidence} if {
	input.change.action == "lowered"
	demanded := concat(", ", input.change.lost)
	evidence := {"kind": input.change.kind, "name": input.change.name, "lost": demanded}
}

harmless if input.change.kind == "selection"

harmless if {
	input.change.made_first == true
	input.change.kind != "vault"
}
