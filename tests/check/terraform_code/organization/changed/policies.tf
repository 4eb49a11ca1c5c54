resource "aws_organizations_policy" "base" {
  name    = "base"
  type    = "BACKUP_POLICY"
  content = file("${path.module}/base.json")
}

resource "aws_organizations_policy" "shorter" {
  name    = "shorter"
  type    = "BACKUP_POLICY"
  content = file("${path.module}/shorter.json")
}

resource "aws_organizations_policy_attachment" "base" {
  policy_id = aws_organizations_policy.base.id
  target_id = aws_organizations_organizational_unit.workloads.id
}

resource "aws_organizations_policy_attachment" "shorter" {
  policy_id = aws_organizations_policy.shorter.id
  target_id = aws_organizations_account.shop.id
}
