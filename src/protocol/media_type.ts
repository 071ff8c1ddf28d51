/**
 * Media types, and which of two somebody would rather have: compared by what they mean, not by their letters (RFC 9110
 * §8.3.1, §12.5.1).
 *
 * @module
 */

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const TYPE = new RegExp(`^${TOKEN}/${TOKEN}`)
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(?:(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)"))?`, 'y')

/** The essence of JSON, whatever else it says that it is (RFC 6839 §3.1). */
export const JSON_TYPE: RegExp = /^application\/(?:[\w.-]+\+)?json$/

/** The essence of what programs read, and no browser shows as a page: JSON, and what is signed or sealed (RFC 7515 §9.2.1). */
const DATA_TYPE = /^application\/(?:[\w.-]+\+)?(?:json|jwt|jose)$/

/** A media type, or a range of them. */
interface MediaType {
  /** Type and subtype, in lower case. */
  readonly essence: string
  /** Names in lower case, and values, as they stand there. */
  readonly parameters: readonly (readonly [name: string, value: string])[]
}

/** Reads one media type; nothing when it is none. */
function readMediaType(text: string): MediaType | undefined {
  const trimmed = text.trim()
  const [essence] = TYPE.exec(trimmed) ?? []
  if (essence === undefined) return undefined
  const parameters: [string, string][] = []
  let at = essence.length
  while (at < trimmed.length) {
    PARAMETER.lastIndex = at
    const found = PARAMETER.exec(trimmed)
    if (found === null) return undefined
    const [whole, name, token, quoted = ''] = found
    if (name !== undefined) parameters.push([name.toLowerCase(), token ?? quoted.replaceAll(/\\(.)/g, '$1')])
    at += whole.length
  }
  return { essence: essence.toLowerCase(), parameters }
}

/** Returns type and subtype of a media type in lower case, whatever its parameters are; the first, where it is there twice. */
export function essenceOf(type: string | null | undefined): string {
  return (type ?? '')
    .replace(/[;,].*/s, '')
    .trim()
    .toLowerCase()
}

/** Tells whether an essence is of data. */
export function isData(essence: string): boolean {
  return DATA_TYPE.test(essence)
}

/** Tells whether a label is one of UTF-8 (Encoding Standard §4.2). */
function isUtf8(label: string): boolean {
  try {
    return new TextDecoder(label).encoding === 'utf-8'
  } catch {
    return false
  }
}

/** Tells whether a `Content-Type` is the one of forms: in UTF-8, if it tells; other parameters mean nothing there. */
export function isFormType(type: string | null): boolean {
  const read = readMediaType(type ?? '')
  if (read?.essence !== 'application/x-www-form-urlencoded') return false
  return read.parameters.every(([name, value]) => name !== 'charset' || isUtf8(value))
}

/** Returns the weight of a range (RFC 9110 §12.4.2); nothing when that is none. */
function weightOf({ parameters }: MediaType): number | undefined {
  const [, weight = '1'] = parameters.find(([name]) => name === 'q') ?? []
  return /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : undefined
}

/**
 * Tells whether `Accept` names a media type, and no other is wanted more: who names none of the two gets the other. Elements
 * that are malformed are passed over.
 */
export function isPreferred(accept: string | null | undefined, type: string, other: string): boolean {
  const weights = new Map<string, number>()
  for (const element of (accept ?? '').match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? []) {
    const range = readMediaType(element)
    const weight = range && weightOf(range)
    if (range !== undefined && weight !== undefined)
      weights.set(range.essence, Math.max(weight, weights.get(range.essence) ?? 0))
  }
  const wanted = weights.get(type) ?? 0
  const ranges = [other, other.replace(/\/.*/, '/*'), '*/*']
  const rather = ranges.map((range) => weights.get(range)).find((weight) => weight !== undefined) ?? 0
  return wanted > 0 && wanted >= rather
}
