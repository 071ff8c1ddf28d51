/**
 * A request that is followed: what it is called, in its answer as in its lines of the log and its events.
 *
 * @module
 */

import type { MiddlewareHandler } from 'hono'
import type { EndpointContext } from '../context.ts'
import type { IssuerSettings } from '../settings/issuer_settings.ts'
import type { WaitUntil } from '../wait_until.ts'
import type { FormEndpoint } from './form_endpoint.ts'
import { noteRequestId } from './view.ts'
import { waitUntilOf } from './wait_until.ts'

/** The header of every answer that tells what its request is called. */
export const REQUEST_ID = 'Request-Id'

/** Runs the whole answer to a request in its scope, and hands over what that is called. */
export type Follow = <Answered>(
  request: Request,
  env: unknown,
  waitUntil: WaitUntil,
  answer: (id: string) => Promise<Answered>,
) => Promise<Answered>

/** Returns what follows requests. */
export function createFollow({ events }: EndpointContext, { credentials }: IssuerSettings): Follow {
  return (request, env, waitUntil, answer) => {
    const look = credentials && (() => credentials(request, env))
    return events.within({ headers: request.headers, waitUntil, ...(look && { credentials: look }) }, answer)
  }
}

/** Runs the whole answer in its request's scope, and tells what that is called. */
export function following(context: EndpointContext, settings: IssuerSettings): MiddlewareHandler {
  const follow = createFollow(context, settings)
  return function followingMiddleware(c, next) {
    return follow(c.req.raw, c.env, waitUntilOf(c), async (id) => {
      noteRequestId(c, id)
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
