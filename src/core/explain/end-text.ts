import type { ContainerEnd, TaskEnd } from '../task-end.js'
import { stopKind } from './stop-kind.js'
import { aboutStop } from './what-to-do.js'

/** What to do about the end of a task; `undefined` if nothing needs to be done, or nothing is known. */
export const todoAfter = (end: TaskEnd | undefined): string | undefined =>
  end === undefined ? undefined : aboutStop[stopKind(end)]

const containerText = ({ name, exitCode, reason }: ContainerEnd): string => {
  if (exitCode === undefined) return `${name} ${reason ?? ''}`
  return `${name} exit code ${exitCode}${reason === undefined ? '' : ` (${reason})`}`
}

/** The most containers that one sentence names. */
const namedContainers = 5

/** `Essential container in task exited, web exit code 137 (OutOfMemoryError: …)`. */
export const endText = ({ stopCode, reason = stopCode, containers }: TaskEnd): string =>
  [
    ...(reason === undefined ? [] : [reason]),
    ...containers.slice(0, namedContainers).map(containerText),
    ...(containers.length > namedContainers ? [`and ${containers.length - namedContainers} more`] : []),
  ].join(', ')
