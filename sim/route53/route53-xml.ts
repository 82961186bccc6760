import { XMLParser } from 'fast-xml-parser'
import { ApiFailure } from '../aws-api/api-failure.js'

/** An element as `XMLParser` returns it: its text, or its children by name. */
export type XmlElement = string | { readonly [name: string]: XmlElement | readonly XmlElement[] | undefined }

/** The content of an element of a response: its text, or its children by name, with repeated ones in an array. */
export type XmlContent =
  string | number | boolean | { readonly [name: string]: XmlContent | readonly XmlContent[] | undefined }

const namespace = 'https://route53.amazonaws.com/doc/2013-04-01/'

const parser = new XMLParser({
  ignoreDeclaration: true,
  parseTagValue: false,
  // A value may begin or end with a space.
  trimValues: false,
})

/**
 * Parses a request's body, which is one element.
 *
 * @throws {ApiFailure} `MalformedInput` if that element is missing.
 */
export const xmlRequest = (body: string, root: string): XmlElement => {
  const element = parsed(body)[root]
  if (element === undefined)
    throw new ApiFailure('MalformedInput', `The request body is not an XML document of ${root}.`)
  return element
}

const parsed = (body: string): Readonly<Record<string, XmlElement>> => {
  try {
    return parser.parse(body) as Readonly<Record<string, XmlElement>>
  } catch {
    return {}
  }
}

/** The document of a response. */
export const xmlAnswer = (root: string, content: XmlContent): string =>
  `<?xml version="1.0"?>\n<${root} xmlns="${namespace}">${xmlContent(content)}</${root}>`

/** The error document, which every SDK understands. */
export const xmlFailure = ({ code, message, status }: ApiFailure, requestId: string): string =>
  xmlAnswer('ErrorResponse', {
    Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message },
    RequestId: requestId,
  })

const xmlContent = (content: XmlContent): string => {
  if (typeof content !== 'object')
    return String(content).replace(/[<>&]/g, (char) => `&#${char.charCodeAt(0)};`)
  return Object.entries(content)
    .flatMap(([name, child]) =>
      (isList(child) ? child : child === undefined ? [] : [child]).map(
        (each) => `<${name}>${xmlContent(each)}</${name}>`,
      ),
    )
    .join('')
}

/** The text of a child, if it exists. */
export const textOf = (element: XmlElement | undefined, name: string): string | undefined => {
  const child = childOf(element, name)
  return typeof child === 'string' ? child : undefined
}

/** The first child with this name. */
export const childOf = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  childrenOf(element, name)[0]

/** All children with this name. */
export const childrenOf = (element: XmlElement | undefined, name: string): readonly XmlElement[] => {
  if (typeof element !== 'object') return []
  const child = element[name]
  return child === undefined ? [] : isList(child) ? child : [child]
}

const isList = <A>(child: A | readonly A[]): child is readonly A[] => Array.isArray(child)
