import * as O from 'fp-ts/lib/Option.js'
import { placeOf } from '../../core/arn.js'
import { isRoleArn, roleAccount } from '../../sources/ecs-api/clients/role-arn.js'
import { list, type SettingType, text } from '../settings/setting-type.js'
import { optional, type SettingsOf } from '../settings/setting.js'
import type { Contradiction } from '../settings/settings.js'

const example = 'arn:aws:iam::210987654321:role/ecs-reader'

/** One or more ARNs of roles. */
const roleArns = (): SettingType<readonly [string, ...string[]]> => {
  const type = list('arns', 'one or more ARNs of IAM roles, separated by commas or blanks')
  return {
    ...type,
    parse: (given) => O.filter((arns: readonly string[]) => arns.every(isRoleArn))(type.parse(given)),
  }
}

/** An external ID, in the format that STS accepts. */
const externalId = (): SettingType<string> => {
  const type = text('id', 'an external ID: 2 to 1,224 letters, digits and +=,.@:/-')
  return {
    ...type,
    parse: (given) => O.filter((id: string) => /^[\w+=,.@:/-]{2,1224}$/.test(id))(type.parse(given)),
  }
}

/** Settings for workers that can follow clusters in other accounts. */
export const roleSettings = {
  assumeRole: optional(roleArns(), {
    description:
      'Roles to assume for clusters in other accounts, at most one per account; name these clusters by ARN',
    example,
    otherwise: "the environment's credentials for every cluster",
  }),
  externalId: optional(externalId(), {
    isSecret: true,
    description: 'The external ID that the trust policies of the roles require',
    example: 'a-long-random-text',
    otherwise: 'none',
  }),
}

export type RoleSettings = SettingsOf<typeof roleSettings>

const partitionIn = (arn: string): string => arn.split(':', 2)[1] ?? ''

/** Contradictions between `roleSettings` and the clusters, for `WorkerDefinition.check`. */
export const checkRoles = ({
  cluster = [],
  assumeRole,
  externalId: id,
}: Partial<RoleSettings> & { readonly cluster?: string | readonly string[] }): readonly Contradiction[] => {
  const clusters = [cluster].flat()
  const roles: readonly string[] = assumeRole ?? []
  const contradiction = (message: string): Contradiction => ({
    settings: ['assumeRole'],
    message,
    example: `ASSUME_ROLE=${example}`,
  })
  const clustersOf = (role: string): readonly string[] =>
    clusters.filter((each) => placeOf(each).account === roleAccount(role))
  return [
    ...roles.flatMap((role, i) => {
      const account = roleAccount(role)
      const former = roles.slice(0, i).find((other) => roleAccount(other) === account)
      return former === undefined
        ? []
        : [contradiction(`two roles for account ${account}: ${former} and ${role}`)]
    }),
    ...roles
      .filter((role) => clusters.length > 0 && clustersOf(role).length === 0)
      .map((role): Contradiction => ({
        settings: ['assumeRole', 'cluster'],
        message: `no cluster of account ${roleAccount(role)} is followed, so ${role} would never be assumed: name its clusters by ARN`,
        example: `CLUSTER=arn:aws:ecs:eu-west-1:${roleAccount(role)}:cluster/staging`,
      })),
    ...roles
      .filter((role) => clustersOf(role).some((each) => partitionIn(each) !== partitionIn(role)))
      .map((role) => contradiction(`${role} and its clusters are in different partitions`)),
    ...(id !== undefined && roles.length === 0
      ? [
          {
            settings: ['externalId', 'assumeRole'] as const,
            message: 'an external ID has no effect without a role to assume',
            example: `ASSUME_ROLE=${example}`,
          },
        ]
      : []),
  ]
}
