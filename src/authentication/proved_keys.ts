/**
 * The keys that a token request proves to have (RFC 9449 §5, RFC 8705 §3).
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import type { Client } from '../registration/clients/client.ts'
import type { ClientCertificate } from '../registration/clients/client_certificate.ts'
import type { Confirmation } from '../token/entitlement.ts'
import type { Proof } from './dpop.ts'

/**
 * Returns the keys that a request proves to have, and that what it gets is bound to: the proof's, wherever there is one;
 * the certificate's, where the client asked for that when it was registered.
 *
 * @throws {OAuthError} `invalid_dpop_proof`, `invalid_request` when the client may have only bound tokens and proves no key
 */
export function confirm(
  client: Client,
  proof: Proof | undefined,
  certificate: ClientCertificate | undefined,
): Confirmation | undefined {
  if (client.dpopBound && proof === undefined) {
    throw refusal(
      'invalid_dpop_proof',
      'dpop_missing',
      'the client may have only DPoP-bound tokens, and there is no proof',
    )
  }
  const jkt = proof === undefined ? {} : { jkt: proof.jkt }
  if (!client.certificateBound) return proof === undefined ? undefined : jkt
  if (certificate === undefined) throw refusal('invalid_request', 'certificate', 'the client must show a certificate')
  return { ...jkt, 'x5t#S256': certificate.thumbprint }
}
