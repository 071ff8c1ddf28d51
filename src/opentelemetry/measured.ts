/**
 * What a part of a request is called by OpenTelemetry's semantic conventions: its span, its histogram, their attributes.
 *
 * @module
 */

import { type Attributes, SpanKind } from '@opentelemetry/api'
import type { TracedPart } from '../trace.ts'

/** The histograms, and the bounds of their buckets that the conventions advise. Seconds. */
export const HISTOGRAMS = {
  'http.server.request.duration': {
    description: 'Duration of HTTP server requests.',
    bounds: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  },
  'http.client.request.duration': {
    description: 'Duration of HTTP client requests.',
    bounds: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  },
  'db.client.operation.duration': {
    description: 'Duration of database client operations.',
    bounds: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
  },
} as const

/** How a part of a request is told. */
export interface Measured {
  /** The name of its span. */
  readonly name: string
  readonly kind: SpanKind
  /** What its span and its histogram say: of each no more than a few values. */
  readonly attributes: Attributes
  /** What its span alone says. */
  readonly details?: Attributes
  readonly histogram?: keyof typeof HISTOGRAMS
  /** Whether what comes of it is an answer, which has a status. Default false. */
  readonly isAnswered?: boolean
}

/** The methods that are told: of any other a caller could have as many as he likes. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']

function methodOf(method: string): string {
  return METHODS.includes(method) ? method : '_OTHER'
}

/** Returns where something is asked. */
function serverOf({ hostname, port, protocol }: URL): Attributes {
  return { 'server.address': hostname, 'server.port': Number(port || (protocol === 'https:' ? 443 : 80)) }
}

/** Returns how a part of a request is told. */
export function describePart(told: TracedPart): Measured {
  switch (told.part) {
    case 'token': {
      const { pathname, protocol } = new URL(told.url)
      const method = methodOf(told.method)
      return {
        name: `${method} ${pathname}`,
        kind: SpanKind.INTERNAL,
        attributes: { 'http.request.method': method, 'url.scheme': protocol.slice(0, -1), 'http.route': pathname },
        ...(told.request !== undefined && { details: { 'bulla.request.id': told.request } }),
        histogram: 'http.server.request.duration',
        isAnswered: true,
      }
    }
    case 'guard':
    case 'revocations':
      return {
        name: `${told.operation} ${told.part}`,
        kind: SpanKind.CLIENT,
        attributes: { 'db.system.name': `bulla.${told.part}`, 'db.operation.name': told.operation },
        histogram: 'db.client.operation.duration',
      }
    case 'login':
      return {
        name: `${told.operation} login`,
        kind: SpanKind.INTERNAL,
        attributes: {
          'bulla.login.operation': told.operation,
          ...(told.provider !== undefined && { 'bulla.login.provider': told.provider }),
        },
      }
    case 'fetch': {
      const method = methodOf(told.method)
      const url = told.url === undefined ? undefined : new URL(told.url)
      return {
        name: method,
        kind: SpanKind.CLIENT,
        // Of hosts that strangers name there are as many as they like.
        attributes: { 'http.request.method': method, ...(url ? serverOf(url) : { 'server.address': '_OTHER' }) },
        ...(url && { details: { 'url.full': url.href } }),
        histogram: 'http.client.request.duration',
        isAnswered: true,
      }
    }
    case 'signing':
      return { name: 'sign', kind: SpanKind.INTERNAL, attributes: { 'bulla.signing.algorithm': told.alg } }
  }
}

/** Returns what kind of failure it was: a reason of ours, or the name of the error; never its words. */
export function errorTypeOf(error: unknown): string {
  const { reason, name } = (error ?? {}) as { readonly reason?: unknown; readonly name?: unknown }
  const told = [reason, name].find((one) => typeof one === 'string' && /^[A-Za-z][A-Za-z0-9_]{0,60}$/.test(one))
  return typeof told === 'string' ? told : '_OTHER'
}
