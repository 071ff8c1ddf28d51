/**
 * The start page.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { toPageResponse } from '../pages/page.ts'
import { demoPage, startPage } from '../pages/start.ts'
import { metadataPath } from './metadata.ts'

/** Returns the start page: plain, or with the demo. */
export function createStartEndpoint({ settings }: EndpointContext, isDemo: boolean): () => Promise<Response> {
  const { issuer } = settings
  const metadata = new URL(issuer).origin + metadataPath(issuer)
  return () => toPageResponse(200, isDemo ? demoPage(issuer, metadata) : startPage(issuer, metadata))
}
