// Two workers that follow the cluster `staging`: Traefik's configuration over HTTP by three tasks that share a journal,
// and SRV records. `npx cdk --app 'npx tsx infrastructure/cdk/example.ts' synth`.
import { App, Stack } from 'aws-cdk-lib'
import { Vpc } from 'aws-cdk-lib/aws-ec2'
import { Cluster } from 'aws-cdk-lib/aws-ecs'
import { HostedZone } from 'aws-cdk-lib/aws-route53'
import { EventPath } from './event-path'
import { Worker } from './worker'

const app = new App()
const stack = new Stack(app, 'ecs-task-stream', { env: { account: '123456789012', region: 'eu-west-1' } })

const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-12345678',
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  privateSubnetIds: ['subnet-11111111', 'subnet-22222222'],
})
const common = {
  clusterName: 'staging',
  image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-task-stream:0.1.0',
  hostCluster: Cluster.fromClusterAttributes(stack, 'Tools', { clusterName: 'tools', vpc }),
  vpc,
}

const events = new EventPath(stack, 'Events', {
  clusterArns: ['arn:aws:ecs:eu-west-1:123456789012:cluster/staging'],
  fanOut: true,
})

new Worker(stack, 'TraefikHttp', {
  ...common,
  worker: 'traefik-http',
  queue: events.queue,
  journal: true,
  desiredCount: 3,
})

new Worker(stack, 'SrvRecords', {
  ...common,
  worker: 'srv-records',
  queue: events.addQueue('SrvRecordsQueue'),
  hostedZone: HostedZone.fromHostedZoneId(stack, 'Zone', 'Z0123456789ABCDEFGHIJ'),
})

app.synth()
