import type { Unresolved } from '../desired.js'
import type { StopKind } from './stop-kind.js'
import type { Skipped } from '../plan.js'

/** What to do about a task that is unresolved. `docs/why-is-my-task-not-routed.md` says the same; a test compares. */
export const aboutUnresolved: Readonly<Record<Unresolved['why'], string>> = {
  'instance-address': 'wait some seconds; if it stays, `source failed` says which lookup fails',
  'task-definition': 'wait some seconds; if it stays, `source failed` says which lookup fails',
  'interface-address': "wait: ECS has not told the task's address yet",
  'lookup-refused': 'add the permission that the log names',
  'name-taken': 'another service has the name: set `BACKEND_NAME={cluster}-{service}`, or rename',
  'health-check': 'the health check of its definition has not passed yet',
  refused: 'correct the label, variable or port mapping that the text names',
  held: 'nothing: its deployment gives it no requests yet. The text names the stage',
  deployment: 'wait some seconds; if it stays, `source failed` says why ECS does not answer',
}

/**
 * What to do about a task that stopped; `undefined` where nothing needs to be done.
 * `docs/why-is-my-task-not-routed.md` says the same; a test compares.
 */
export const aboutStop: Readonly<Record<StopKind, string | undefined>> = {
  image:
    'check that the image exists, and that the task can reach and read its registry: execution role, route',
  memory: 'give the container more memory, or find what takes it',
  resources: 'allow the execution role what the text names, and give the task a route to it',
  start: 'correct what the text names: command, mount, network or capacity',
  'load-balancer': "correct path, port, security group or grace period of the load balancer's health check",
  'container-health':
    'run the health check of its definition in the container; give it a longer start period',
  exited: 'its own log says why it exited',
  succeeded: 'it ended without an error: a task of a service should run on',
  killed: 'it was killed: its memory was not enough, or it outlived its stop timeout',
  capacity: undefined,
  wanted: undefined,
  other: undefined,
}

/** What to do about a change that is skipped. */
export const aboutSkipped: Readonly<Record<Skipped<unknown>['why'], string>> = {
  incomplete: 'wait for the snapshot. If it stays, `source failed` says why there is none',
  'too-much':
    'nothing, if most services really stopped: a newer snapshot confirms it within seconds (the prune guard)',
  unjudged: 'allow the lookup of task definitions',
  foreign: 'give both installations the same owner and settings, or remove what was written by hand',
  'emptied-only': 'nothing: the record is emptied, and stays without servers',
}

/** Why a change is skipped. */
export const skippedBecause: Readonly<Record<Skipped<unknown>['why'], string>> = {
  incomplete: 'the desired state is not complete yet',
  'too-much': 'the prune guard waits until newer snapshots confirm it',
  unjudged: 'it points to the host of a live task whose backend names cannot be known',
  foreign: 'it belongs to another owner, or to none and the sink does not adopt',
  'emptied-only': 'the prune guard has it emptied instead of deleted',
}
