# A worker on Fargate: its roles, log, task definition and service, and the tables that it needs. workers.json says what
# each worker is, and policies/ what each part of it may do: they are compared with docs/iam.md and with the
# CloudFormation templates.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  name   = coalesce(var.name, var.worker)
  traits = jsondecode(file("${path.module}/workers.json"))[var.worker]

  by_queue = contains(local.traits.parts, "sqs")
  by_table = contains(local.traits.parts, "traefikTable")
  to_bus   = var.target == "event-bridge"
  owner    = local.traits.owns ? "ecs-task-stream/${var.cluster_name}" : null

  # The role of the worker: docs/iam.md.
  parts = concat(
    local.traits.parts,
    local.to_bus ? ["eventBridge"] : [],
    var.target == "cloud-map" ? ["cloudMap"] : [],
    var.continue_paused ? ["continuePaused"] : [],
    var.journal ? ["dynamoDbJournal"] : [],
  )
  names = {
    partition      = data.aws_partition.current.partition
    region         = data.aws_region.current.region
    account        = data.aws_caller_identity.current.account_id
    cluster        = var.cluster_name
    queue_arn      = try(var.queue.arn, "")
    table_arn      = one(aws_dynamodb_table.traefik[*].arn)
    journal_arn    = one(aws_dynamodb_table.journal[*].arn)
    hosted_zone_id = var.hosted_zone_id
    event_bus_arn  = var.event_bus_arn
  }
  statements = flatten([
    for part in local.parts : jsondecode(templatefile("${path.module}/policies/${part}.json", {
      for name, value in local.names : name => value == null ? "" : value
    }))
  ])
  needed = [
    for statement in local.statements : statement
    if var.ecs_anywhere || statement.Action != "ssm:DescribeInstanceInformation"
  ]

  # What is null is not set.
  settings = {
    CLUSTER             = var.cluster_name
    REGION              = data.aws_region.current.region
    OWNER               = local.owner
    PORT                = ":8080"
    QUEUE_URL           = local.by_queue ? try(var.queue.url, null) : null
    TRAEFIK_TABLE       = one(aws_dynamodb_table.traefik[*].name)
    TOPIC_ARNS          = var.topic_arn
    ZONE_ID             = var.hosted_zone_id
    NAME_TEMPLATE       = var.worker == "srv-records" ? var.name_template : null
    TARGET              = var.target
    EVENT_BUS_NAME      = local.to_bus ? var.event_bus_arn : null
    CLOUD_MAP_NAMESPACE = var.target == "cloud-map" ? var.namespace_id : null
    HAPROXY_ADDRESS     = var.target == "haproxy" ? var.haproxy_address : null
    WEBHOOK_URL         = var.target == "webhook" ? var.webhook_url : null
    CONTINUE_PAUSED     = local.traits.drives ? (var.continue_paused ? "on" : "off") : null
    JOURNAL             = var.journal ? "dynamodb:${aws_dynamodb_table.journal[0].name}" : null
  }
  environment = merge({ for name, value in local.settings : name => value if value != null }, var.environment)

  secrets = { for name in [local.traits.secret] : name => var.secret_arn if name != null && var.secret_arn != null }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs-task-stream/${local.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_ecs_task_definition" "this" {
  family                   = local.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = tostring(var.cpu)
  memory                   = tostring(var.memory)
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  container_definitions = jsonencode([{
    name                   = "worker"
    image                  = var.image
    essential              = true
    command                = [var.worker]
    user                   = "1000:1000"
    readonlyRootFilesystem = true
    # Longer than the worker drains.
    stopTimeout  = 30
    portMappings = [{ containerPort = 8080, protocol = "tcp" }]
    environment  = [for name, value in local.environment : { name = name, value = value }]
    secrets      = [for name, arn in local.secrets : { name = name, valueFrom = arn }]
    healthCheck = {
      command = [
        "CMD", "node", "-e",
        "fetch('http://127.0.0.1:8080/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))",
      ]
      interval    = 30
      timeout     = 5
      retries     = 3
      startPeriod = 30
    }
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = data.aws_region.current.region
        awslogs-stream-prefix = var.worker
      }
    }
  }])
}

