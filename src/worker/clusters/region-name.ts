import * as O from 'fp-ts/lib/Option.js'
import { isRegion } from '../../shared/aws/aws-partition.js'
import { type Kind, text } from '../settings/setting-type.js'

/** The name of a region. It is validated because it becomes part of host names. */
export const regionName = (): Kind<string> => {
  const kind = text('region', 'the name of an AWS region')
  return { ...kind, parse: (given) => O.filter(isRegion)(kind.parse(given)) }
}
