provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

variable "units" {
  type    = map(string)
  default = { web = "Web", data = "Data" }
}

locals {
  owners = { shop = "web", lake = "data" }
}

resource "aws_organizations_organization" "this" {
  feature_set          = "ALL"
  enabled_policy_types = ["BACKUP_POLICY"]
}

resource "aws_organizations_organizational_unit" "workloads" {
  name      = "Workloads"
  parent_id = aws_organizations_organization.this.roots[0].id
}

resource "aws_organizations_organizational_unit" "team" {
  for_each  = var.units
  name      = each.value
  parent_id = aws_organizations_organizational_unit.workloads.id
}

resource "aws_organizations_account" "member" {
  for_each  = local.owners
  name      = each.key
  email     = "${each.key}@example.com"
  parent_id = aws_organizations_organizational_unit.team[each.value].id
}

resource "aws_organizations_account" "web" {
  name      = "web"
  email     = "web@example.com"
  parent_id = aws_organizations_organizational_unit.team["web"].id
}

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

resource "aws_organizations_policy_attachment" "root" {
  policy_id = aws_organizations_policy.base.id
  target_id = aws_organizations_organization.this.roots[0].id
}

resource "aws_organizations_policy_attachment" "team" {
  for_each  = aws_organizations_organizational_unit.team
  policy_id = aws_organizations_policy.shorter.id
  target_id = each.value.id
}
