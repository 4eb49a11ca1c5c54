variable "tier" {
  type = string
}

variable "keep" {
  type = number
}

variable "vault" {
  type = string
}

variable "role" {
  type = string
}

variable "name" {
  type = string
}

variable "extra" {
  type    = list(string)
  default = []
}

resource "aws_backup_plan" "this" {
  name = var.name
  rule {
    rule_name         = "main"
    target_vault_name = var.vault
    schedule          = "cron(0 0/6 ? * * *)"
    start_window      = 60
    completion_window = 180
    lifecycle {
      delete_after = var.keep
    }
  }
}

resource "aws_backup_selection" "this" {
  name         = var.name
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = var.role
  resources    = var.extra
  dynamic "selection_tag" {
    for_each = length(var.extra) > 0 ? [] : [1]
    content {
      type  = "STRINGEQUALS"
      key   = "backup-tier"
      value = var.tier
    }
  }
}

output "plan" {
  value = aws_backup_plan.this.arn
}
