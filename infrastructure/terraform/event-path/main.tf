# The way of events to workers: rules, queues, dead-letter queues, their policies and alarms. As ../../event-path.yaml,
# and with several names in `queues` as ../../event-queue.yaml, too. Each worker needs every event, so each has a queue
# of its own.

locals {
  rules = {
    # The changes of every task, in every status, each of which counts, and the pauses of deployments. That a deployment
    # waits in a pause is in the events of hooks, which name their cluster.
    tasks = {
      source      = ["aws.ecs"]
      detail-type = ["ECS Task State Change", "ECS Hook State Change"]
      detail      = { clusterArn = var.cluster_arns }
    }
    # These events name no cluster that a pattern could compare. Workers count those of other clusters, and delete them.
    deployments = {
      source      = ["aws.ecs"]
      detail-type = ["ECS Deployment State Change"]
    }
  }
  direct_queue = sort(var.queues)[0]
  rule_arns    = [for name in ["tasks", "deployments"] : aws_cloudwatch_event_rule.this[name].arn]
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.rules

  name          = "${var.name}-${each.key}"
  description   = "Events of ECS for ecs-task-stream."
  event_pattern = jsonencode(each.value)
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.rules

  rule      = aws_cloudwatch_event_rule.this[each.key].name
  target_id = "worker"
  arn       = var.fan_out ? aws_sns_topic.this[0].arn : aws_sqs_queue.this[local.direct_queue].arn

  # What EventBridge could not deliver in a day.
  dead_letter_config {
    arn = aws_sqs_queue.undelivered.arn
  }

  lifecycle {
    precondition {
      condition     = var.fan_out || length(var.queues) == 1
      error_message = "Several queues need fan_out = true: each of them must get every event."
    }
  }
}

resource "aws_sqs_queue" "this" {
  for_each = var.queues

  name                       = "${var.name}-${each.key}"
  message_retention_seconds  = 345600
  visibility_timeout_seconds = var.visibility_seconds
  sqs_managed_sse_enabled    = true
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter[each.key].arn
    maxReceiveCount     = var.max_receives
  })
}

# What no worker could read, or apply before it was received too often.
resource "aws_sqs_queue" "dead_letter" {
  for_each = var.queues

  name                      = "${var.name}-${each.key}-dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "undelivered" {
  name                      = "${var.name}-undelivered"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_policy" "this" {
  for_each = var.queues

  queue_url = aws_sqs_queue.this[each.key].url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = var.fan_out ? "sns.amazonaws.com" : "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.this[each.key].arn
      Condition = { ArnEquals = { "aws:SourceArn" = var.fan_out ? [aws_sns_topic.this[0].arn] : local.rule_arns } }
    }]
  })
}

resource "aws_sqs_queue_policy" "undelivered" {
  queue_url = aws_sqs_queue.undelivered.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.undelivered.arn
      Condition = { ArnEquals = { "aws:SourceArn" = local.rule_arns } }
    }]
  })
}

resource "aws_sns_topic" "this" {
  count = var.fan_out ? 1 : 0

  name = var.name
  # Its messages are signed with SHA-256.
  signature_version = 2
}

resource "aws_sns_topic_policy" "this" {
  count = var.fan_out ? 1 : 0

  arn = aws_sns_topic.this[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      # No condition: AWS documents that EventBridge supports none in a topic's policy.
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.this[0].arn
    }]
  })
}

resource "aws_sns_topic_subscription" "this" {
  for_each = var.fan_out ? var.queues : toset([])

  topic_arn            = aws_sns_topic.this[0].arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.this[each.key].arn
  raw_message_delivery = true
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  for_each = var.queues

  alarm_name          = aws_sqs_queue.dead_letter[each.key].name
  alarm_description   = "Messages that no worker could read or apply. Look for their ids in the worker's log."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letter[each.key].name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "age" {
  for_each = var.queues

  alarm_name          = "${aws_sqs_queue.this[each.key].name}-age"
  alarm_description   = "The worker does not keep up, or does not run."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = aws_sqs_queue.this[each.key].name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 15
  threshold           = 600
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
}
