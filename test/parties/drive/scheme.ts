/**
 * By which scheme the drive asks: what ends TLS before an issuer says so.
 *
 * @module
 */

/** Returns the scheme by which a client asked. */
export function schemeOf(request: Request): string | null {
  return request.headers.get('x-forwarded-proto')
}
