/**
 * Clients that prove themselves by the certificate of their TLS connection (RFC 8705 §2).
 *
 * @module
 */

import { sha256 } from '@noble/hashes/sha2.js'
import { encodeBase64url } from '../../../keys/base64url.ts'
import { checkText, type Members } from '../../../keys/check.ts'
import { refusal } from '../../protocol/error.ts'

/** The names that a certificate may be known by (RFC 8705 §2.1.2), without the `tls_client_auth_` before them. */
const NAMES = ['subject_dn', 'san_dns', 'san_uri', 'san_ip', 'san_email'] as const

/** One of the names of a certificate. */
export type CertificateName = (typeof NAMES)[number]

/** The certificate that a client proved to have in the TLS handshake: told by the platform, never by a header. */
export interface ClientCertificate {
  /** SHA-256 of its DER form, base64url: `x5t#S256` (RFC 8705 §3.1). */
  readonly thumbprint: string
  /** Whether the platform followed its chain to an authority that it trusts, and it is neither expired nor revoked. */
  readonly isTrusted: boolean
  /** What it calls its holder, as far as the platform tells; the subject in the form of RFC 4514. */
  readonly names: Partial<Readonly<Record<CertificateName, readonly string[]>>>
}

/** The certificates that a client may prove itself by: a trusted one of one name, or exactly these. */
export type CertificateRule =
  | { readonly by: CertificateName; readonly value: string }
  | { readonly by: 'thumbprint'; readonly thumbprints: readonly string[] }

/** The ways to prove oneself by a certificate, as the metadata lists them. */
export const CERTIFICATE_METHODS = ['tls_client_auth', 'self_signed_tls_client_auth'] as const

/** The settings of a client that say which certificate is its own. */
export const CERTIFICATE_SETTINGS: readonly `tls_client_auth_${CertificateName}`[] = NAMES.map(
  (name) => `tls_client_auth_${name}` as const,
)

function readName(name: string, value: Members): CertificateRule {
  const [by, another] = NAMES.filter((one) => value[`tls_client_auth_${one}`] !== undefined)
  if (by === undefined || another !== undefined) {
    throw new RangeError(`"${name}" expected just one of ${CERTIFICATE_SETTINGS.join(', ')} for tls_client_auth`)
  }
  const text = value[`tls_client_auth_${by}`]
  checkText(`${name}.tls_client_auth_${by}`, text, /^\S(?:.{0,510}\S)?$/, '1 to 512 characters')
  return { by, value: text }
}

/** Returns the thumbprint of a key's certificate, as it is told or as it is: both must be the same. */
function thumbprintOf(name: string, { x5c, 'x5t#S256': told }: Members): string | undefined {
  if (told !== undefined) checkText(`${name}.x5t#S256`, told, /^[\w-]{43}$/, 'a thumbprint of 43 characters')
  if (x5c === undefined) return told
  const first: unknown = Array.isArray(x5c) ? x5c[0] : undefined
  checkText(`${name}.x5c`, first, /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'certificates')
  const der = Uint8Array.from(atob(first), (character) => character.charCodeAt(0))
  const thumbprint = encodeBase64url(sha256(der))
  if (told !== undefined && told !== thumbprint) throw new RangeError(`"${name}" expected x5t#S256 to be that of x5c`)
  return thumbprint
}

/**
 * Reads which certificates are a client's.
 *
 * @param jwks the client's public keys: those with `x5c` or `x5t#S256` are its self-signed certificates (RFC 8705 §2.2.2)
 * @returns nothing when it does not prove itself by one
 * @throws {TypeError | RangeError}
 */
export function readCertificateRule(
  name: string,
  value: Members,
  method: string | undefined,
  jwks: readonly Members[],
): CertificateRule | undefined {
  if (method === 'tls_client_auth') return readName(name, value)
  const stray = CERTIFICATE_SETTINGS.find((setting) => value[setting] !== undefined)
  if (stray !== undefined) throw new RangeError(`"${name}.${stray}" expected the method tls_client_auth beside it`)
  if (method !== 'self_signed_tls_client_auth') return undefined
  const thumbprints = jwks.flatMap((jwk, index) => thumbprintOf(`${name}.jwks.keys[${index}]`, jwk) ?? [])
  if (thumbprints.length === 0) throw new RangeError(`"${name}.jwks" expected keys with "x5c" or "x5t#S256"`)
  return { by: 'thumbprint', thumbprints }
}

/**
 * Checks that a certificate is one by which a client may prove itself.
 *
 * Names are compared as texts: write them exactly as the platform does.
 *
 * @throws {OAuthError} `invalid_client`
 */
export function checkCertificate(rule: CertificateRule, certificate: ClientCertificate | undefined): void {
  if (certificate === undefined) throw refusal('invalid_client', 'certificate', 'the client shows no certificate')
  const isOwn =
    rule.by === 'thumbprint'
      ? rule.thumbprints.includes(certificate.thumbprint)
      : certificate.isTrusted && certificate.names[rule.by]?.includes(rule.value) === true
  if (!isOwn) throw refusal('invalid_client', 'certificate', "the certificate is not the client's, or not trusted")
}
