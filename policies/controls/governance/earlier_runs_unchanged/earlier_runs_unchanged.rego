# METADATA
# title: An earlier run is as it was when another run named it
# description: |
#   Each run names the runs before it in its folder, by the digest of their `manifest.json`, which has the digests of
#   the evidence files. Judged is, by what this run found when it was collected, whether each of the newest 400 still
#   has the digest by which a run named it first, and whether the evidence files of the newest ones (`files_of` of the
#   parameter `earlier_runs`) are those of their manifests. A run that is gone is a finding where `kept_days` says
#   that it has to be there still. Whoever can change every run, the newest one too, leaves no trace here: keep the
#   digest of the newest run where they cannot write.
# scope: package
# schemas:
#   - input: schema.run
# custom:
#   id: BKP-GOV-024
#   severity: high
#   subject: run
#   moments: [audit]
#   reads: [run.compared, run.changed, run.gone]
#   cites: [run.changed_files, run.named_by]
#   no_sample_fault: The first audit of the sample has none before it; examples/organization/later-runs.yaml shows it.
#   reasons:
#     changed: "{file} has the digest {found}, and {named_by} names {named}"
#     lost: "{file} is not there, and {named_by} names it with the digest {named}"
#     added: "{file} is named by no manifest"
#     gone: "it is gone, and runs of its age have to be kept"
#   remediation: |
#     Find out who could write the folder of the runs, and rely on no report of a run that was changed. Put the run back
#     from a copy that has the digest, and keep runs, or the digest of the newest, where they cannot be rewritten: in a
#     bucket with Object Lock of another account. `auditor verify` compares all of them again.
#   causes:
#     changed:
#       problem: are not as they were named
#       named_by: run.named_by
#       remediation: |
#         `auditor verify RUNS` names every file; put the runs back from a copy, in Terraform one with
#         `aws_s3_bucket_object_lock_configuration`.
#     lost:
#       problem: have lost files
#       named_by: run.named_by
#       remediation: |
#         `auditor verify RUNS` names every file; put the runs back from a copy, in Terraform one with
#         `aws_s3_bucket_object_lock_configuration`.
#     added:
#       problem: have files that no manifest names
#       named_by: run.named_by
#       remediation: |
#         `auditor verify RUNS` names every file; find out who put them there before they are removed.
#     gone:
#       problem: are gone too soon
#       named_by: run.named_by
#       remediation: |
#         Put the runs back from a copy, in Terraform one with `aws_s3_bucket_object_lock_configuration`, and let what
#         removes runs keep them for `earlier_runs.kept_days`.
package controls.governance.earlier_runs_unchanged

applicable if input.run.compared == true

applicable if input.run.gone == true

compliant if {
	applicable
	count(input.run.changed) == 0
	input.run.gone == false
}

non_compliant contains {"code": "changed", "evidence": evidence} if {
	some one in input.run.changed
	evidence := {"file": one.file, "named_by": one.named_by, "named": one.named, "found": one.found}
}

non_compliant contains {"code": "lost", "evidence": evidence} if {
	some one in input.run.changed
	not one.found
	evidence := {"file": one.file, "named_by": one.named_by, "named": one.named}
}

non_compliant contains {"code": "added", "evidence": evidence} if {
	some one in input.run.changed
	not one.named
	evidence := {"file": one.file}
}

non_compliant contains {"code": "gone", "evidence": {}} if input.run.gone == true
