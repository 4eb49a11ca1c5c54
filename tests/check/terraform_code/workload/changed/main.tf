terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

variable "tiers" {
  type    = map(number)
  default = { gold = 34 }
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

module "orders" {
  source = "./modules/backup"
  tier   = "silver"
  name   = "orders"
  keep   = 14
  vault  = aws_backup_vault.main.name
  role   = aws_iam_role.backup.arn
  extra  = [aws_dynamodb_table.sales.arn]
}

resource "aws_backup_vault" "main" {
  name = "renamed"
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

moved {
  from = aws_dynamodb_table.orders
  to   = aws_dynamodb_table.sales
}

resource "aws_dynamodb_table" "sales" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "terraform_data" "tag" {
  input = "gold"
}

removed {
  from = aws_ebs_volume.hidden
  lifecycle {
    destroy = false
  }
}

check "names" {
  assert {
    condition     = aws_backup_vault.main.name == "main"
    error_message = "The vault has another name."
  }
}
