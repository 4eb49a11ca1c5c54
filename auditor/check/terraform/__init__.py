"""Plans of Terraform and OpenTofu as JSON (`show -json`)."""
