resource "aws_organizations_account" "lake" {
  name      = "lake"
  email     = "lake@example.com"
  parent_id = data.aws_organizations_organization.this.roots[0].id
}
