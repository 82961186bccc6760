/** Interprets failed calls to Cloud Map. Pure. */
import { awsFailure, isDenied } from '../../shared/aws/aws-failure.js'

/** A quota is reached: a retry would not help. */
export class QuotaReached extends Error {
  override readonly name = 'QuotaReached'
}

/** An error message for people; its cause is what was thrown. */
export const cloudMapFailure = (
  thrown: unknown,
  { action, namespaceId }: { readonly action: string; readonly namespaceId: string },
): Error => {
  const name = thrown instanceof Error ? thrown.name : ''
  if (isDenied(thrown))
    return new Error(
      `not allowed to call servicediscovery:${action}: give that action to the role (${String(thrown)})`,
      { cause: thrown },
    )
  if (name === 'NamespaceNotFound')
    return new Error(
      `there is no namespace ${namespaceId} in this account and region: "aws servicediscovery list-namespaces" lists the ids`,
      { cause: thrown },
    )
  if (name === 'ResourceLimitExceeded')
    return new QuotaReached(
      `Cloud Map refuses ${action}, because a quota is reached (${String(thrown)}): divide the service, or ask AWS for more`,
      { cause: thrown },
    )
  return awsFailure(thrown)
}