resource "aws_ecs_service" "this" {
  name            = local.name
  cluster         = var.host_cluster
  task_definition = aws_ecs_task_definition.this.arn
  launch_type     = "FARGATE"
  propagate_tags  = "SERVICE"
  # Without a journal, two workers would each see a part of the events: one runs, and the old one goes first.
  desired_count                      = var.journal ? var.desired_count : 1
  deployment_minimum_healthy_percent = var.journal ? 100 : 0
  deployment_maximum_percent         = var.journal ? 200 : 100

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnets
    security_groups  = var.security_groups
    assign_public_ip = var.assign_public_ip
  }

  dynamic "load_balancer" {
    for_each = var.target_group_arn == null ? [] : [var.target_group_arn]
    content {
      container_name   = "worker"
      container_port   = 8080
      target_group_arn = load_balancer.value
    }
  }

  # ECS starts the task at once, and the worker ends where its role denies what it needs.
  depends_on = [aws_iam_role_policy.worker, aws_iam_role_policy_attachment.execution, aws_iam_role_policy.secret]

  lifecycle {
    precondition {
      condition     = !local.by_queue || var.queue != null
      error_message = "${var.worker} needs a queue: give it one of the output `queues` of event-path."
    }
    precondition {
      condition     = local.by_queue || var.queue == null
      error_message = "ecs-task-tracker is told by a topic: set topic_arn, and no queue."
    }
    precondition {
      condition     = (var.worker == "ecs-task-tracker") == (var.topic_arn != null)
      error_message = "topic_arn is for ecs-task-tracker, which needs it."
    }
    precondition {
      condition     = (var.worker == "srv-records") == (var.hosted_zone_id != null)
      error_message = "hosted_zone_id is for srv-records, which needs it."
    }
    precondition {
      condition     = (var.worker == "target") == (var.target != null)
      error_message = "target is for the worker target, which needs it."
    }
    precondition {
      condition     = !local.to_bus || var.event_bus_arn != null
      error_message = "target = \"event-bridge\" needs event_bus_arn."
    }
    precondition {
      condition     = var.target != "cloud-map" || var.namespace_id != null
      error_message = "target = \"cloud-map\" needs namespace_id."
    }
    precondition {
      condition     = var.target != "haproxy" || var.haproxy_address != null
      error_message = "target = \"haproxy\" needs haproxy_address."
    }
    precondition {
      condition     = var.target != "webhook" || (var.webhook_url != null && var.secret_arn != null)
      error_message = "target = \"webhook\" needs webhook_url and secret_arn."
    }
    precondition {
      condition     = var.secret_arn == null || (local.traits.secret != null && (var.worker != "target" || var.target == "webhook"))
      error_message = "${var.worker} takes no secret as it is set."
    }
    precondition {
      condition     = !var.continue_paused || local.traits.drives
      error_message = "continue_paused is for workers that route: ${var.worker} does not."
    }
    precondition {
      condition     = var.journal || var.desired_count == 1
      error_message = "Several tasks need journal = true (docs/scaling.md)."
    }
  }
}

# For ecs-task-tracker: the subscription of its URL.
resource "aws_sns_topic_subscription" "this" {
  count = var.event_url == null ? 0 : 1

  topic_arn = var.topic_arn
  protocol  = "https"
  endpoint  = var.event_url
  # The worker confirms it, once it is reached.
  endpoint_auto_confirms = true
  # Raw messages are not signed.
  raw_message_delivery = false
  redrive_policy       = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead_letter[0].arn })
  delivery_policy = jsonencode({
    healthyRetryPolicy = {
      minDelayTarget     = 5
      maxDelayTarget     = 120
      numRetries         = 40
      numMinDelayRetries = 10
      backoffFunction    = "exponential"
    }
  })

  depends_on = [aws_ecs_service.this]
}

# What SNS could not deliver within its hour.
resource "aws_sqs_queue" "dead_letter" {
  count = var.topic_arn == null ? 0 : 1

  name                      = "${local.name}-dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_policy" "dead_letter" {
  count = var.topic_arn == null ? 0 : 1

  queue_url = aws_sqs_queue.dead_letter[0].url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.dead_letter[0].arn
      Condition = { ArnEquals = { "aws:SourceArn" = var.topic_arn } }
    }]
  })
}
