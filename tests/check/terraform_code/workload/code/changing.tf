variable "tiers" {
  type    = map(number)
  default = { gold = 35, silver = 14 }
}

module "orders" {
  source = "./modules/backup"
  tier   = "silver"
  name   = "orders"
  keep   = 14
  vault  = aws_backup_vault.main.name
  role   = aws_iam_role.backup.arn
  extra  = [aws_dynamodb_table.orders.arn]
}

resource "aws_backup_vault" "main" {
  name = "main"
}

resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_ebs_volume" "hidden" {
  availability_zone = "eu-west-1a"
  size              = 8
  tags              = { "backup-tier" = terraform_data.tag.output }
}
