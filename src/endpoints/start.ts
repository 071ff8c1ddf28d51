/**
 * The start page.
 *
 * @module
 */

import type { Context } from 'hono'
import type { EndpointContext } from '../context.ts'
import { DEMO_CLIENT } from '../development.ts'
import { viewOf } from '../http/view.ts'
import { OPENID } from '../openid/openid.ts'
import { toPageResponse } from '../pages/page.ts'
import { demoPage, startPage } from '../pages/start.ts'
import { metadataPaths } from './metadata.ts'

/** Returns the start page: plain, or with the demo. */
export function createStartEndpoint({ settings }: EndpointContext, isDemo: boolean): (c: Context) => Promise<Response> {
  const { issuer, clients } = settings
  const tellsWho = clients.get(DEMO_CLIENT)?.scopes.has(OPENID) === true
  const [path = ''] = metadataPaths(issuer)
  const metadata = new URL(issuer).origin + path
  return (c) => {
    const view = viewOf(c, settings)
    return toPageResponse(200, isDemo ? demoPage(view, metadata, tellsWho) : startPage(view, metadata))
  }
}
