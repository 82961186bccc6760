import { EC2Client, type EC2ClientConfig } from '@aws-sdk/client-ec2'

export const ec2Client = (settings: EC2ClientConfig): EC2Client => new EC2Client(settings)
