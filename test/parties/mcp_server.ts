/**
 * An MCP server as a resource: its verifier's options, and tokens that are for it.
 *
 * @module
 */

import { createKeyring, exportKeys, writeKeys } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { ENTITLEMENT, ISSUER, NOW, testRing } from '../ring.ts'

/** The URL of the server, which is the resource. */
export const MCP = 'https://mcp.example/mcp'

const ring = testRing(NOW)
const keys = writeKeys(exportKeys(ring, { issuer: ISSUER, resource: MCP, now: NOW }))

/** What its verifier is made from. */
export const mcpOptions = { issuer: ISSUER, resource: MCP, keys, now: (): number => NOW, onProblem: (): void => {} }

/** Seals a token for it, with a scope, and more if more is said. */
export function sealFor(scope: readonly string[], more: Partial<Entitlement> = {}): Promise<string> {
  const entitlement = { ...ENTITLEMENT, aud: MCP, scope, ...more }
  return sealDirect(entitlement, ISSUER, createKeyring(ring, ISSUER).leavesFor('access', MCP, 'A256GCM', 600), NOW)
}
