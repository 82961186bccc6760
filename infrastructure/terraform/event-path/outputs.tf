output "queues" {
  description = "By the names in var.queues: the URL and the ARN of the queue, and the URL of its dead-letter queue."
  value = {
    for name in var.queues : name => {
      url             = aws_sqs_queue.this[name].url
      arn             = aws_sqs_queue.this[name].arn
      dead_letter_url = aws_sqs_queue.dead_letter[name].url
    }
  }
}

output "topic_arn" {
  description = "The topic between rules and queues, or null without fan_out."
  value       = one(aws_sns_topic.this[*].arn)
}
