provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  default_tags {
    tags = { owner = "web" }
  }
}

provider "aws" {
  alias                       = "dr"
  region                      = "eu-central-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

locals {
  disks = { a = "gold", b = "silver" }
}

module "main" {
  source = "./vault"
  name   = "main-${terraform.workspace}"
  lock   = 7
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
  name_prefix        = "backup-"
  path               = "/service/"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachment" "backup" {
  for_each   = toset(["ForBackup", "ForRestores"])
  role       = aws_iam_role.backup.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicy${each.key}"
}

resource "aws_ebs_volume" "m" {
  for_each          = local.disks
  availability_zone = "eu-west-1a"
  size              = 8
  tags              = { "backup-tier" = each.value }
}

resource "aws_ebs_volume" "n" {
  count             = 2
  availability_zone = "eu-west-1a"
  size              = 8
}

resource "aws_s3_bucket" "b" {
  bucket_prefix = "data-"
}

resource "aws_s3_bucket_versioning" "b" {
  bucket = aws_s3_bucket.b.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_backup_plan" "p" {
  name = "p"
  rule {
    rule_name         = "main"
    target_vault_name = module.main.vault.name
    schedule          = "cron(0 0/6 ? * * *)"
    start_window      = 60
    completion_window = 180
    lifecycle {
      delete_after = 35
    }
    copy_action {
      destination_vault_arn = module.dr[0].arn
      lifecycle {
        delete_after = 35
      }
    }
  }
}

resource "aws_backup_selection" "by_tag" {
  name         = "tag"
  plan_id      = aws_backup_plan.p.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = ["*"]
  condition {
    string_equals {
      key   = "aws:ResourceTag/backup-tier"
      value = "gold"
    }
  }
}

resource "aws_backup_selection" "by_arn" {
  name         = "arn"
  plan_id      = aws_backup_plan.p.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = concat([aws_s3_bucket.b.arn], aws_ebs_volume.n[*].arn)
}

resource "aws_backup_selection" "rest" {
  name          = "rest"
  plan_id       = aws_backup_plan.p.id
  iam_role_arn  = aws_iam_role.backup.arn
  resources     = values(aws_ebs_volume.m)[*].arn
  not_resources = [aws_ebs_volume.m["a"].arn]
}
