import {
  type EventBridgeEvent,
  eventBridgeEvent,
  isoTime,
} from '../../src/testing/ecs-model/event-bridge-event.js'
import { instanceResources } from './instance-description.js'
import { clusterArn, type Place, serviceArn } from '../../src/testing/ecs-model/place.js'
import type { Random } from '../prng.js'
import type { PauseHook } from './deployment-pauses.js'
import type { SimulatedInstance } from './simulated-instance.js'

/** "ECS Container Instance State Change": frequent, versioned, and without any address. */
export const instanceEvent = (instance: SimulatedInstance, random: Random): EventBridgeEvent =>
  eventBridgeEvent(
    instance.place,
    'ECS Container Instance State Change',
    instance.arn,
    instance.updatedAt,
    {
      agentConnected: instance.agentConnected,
      attributes: capabilities,
      clusterArn: clusterArn(instance.place),
      containerInstanceArn: instance.arn,
      ec2InstanceId: instance.machineId,
      registeredAt: isoTime(instance.registeredAt),
      ...instanceResources(instance),
      status: instance.status,
      version: instance.version,
      versionInfo: { agentHash: '5e1c7b2a', agentVersion: '1.89.2', dockerVersion: 'DockerVersion: 25.0.6' },
      updatedAt: isoTime(instance.updatedAt),
    },
    random.uuid(),
  )

const capabilities = [
  'com.amazonaws.ecs.capability.ecr-auth',
  'com.amazonaws.ecs.capability.task-iam-role',
  'com.amazonaws.ecs.capability.logging-driver.awslogs',
  'com.amazonaws.ecs.capability.docker-remote-api.1.44',
  'ecs.capability.execution-role-awslogs',
  'ecs.capability.container-health-check',
  'ecs.capability.task-eni',
].map((name) => ({ name }))

/** "ECS Service Action": names its service in `resources` only, and has no version. */
export const serviceActionEvent = (
  place: Place,
  service: string,
  eventName: 'SERVICE_STEADY_STATE' | 'SERVICE_DESIRED_COUNT_UPDATED',
  at: number,
  random: Random,
): EventBridgeEvent =>
  eventBridgeEvent(
    place,
    'ECS Service Action',
    serviceArn(place, service),
    at,
    { eventType: 'INFO', eventName, clusterArn: clusterArn(place), createdAt: isoTime(at) },
    random.uuid(),
  )

/** "ECS Hook State Change": a deployment waits in a pause. Its times have whole seconds, but for `updatedAt`. */
export const pauseEvent = (
  place: Place,
  service: string,
  deployment: string,
  { id, stage, expiresAt }: PauseHook,
  at: number,
  random: Random,
): EventBridgeEvent =>
  eventBridgeEvent(
    place,
    'ECS Hook State Change',
    deployment,
    at,
    {
      eventType: 'INFO',
      eventName: 'HOOK_AWAITING_ACTION',
      hookId: id,
      hookType: 'PAUSE',
      expiresAt: isoTime(Math.floor(expiresAt / 1000) * 1000),
      lifecycleStage: stage,
      clusterArn: clusterArn(place),
      serviceArn: serviceArn(place, service),
      serviceDeploymentArn: deployment,
      updatedAt: isoTime(at),
    },
    random.uuid(),
  )
