/**
 * What an issuer sealed for itself, opened: what nobody else reads, and has to stand there all the same.
 *
 * @module
 */

import { createKeyring } from '../../keys/index.ts'
import { openEnvelope } from '../../src/token/envelope.ts'
import { ISSUER, NOW } from '../fixtures.ts'
import { PROVIDER_RING } from './openid_provider.ts'

/** Opens an envelope of the provider's at `NOW`, be it a cookie, a code, a refresh token, or a token for userinfo. */
export async function openSealed(
  purpose: 'session' | 'code' | 'refresh' | 'userinfo',
  envelope: string,
  now: number = NOW,
): Promise<Readonly<Record<string, unknown>>> {
  const leaves = createKeyring(PROVIDER_RING, ISSUER).leavesFor(purpose, '', 'A256GCM', 86_400)
  return (await openEnvelope(envelope, purpose === 'userinfo' ? 'at+jwe' : `${purpose}+jwe`, leaves, now)).facts
}
