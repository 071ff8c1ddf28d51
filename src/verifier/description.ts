/**
 * How a resource server tells of itself, in every framework the same: its metadata, at the path that belongs to it and at the
 * root, where many clients look alone (RFC 9728 §3).
 *
 * @module
 */

import type { AnswerHeaders, ServerAnswer } from './answer.ts'
import { isPreflight } from './cors.ts'
import { describeResource, type ResourceDescription } from './metadata.ts'
import { type ResourceRequest, readRequest } from './request.ts'

/** What answers for the metadata. */
export interface Description {
  /** Where they are: the option `resourceMetadata` of a verifier. */
  readonly url: string
  /** Returns the answer, where the request is for the metadata. */
  answer(request: ResourceRequest): ServerAnswer | undefined
}

const ROOT = '/.well-known/oauth-protected-resource'

/** The document is for everybody, whoever's script asks. */
const OPEN = { 'Access-Control-Allow-Origin': '*' }

/** Names of headers, as a browser lists them. */
const NAMES = /^[\w!#$%&'*+.^`|~, -]+$/

/** Returns the target of a request: path and query, as they came. */
function targetOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/#.*/s, '')
}

/**
 * Returns what answers for a resource server's metadata: to GET, HEAD and preflights; all else is not for it.
 *
 * @throws {TypeError | RangeError} as `describeResource`
 */
export function createDescription(description: ResourceDescription): Description {
  const { path, url, metadata } = describeResource(description)
  const body = JSON.stringify(metadata)
  return {
    url,
    answer(asked) {
      const request = readRequest(asked)
      const target = targetOf(request.url)
      const bare = target.replace(/\?.*/s, '')
      if (target !== path && bare !== path && bare !== ROOT) return undefined
      if (isPreflight(request)) {
        const names = request.header('access-control-request-headers')
        const allowed: AnswerHeaders =
          names !== undefined && NAMES.test(names) ? { 'Access-Control-Allow-Headers': names } : {}
        const methods = { 'Access-Control-Allow-Methods': 'GET, HEAD', 'Access-Control-Max-Age': '600' }
        return { status: 204, headers: { ...OPEN, ...methods, ...allowed }, body: undefined }
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
      const kept = { 'Cache-Control': 'public, max-age=300', 'Content-Type': 'application/json' }
      return { status: 200, headers: { ...OPEN, ...kept }, body }
    },
  }
}
