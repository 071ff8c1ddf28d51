/**
 * A request in whatever form a platform, a package or a framework has it, read once (RFC 9110 §5, §6).
 *
 * @module
 */

/** What a header holds; a list where it stands there more than once. */
type HeaderValue = string | readonly string[] | undefined

/**
 * Headers of a request: of `fetch`, whoever's; pairs, as of a `Map`; lines, as of Node's `rawHeaders`; or members, as Node
 * and gateways have them. Names may be in any case.
 *
 * Node's `headers` has the first of two `Authorization` headers alone: hand over the request itself, or its `rawHeaders`.
 */
export type RequestHeaders =
  | {
      /** Returns a header. */
      get(name: string): string | null | undefined
    }
  | Iterable<readonly [string, HeaderValue]>
  | readonly string[]
  | Readonly<Record<string, HeaderValue>>

/** A request, as any framework can hand it over; a `Request`, a request of Node's and an event of a gateway's are one. */
export interface ResourceRequest {
  readonly method?: string | undefined
  /** The URL; or the request target as it came, path and query alone (RFC 9112 §3.2.1). */
  readonly url?: string | undefined
  readonly headers: RequestHeaders
  /** All header lines, where `headers` may lack some, as in Node. */
  readonly rawHeaders?: readonly string[] | undefined
  /** The same of an event of API Gateway's. */
  readonly multiValueHeaders?: Readonly<Record<string, HeaderValue>> | null | undefined
  /**
   * SHA-256 of the client's certificate in DER, base64url (`x5t#S256`), if the TLS connection proved one. Never what a
   * header says that the client can write.
   */
  readonly certificate?: string | undefined
  /** By which scheme the client came, where `url` is a target. Default: what Node's `socket` says. */
  readonly scheme?: string | undefined
  readonly socket?: object | undefined
  /**
   * What stands for this request in its framework: however often it is verified, its proof is used once. Default: nothing,
   * each call is a request of its own.
   */
  readonly native?: object | undefined
}

/** What there is of a request. */
export interface ReadRequest {
  readonly method: string | undefined
  /** Empty where it tells none. */
  readonly url: string
  /** Whether the URL can be nothing but a request target: where a server of Node's took the request. */
  readonly isTarget: boolean
  /** The scheme that comes from beside the URL. */
  readonly scheme: string | undefined
  readonly certificate: string | undefined
  readonly native: object | undefined
  /** Returns a header, by its name in lower case; one that stands there more than once is joined, as `fetch` does (RFC 9110 §5.2). */
  header(name: string): string | undefined
}

type FindValues = (name: string) => readonly unknown[]

/** Returns names and values, whichever of its forms they have. */
function entriesOf(headers: object): readonly (readonly unknown[])[] {
  if (!(Symbol.iterator in headers)) return Object.entries(headers)
  const list = [...(headers as Iterable<unknown>)]
  if (list.every(Array.isArray)) return list
  return list.map((name, index) => [name, list[index + 1]]).filter((_, index) => index % 2 === 0)
}

function findIn(headers: unknown): FindValues {
  if (typeof headers !== 'object' || headers === null) return () => []
  const { get } = headers as { readonly get?: unknown }
  // The platform's own are asked as they are. Of others `get` may know one case alone, as that of a Map does.
  const isAsked = headers instanceof Headers || !(Symbol.iterator in headers)
  // Headers of `fetch` throw at the names of HTTP/2's pseudo-headers, and have none.
  if (typeof get === 'function' && isAsked) return (name) => (name.startsWith(':') ? [] : [get.call(headers, name)])
  const entries = entriesOf(headers)
  return (name) =>
    entries.flatMap(([key, value]) => (typeof key === 'string' && key.toLowerCase() === name ? value : []))
}

/** Returns the scheme of a socket of Node's, where there is one. */
function schemeOf(socket: unknown): string | undefined {
  if (typeof socket !== 'object' || socket === null) return undefined
  return (socket as { readonly encrypted?: unknown }).encrypted === true ? 'https' : 'http'
}

function textOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value)
}

/** What reading a request came to: it threw. Nobody outside ever sees it. */
export class UnreadableRequest extends Error {}

/** Runs what reads; what it throws is the request's. */
function reading<Result>(read: () => Result): Result {
  try {
    return read()
  } catch {
    throw new UnreadableRequest()
  }
}

/**
 * Reads a request. What is none tells nothing.
 *
 * @throws {UnreadableRequest} when one of its members throws; a header may do so when it is asked for
 */
export function readRequest(request: ResourceRequest): ReadRequest {
  return reading(() => {
    const { method, url, headers, rawHeaders, multiValueHeaders, certificate, scheme, socket, native } = Object(
      request,
    ) as ResourceRequest
    // Lines and lists have all that came, members the first or the last: what is there twice must not look as if it were not.
    const own = findIn(headers)
    const others = [rawHeaders, multiValueHeaders].map(findIn)
    const textsOf = (find: FindValues, name: string): readonly unknown[] =>
      find(name).filter((value) => typeof value === 'string')
    return {
      method: textOf(method),
      url: textOf(url) ?? '',
      isTarget: Array.isArray(rawHeaders) || scheme !== undefined,
      scheme: schemeOf(socket) ?? textOf(scheme),
      certificate: textOf(certificate),
      native: typeof native === 'object' && native !== null ? native : undefined,
      header(name) {
        const texts = reading(() =>
          others.reduce(
            (most, find) => {
              const some = textsOf(find, name)
              return some.length > most.length ? some : most
            },
            textsOf(own, name),
          ),
        )
        return texts.length === 0 ? undefined : texts.join(', ')
      },
    }
  })
}
