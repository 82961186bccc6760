variable "worker" {
  description = "Which worker: traefik-table, ecs-task-tracker, srv-records, traefik-http, envoy, target, prometheus or id-mapper."
  type        = string

  validation {
    condition     = contains(keys(jsondecode(file("${path.module}/workers.json"))), var.worker)
    error_message = "There is no such worker: see the keys of workers.json. For task-proxy, copy infrastructure/task-proxy.yaml."
  }
}

variable "name" {
  description = "What the names of the service, roles, tables and the log group are, or begin with. The name of the worker if null."
  type        = string
  default     = null
}

variable "cluster_name" {
  description = "The ECS cluster to follow, of this account and region."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,255}$", var.cluster_name))
    error_message = "cluster_name is a name, not an ARN: the role is made for one cluster."
  }
}

variable "queue" {
  description = "The queue of this worker alone: one of the output `queues` of event-path. Not for ecs-task-tracker."
  type        = object({ url = string, arn = string })
  default     = null
}

variable "image" {
  description = "The image made from the Dockerfile, with a digest or a tag that never moves."
  type        = string
}

variable "host_cluster" {
  description = "The ARN or name of the ECS cluster that the worker itself runs on; it may be the one that it follows."
  type        = string
}

variable "subnets" {
  description = "Subnets from which ECR, CloudWatch Logs, and the AWS APIs that the worker calls are reached."
  type        = list(string)
}

variable "security_groups" {
  description = "Nothing has to come in but what asks for health, metrics and routes, on port 8080."
  type        = list(string)
}

variable "assign_public_ip" {
  description = "True in public subnets, where there is no other way out."
  type        = bool
  default     = false
}

variable "ecs_anywhere" {
  description = "Whether tasks run on external instances, whose addresses Systems Manager tells."
  type        = bool
  default     = false
}

variable "continue_paused" {
  description = "Whether the worker continues deployments that a PAUSE hook holds, once the target has their traffic (docs/deployments.md). Leave it off where a person decides. For workers that route."
  type        = bool
  default     = false
}

variable "journal" {
  description = "Whether the workers share a journal in a table of their own (docs/scaling.md). A restart then knows everything at once, and several tasks may run."
  type        = bool
  default     = false
}

variable "desired_count" {
  description = "How many tasks run, with a journal. Without one, one task runs."
  type        = number
  default     = 1

  validation {
    condition     = var.desired_count >= 1
    error_message = "desired_count is at least 1."
  }
}

variable "secret_arn" {
  description = "The ARN of a secret of Secrets Manager, whose text requests must carry, or are signed with. Null for none. For target, only with target = \"webhook\"."
  type        = string
  default     = null
}

variable "target_group_arn" {
  description = "A target group of type ip and protocol HTTP that leads to port 8080, with /health as its check. Null for none."
  type        = string
  default     = null
}

variable "topic_arn" {
  description = "For ecs-task-tracker: the output `topic_arn` of event-path with fan_out."
  type        = string
  default     = null
}

variable "event_url" {
  description = "For ecs-task-tracker: where SNS reaches the worker, https://<host>/event. Null to subscribe later, once the worker is reached."
  type        = string
  default     = null
}

variable "hosted_zone_id" {
  description = "For srv-records: the hosted zone that the records go to."
  type        = string
  default     = null
}

variable "name_template" {
  description = "For srv-records: the name of ports without a SERVICE_<port>_NAME, such as _{service}._{protocol}. Empty for none."
  type        = string
  default     = ""
}

variable "target" {
  description = "For target: where the state of each service that changes goes (docs/target.md), event-bridge, haproxy, webhook or cloud-map."
  type        = string
  default     = null

  validation {
    condition     = var.target == null ? true : contains(["event-bridge", "haproxy", "webhook", "cloud-map"], var.target)
    error_message = "target is event-bridge, haproxy, webhook or cloud-map."
  }
}

variable "event_bus_arn" {
  description = "For target = \"event-bridge\": the ARN of the event bus."
  type        = string
  default     = null
}

variable "haproxy_address" {
  description = "For target = \"haproxy\": the host and port of HAProxy's stats socket with level admin, which nothing but the worker may reach (docs/haproxy.md)."
  type        = string
  default     = null
}

variable "namespace_id" {
  description = "For target = \"cloud-map\": the id of the Cloud Map namespace, whose services are there already."
  type        = string
  default     = null
}

variable "webhook_url" {
  description = "For target = \"webhook\": the https URL where events are posted to."
  type        = string
  default     = null
}

variable "environment" {
  description = "Further settings of the worker, by the name of their environment variable. They replace those that the module sets. Nothing secret."
  type        = map(string)
  default     = {}
}

variable "cpu" {
  description = "Units of processor time, of which 1024 are one vCPU (docs/versions.md has sizes)."
  type        = number
  default     = 256
}

variable "memory" {
  description = "Mebibytes of memory (docs/versions.md has sizes)."
  type        = number
  default     = 512
}

variable "log_retention_days" {
  description = "How long the log is kept."
  type        = number
  default     = 30
}
