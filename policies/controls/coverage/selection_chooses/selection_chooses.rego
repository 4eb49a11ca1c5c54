# METADATA
# title: Every selection chooses by something that AWS Backup heeds
# description: |
#   A selection chooses by `Resources` or by `ListOfTags`; `Conditions` and `NotResources` only take away from these.
#   AWS Backup refuses one that has neither (aws-backup.md 4.6): the apply or the deployment fails half-way, and what it
#   was to protect is not protected. A key in `ListOfTags` is the bare key of a tag: AWS's documents disagree whether
#   one that begins with `aws:ResourceTag/` counts, which the setting `list_of_tags_prefix` decides. Asked about is only
#   what may be so.
# scope: package
# schemas:
#   - input: schema.selection
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html
#     description: Select AWS services to backup
# custom:
#   id: BKP-COV-004
#   severity: medium
#   subject: selection
#   moments: [check]
#   reads: [selection.name, selection.chooses, selection.ignored_keys]
#   cites: [selection.plan]
#   no_framework: That a plan protects what it has to is asked of each resource, by BKP-COV-001.
#   no_sample_fault: It is asked of selections before they are made; examples/organization/pull-request shows it.
#   reasons:
#     chooses_nothing: "the selection {name} has neither resources nor tags to select by, so AWS Backup refuses it"
#     tag_ignored: "the selection {name} goes by the tag {key}, which AWS Backup ignores: it takes the bare key"
#   remediation: |
#     Name in `resources` (CloudFormation: `Resources`) what is meant, `"*"` for everything that is opted in, and leave
#     `not_resources` and `condition` as they are. Of a tag in `selection_tag` (`ListOfTags`) write the key without
#     `aws:ResourceTag/`.
#   causes:
#     chooses_nothing:
#       problem: have neither resources nor tags to select by
#       named_by: selection.plan
#       remediation: |
#         Add `resources = ["*"]` (Terraform) or `Resources: ["*"]` (CloudFormation) to the selection.
#     tag_ignored:
#       problem: are by a tag that AWS Backup ignores
#       named_by: selection.plan
#       remediation: |
#         Write the bare key of the tag, without `aws:ResourceTag/`.
package controls.coverage.selection_chooses

applicable if is_boolean(input.selection.chooses)

compliant if {
	input.selection.chooses == true
	count(input.selection.ignored_keys) == 0
}

non_compliant contains {"code": "chooses_nothing", "evidence": {"name": input.selection.name}} if {
	input.selection.chooses == false
}

non_compliant contains {"code": "tag_ignored", "evidence": evidence} if {
	applicable
	some key in input.selection.ignored_keys
	evidence := {"name": input.selection.name, "key": key}
}
