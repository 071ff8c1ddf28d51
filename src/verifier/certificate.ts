/**
 * The client's certificate as each platform tells it: from the TLS connection, never from a header (RFC 8705 §3).
 *
 * @module
 */

import { readFingerprint } from '../token/confirmation.ts'

/** A request of Workers': Cloudflare ended its TLS connection, and tells of it where no header reaches. */
interface WorkersRequest {
  readonly cf?: {
    readonly tlsClientAuth?: { readonly certPresented?: string; readonly certFingerprintSHA256?: string }
  }
}

/** A TLS socket of Node's. */
interface TlsSocket {
  getPeerCertificate?(): { readonly fingerprint256?: string } | null | undefined
}

/** Returns the thumbprint of the certificate that a request on Workers came with. */
export function certificateOfWorkers(request: object): string | undefined {
  const { tlsClientAuth } = (request as WorkersRequest).cf ?? {}
  return tlsClientAuth?.certPresented === '1' ? readFingerprint(tlsClientAuth.certFingerprintSHA256) : undefined
}

/** Returns the thumbprint of the certificate of a connection to Node: of a server made with `requestCert: true`. */
export function certificateOfSocket(socket: object | undefined): string | undefined {
  return readFingerprint((socket as TlsSocket | undefined)?.getPeerCertificate?.()?.fingerprint256)
}
