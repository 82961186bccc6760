import { SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm'

export const ssmClient = (settings: SSMClientConfig): SSMClient => new SSMClient(settings)
