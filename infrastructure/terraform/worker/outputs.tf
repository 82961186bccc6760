output "service_name" {
  description = "The ECS service of the worker."
  value       = aws_ecs_service.this.name
}

output "task_role_arn" {
  description = "What the worker may do: attach further policies, such as kms:Decrypt on your own key."
  value       = aws_iam_role.task.arn
}

output "log_group_name" {
  description = "Where its log is."
  value       = aws_cloudwatch_log_group.this.name
}

output "table_name" {
  description = "What Traefik v1's [dynamodb] provider reads, or null."
  value       = one(aws_dynamodb_table.traefik[*].name)
}

output "journal_name" {
  description = "The table of the journal, or null."
  value       = one(aws_dynamodb_table.journal[*].name)
}
