# Two workers that follow the cluster `staging`: Traefik's configuration over HTTP by three tasks that share a journal,
# and SRV records. In your own configuration the sources are
# "git::https://github.com/ecs-task-stream/ecs-task-stream.git//infrastructure/terraform/worker?ref=<commit or tag>".

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

variable "image" {
  description = "The image made from the Dockerfile, with a digest."
  type        = string
}

variable "subnets" {
  description = "Subnets of the workers."
  type        = list(string)
}

variable "security_groups" {
  description = "Security groups of the workers."
  type        = list(string)
}

variable "hosted_zone_id" {
  description = "The hosted zone of the records."
  type        = string
}

module "events" {
  source = "../event-path"

  cluster_arns = ["arn:aws:ecs:eu-west-1:123456789012:cluster/staging"]
  queues       = ["traefik-http", "srv-records"]
  fan_out      = true
}

module "traefik_http" {
  source = "../worker"

  worker          = "traefik-http"
  cluster_name    = "staging"
  queue           = module.events.queues["traefik-http"]
  image           = var.image
  host_cluster    = "tools"
  subnets         = var.subnets
  security_groups = var.security_groups
  journal         = true
  desired_count   = 3
}

module "srv_records" {
  source = "../worker"

  worker          = "srv-records"
  cluster_name    = "staging"
  queue           = module.events.queues["srv-records"]
  hosted_zone_id  = var.hosted_zone_id
  image           = var.image
  host_cluster    = "tools"
  subnets         = var.subnets
  security_groups = var.security_groups
  environment     = { TTL_SECONDS = "30" }
}
