import * as O from 'fp-ts/lib/Option.js'
import { isRegion } from '../../shared/aws/aws-partition.js'
import { type SettingType, text } from '../settings/setting-type.js'

/** The name of a region. It is validated because it becomes part of host names. */
export const regionName = (): SettingType<string> => {
  const type = text('region', 'the name of an AWS region')
  return { ...type, parse: (given) => O.filter(isRegion)(type.parse(given)) }
}
