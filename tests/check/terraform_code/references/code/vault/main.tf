terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "name" {
  type = string
}

variable "lock" {
  type    = number
  default = null
}

resource "aws_kms_key" "this" {
  description = var.name
}

resource "aws_backup_vault" "this" {
  name        = var.name
  kms_key_arn = aws_kms_key.this.arn
}

resource "aws_backup_vault_lock_configuration" "this" {
  count               = var.lock == null ? 0 : 1
  backup_vault_name   = aws_backup_vault.this.name
  min_retention_days  = var.lock
  max_retention_days  = 400
  changeable_for_days = 3
}

resource "aws_backup_vault_policy" "this" {
  backup_vault_name = aws_backup_vault.this.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = ["backup:DeleteRecoveryPoint"]
      Resource  = aws_backup_vault.this.arn
    }]
  })
}

output "vault" {
  value = aws_backup_vault.this
}

output "arn" {
  value = aws_backup_vault.this.arn
}
