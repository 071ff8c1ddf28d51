/**
 * Grant types whose names are URIs (RFC 6749 §4.5): each stands once.
 *
 * @module
 */

/** What a device gets once a person has let it in (RFC 8628 §3.4). */
export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

/** An assertion of a trusted issuer (RFC 7523 §2.1). */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** A token for another's (RFC 8693 §2.1). */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
