module "dr" {
  source    = "./vault"
  providers = { aws = aws.dr }
  count     = 1
  name      = "dr"
}
