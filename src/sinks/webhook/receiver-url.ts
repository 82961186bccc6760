import { OptionError } from '../../core/option-error.js'

/** Shows no more of a URL than people need: paths and queries may be secret. */
export const placeOf = (url: URL): string => url.origin

/** Throws an OptionError unless it is a URL that requests may go to. */
export const receiverUrl = (text: string, { allowHttp }: { readonly allowHttp: boolean }): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new OptionError('webhook: url: expected an https URL, got something else')
  if (url.protocol === 'http:' && !allowHttp)
    throw new OptionError(
      `webhook: url: expected an https URL, got ${placeOf(url)}: everybody on the way could read and repeat what is sent. If that is meant, set allowHttp`,
    )
  if (url.username !== '' || url.password !== '')
    throw new OptionError(
      `webhook: url: expected a URL without a user and password, got one for ${placeOf(url)}: give them in headers`,
    )
  return url
}
