/**
 * The certificate of a client's connection, as Workers tell it (RFC 8705 §6.2).
 *
 * @module
 */

import type { ClientCertificate } from './registration/clients/client_certificate.ts'
import { readFingerprint } from './token/confirmation.ts'

/** What Cloudflare tells of the certificate of a connection. */
interface TlsClientAuth {
  readonly certPresented?: string
  readonly certVerified?: string
  readonly certRevoked?: string
  readonly certFingerprintSHA256?: string
  readonly certSubjectDNRFC2253?: string
}

/** Returns the certificate of a request as Workers tell it: in `cf`, which no header reaches. */
export function certificateOf(request: Request): ClientCertificate | undefined {
  const { tlsClientAuth } = (request as { cf?: { tlsClientAuth?: TlsClientAuth } }).cf ?? {}
  if (tlsClientAuth?.certPresented !== '1') return undefined
  const { certVerified, certRevoked, certFingerprintSHA256, certSubjectDNRFC2253: subject } = tlsClientAuth
  const thumbprint = readFingerprint(certFingerprintSHA256)
  if (thumbprint === undefined) return undefined
  const isTrusted = certVerified === 'SUCCESS' && certRevoked !== '1'
  return { thumbprint, isTrusted, names: subject ? { subject_dn: [subject] } : {} }
}
