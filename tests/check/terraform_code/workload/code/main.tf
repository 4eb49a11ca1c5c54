provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

variable "volumes" {
  type    = list(string)
  default = ["gold", "silver", "Gold"]
}

locals {
  owner = { team = "web" }
}

module "backup" {
  source   = "./modules/backup"
  for_each = var.tiers
  tier     = each.key
  name     = each.key
  keep     = each.value
  vault    = aws_backup_vault.main.name
  role     = aws_iam_role.backup.arn
}

resource "aws_backup_vault_lock_configuration" "main" {
  backup_vault_name   = aws_backup_vault.main.name
  min_retention_days  = 7
  max_retention_days  = 400
  changeable_for_days = 3
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "backup" {
  name               = "backup"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachment" "backup" {
  role       = aws_iam_role.backup.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
}

resource "aws_ebs_volume" "data" {
  count             = length(var.volumes)
  availability_zone = "eu-west-1a"
  size              = 8
  tags              = merge(local.owner, { "backup-tier" = var.volumes[count.index] })
}

resource "terraform_data" "tag" {
  input = "gold"
}

check "names" {
  assert {
    condition     = aws_backup_vault.main.name == "main"
    error_message = "The vault has another name."
  }
}
