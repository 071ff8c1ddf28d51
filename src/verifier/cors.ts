/**
 * Which scripts of other origins a browser lets ask a resource server, and what they may read (Fetch, "CORS protocol"). No cookie is
 * ever a credential here, so credentials are never allowed.
 *
 * @module
 */

import type { AnswerHeaders } from './answer.ts'

/** Whose scripts may ask: those of every origin, or of these, each as a browser writes it, such as `https://app.example`. */
export type CorsOrigins = '*' | readonly string[]

/** What is looked at of a request. */
interface AskingRequest {
  readonly method: string | undefined
  header(name: string): string | undefined
}

/** Tells browsers who may ask. */
export interface Cors {
  /** Returns what goes with every answer, refusals too. */
  headersOf(request: AskingRequest): AnswerHeaders
  /** Returns the headers of the answer to a preflight; nothing where the request is none. */
  preflight(request: AskingRequest): AnswerHeaders | undefined
}

/** An origin of any scheme: those of editors and extensions have their own. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9._:[\]-]+$/

/** What a client sends: tokens, and MCP's own headers. */
const REQUEST_HEADERS =
  'Authorization, DPoP, Content-Type, Accept, Last-Event-ID, Mcp-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name'

/** What a script reads of an answer beside what it may anyway. */
const RESPONSE_HEADERS = 'WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id, Mcp-Protocol-Version, Retry-After'

/** Headers of MCP that are named after a tool's parameters: no list has them. */
const OF_PARAMETERS = /^mcp-param-[a-z0-9!#$%&'*+.^_`|~-]+$/i

/** Tells whether a request is a browser's question whether another may come. It has no token, and never will. */
export function isPreflight({ method, header }: AskingRequest): boolean {
  return method === 'OPTIONS' && header('origin') !== undefined && header('access-control-request-method') !== undefined
}

function isOrigin(origin: unknown): boolean {
  if (typeof origin !== 'string' || !ORIGIN.test(origin)) return false
  return !/^https?:/.test(origin) || (URL.canParse(origin) && new URL(origin).origin === origin)
}

/**
 * Returns what tells browsers who may ask.
 *
 * @throws {TypeError} when an origin is none, as a browser would write it
 */
export function createCors(origins: CorsOrigins): Cors {
  if (origins !== '*' && !(Array.isArray(origins) && origins.length > 0 && origins.every(isOrigin)))
    throw new TypeError('"cors" expected "*", or a list of origins such as "https://app.example"')

  function allow(origin: string | undefined): AnswerHeaders {
    if (origins === '*') return { 'Access-Control-Allow-Origin': '*' }
    const own = origins.find((one) => one === origin)
    return { ...(own === undefined ? {} : { 'Access-Control-Allow-Origin': own }), Vary: 'Origin' }
  }

  return {
    headersOf: ({ header }) => ({
      ...allow(header('origin')),
      'Access-Control-Expose-Headers': RESPONSE_HEADERS,
    }),
    preflight(request) {
      if (!isPreflight(request)) return undefined
      const asked = (request.header('access-control-request-headers') ?? '').split(',').map((name) => name.trim())
      return {
        ...allow(request.header('origin')),
        'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
        'Access-Control-Allow-Headers': [REQUEST_HEADERS, ...asked.filter((name) => OF_PARAMETERS.test(name))].join(
          ', ',
        ),
        'Access-Control-Max-Age': '600',
      }
    },
  }
}

/**
 * Returns which headers are to be set on an answer that may have some of its own: where an operator's own CORS has spoken, ours
 * says nothing.
 *
 * @param get returns a header that stands there
 */
export function besideOwn(headers: AnswerHeaders, get: (name: string) => unknown): AnswerHeaders {
  const isTold = ['access-control-allow-origin', 'access-control-allow-credentials'].some((name) => get(name))
  const { Vary: vary, ...others } = headers
  const isOfCors = (name: string): boolean => name.startsWith('Access-Control-')
  if (isTold) return Object.fromEntries(Object.entries(others).filter(([name]) => !isOfCors(name)))
  const varied = get('vary')
  return vary === undefined ? headers : { ...others, Vary: varied ? `${varied}, ${vary}` : vary }
}
