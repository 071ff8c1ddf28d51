/**
 * A request that is followed: what it is called, in its answer as in its lines of the log and its events.
 *
 * @module
 */

import type { MiddlewareHandler } from 'hono'
import type { EndpointContext } from '../context.ts'
import type { IssuerSettings } from '../settings/issuer_settings.ts'
import type { FormEndpoint } from './form_endpoint.ts'
import { waitUntilOf } from './wait_until.ts'

/** The header of every answer that tells what its request is called. */
export const REQUEST_ID = 'Request-Id'

/** Runs the whole answer in its request's scope, and tells what that is called. */
export function following({ events }: EndpointContext, { credentials }: IssuerSettings): MiddlewareHandler {
  return function followingMiddleware(c, next) {
    const { raw } = c.req
    const look = credentials && (() => credentials(raw, c.env))
    const followed = { headers: raw.headers, waitUntil: waitUntilOf(c), ...(look && { credentials: look }) }
    return events.within(followed, async (id) => {
      await next()
      c.res.headers.set(REQUEST_ID, id)
    })
  }
}

/** Returns the endpoint for those who ask it without the app: their requests are followed as those that come by it. */
export function followingForm({ events }: EndpointContext, answer: FormEndpoint): FormEndpoint {
  return (request) => {
    const { headers: given, credentials, waitUntil = () => {} } = request
    const headers = given instanceof Headers ? given : new Headers(given)
    const followed = { headers, waitUntil, ...(credentials && { credentials: () => credentials }) }
    return events.within(followed, async (id) => {
      const { headers, ...rest } = await answer(request)
      return { ...rest, headers: { ...headers, [REQUEST_ID]: id } }
    })
  }
}
