/**
 * A client's certificate, as Workers tell it. Here the test tells it by a header, which what stands before an issuer takes away.
 *
 * @module
 */

/** The header of the tests: what the certificate calls its holder. */
export const CERTIFICATE = 'test-certificate'

/** Returns what Workers tell of such a certificate beside a request. Its text is a part of a Worker's source, so it knows nothing else. */
export function tlsOf(subject: string | null): Readonly<Record<string, unknown>> {
  if (subject === null) return {}
  const certFingerprintSHA256 = 'ab'.repeat(32)
  const certified = { certPresented: '1', certVerified: 'SUCCESS', certRevoked: '0', certFingerprintSHA256 }
  return { tlsClientAuth: { ...certified, certSubjectDNRFC2253: subject } }
}
