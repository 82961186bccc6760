# What Traefik v1's [dynamodb] provider reads. Frontends are in it, which nobody could restore: to destroy it, turn the
# protection off by hand.
resource "aws_dynamodb_table" "traefik" {
  count = local.by_table ? 1 : 0

  name                        = "${local.name}-traefik"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = true

  attribute {
    name = "id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

# Workers that use a table which is deleted would not hear from each other.
resource "aws_dynamodb_table" "journal" {
  count = var.journal ? 1 : 0

  name                        = "${local.name}-journal"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "journal"
  range_key                   = "number"
  deletion_protection_enabled = true

  attribute {
    name = "journal"
    type = "S"
  }

  attribute {
    name = "number"
    type = "N"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}
