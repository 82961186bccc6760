import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53'

/** A simple record set with a TTL of 10 s; `rest` wins. */
export const set = (
  Name: string,
  Type: string,
  values: readonly string[],
  rest: object = {},
): ResourceRecordSet =>
  ({
    Name,
    Type,
    TTL: 10,
    ResourceRecords: values.map((Value) => ({ Value })),
    ...rest,
  }) as ResourceRecordSet

/** An SRV record set as `ecssd` writes it: weight 1, TTL 0. */
export const weighted = (Name: string, id: string, value: string, rest: object = {}): ResourceRecordSet =>
  set(Name, 'SRV', [value], { SetIdentifier: id, Weight: 1, TTL: 0, ...rest })

const as =
  (Action: 'CREATE' | 'DELETE' | 'UPSERT') =>
  (ResourceRecordSet: ResourceRecordSet): Change => ({ Action, ResourceRecordSet })
export const created = as('CREATE')
export const deleted = as('DELETE')
export const upserted = as('UPSERT')
