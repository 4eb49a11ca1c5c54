# The check of Spacelift: attach both to a stack, whose runner image has auditor in it. The label does so by itself.

resource "spacelift_policy" "backup_check" {
  name   = "backup-check"
  type   = "PLAN"
  body   = file("${path.module}/backup-check.rego")
  labels = ["autoattach:backup-check"]
}

resource "spacelift_context" "backup_check" {
  name   = "backup-check"
  labels = ["autoattach:backup-check"]

  # A file of that name in the repository must not count, nor an auditor.yaml of it, so the check runs elsewhere; exit
  # codes 3 and 4 are left to the policy.
  after_plan = [
    "rm -rf auditor.custom.spacelift.json",
    "terraform show -json spacelift.plan > /tmp/spacelift-plan.json",
    "(out=$PWD; cd /tmp && auditor check spacelift-plan.json --output \"json=$out/auditor.custom.spacelift.json\") || test $? -ge 3",
    "rm -f /tmp/spacelift-plan.json",
  ]
}
