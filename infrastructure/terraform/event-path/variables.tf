variable "name" {
  description = "What the names of the rules, queues, topic and alarms begin with."
  type        = string
  default     = "ecs-events"
}

variable "cluster_arns" {
  description = "The ARNs of the clusters whose task events are wanted, of this account and region."
  type        = list(string)

  validation {
    condition     = length(var.cluster_arns) > 0
    error_message = "Name at least one cluster: an empty list would match no event."
  }
}

variable "queues" {
  description = "A queue for each worker, by a name of your own. Workers that share a journal share a queue."
  type        = set(string)
  default     = ["worker"]

  validation {
    condition     = length(var.queues) > 0
    error_message = "Name at least one queue: ecs-task-tracker alone needs none, but then a subscription of its own is enough."
  }
}

variable "fan_out" {
  description = "Whether a topic stands between the rules and the queues, for several queues and for HTTP."
  type        = bool
  default     = false
}

variable "visibility_seconds" {
  description = "How long a message that was received stays hidden. Workers send their own with each receive; for the function it must be six times its timeout, which is 360."
  type        = number
  default     = 30
}

variable "max_receives" {
  description = "After how many receives a message goes to the dead-letter queue. A restart is a receive too."
  type        = number
  default     = 10

  validation {
    condition     = var.max_receives >= 5 && var.max_receives <= 1000
    error_message = "max_receives is from 5 to 1000."
  }
}

variable "alarm_actions" {
  description = "The ARNs that the alarms notify, such as topics of SNS."
  type        = list(string)
  default     = []
}
