variable "tiers" {
  type    = map(number)
  default = { gold = 34 }
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

removed {
  from = aws_ebs_volume.hidden
  lifecycle {
    destroy = false
  }
}
