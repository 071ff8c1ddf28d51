import { expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { certificateOfSocket, certificateOfWorkers } from '../../src/verifier/certificate.ts'

const bytes = Uint8Array.from({ length: 32 }, (_, index) => index)
const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
const thumbprint = encodeBase64url(bytes)

it('the certificate of a request on Workers is what TLS says of it, where it was presented (RFC 8705 §3)', () => {
  const ofTls = (certPresented: string) => ({
    cf: { tlsClientAuth: { certPresented, certFingerprintSHA256: hex.join('') } },
  })
  expect(certificateOfWorkers(ofTls('1'))).toBe(thumbprint)
  for (const none of [{}, { cf: undefined }, { cf: {} }, ofTls('0')]) expect(certificateOfWorkers(none)).toBeUndefined()
})

it('the certificate of a connection to Node is what its socket says, where it has one', () => {
  const of = (certificate: unknown) => ({ getPeerCertificate: () => certificate })
  expect(certificateOfSocket(of({ fingerprint256: hex.join(':').toUpperCase() }))).toBe(thumbprint)
  for (const none of [undefined, {}, of(undefined), of({}), of(null)]) expect(certificateOfSocket(none)).toBeUndefined()
})
