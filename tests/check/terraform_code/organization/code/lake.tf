resource "aws_organizations_account" "lake" {
  name      = "lake"
  email     = "lake@example.com"
  parent_id = aws_organizations_organizational_unit.team["data"].id
}
