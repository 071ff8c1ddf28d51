/**
 * A Worker's bindings → the issuer's settings.
 *
 * @module
 */

import { checkMembers } from '../keys/check.ts'
import { DEVELOPMENT_CLIENTS, DEVELOPMENT_RESOURCES } from './development.ts'
import { type IssuerSettings, isLoopback } from './settings.ts'

/** A rate limit as Workers bind it: it counts a call, and tells whether there may be more. */
export interface RateLimit {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>
}

/** The variables of `wrangler.toml`, and the secrets. Checked when they are read. */
export interface Bindings {
  /** The issuer's URL. */
  readonly ISSUER?: unknown
  /** `[vars.RESOURCES."…"]`: the resources by their URI. */
  readonly RESOURCES?: unknown
  /** `[vars.CLIENTS.…]`: the clients by their `client_id`. */
  readonly CLIENTS?: unknown
  /** Secret: the ring. */
  readonly KEY_RING?: unknown
  /** Secret: the ring that comes next, if any. */
  readonly KEY_RING_NEXT?: unknown
  /** The rate limit on failed client authentication, if any. */
  readonly FAILURES?: RateLimit
  /** `"true"` only in `.dev.vars`. */
  readonly DEVELOPMENT?: unknown
}

function readText(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new TypeError(`"${name}" expected a text`)
}

/** Counts failures by the address that Cloudflare itself saw; elsewhere the header would be the caller's to choose (H65). */
function allowFailureBy(limits: RateLimit): (request: Request) => Promise<boolean> {
  return async (request) => {
    const key = request.headers.get('cf-connecting-ip')
    return key === null || (await limits.limit({ key })).success
  }
}

/**
 * Returns the issuer's settings from a Worker's bindings; add hooks to them as you like before `createIssuer`.
 *
 * @throws {TypeError} when a binding is missing or of a wrong type
 * @throws {RangeError} when `DEVELOPMENT` is on for an issuer that is not on this machine
 */
export function readBindings(env: Bindings): IssuerSettings {
  const { RESOURCES: resources = {}, CLIENTS: clients = {} } = env
  const issuer = readText('ISSUER', env.ISSUER)
  if (issuer === undefined) throw new TypeError('"ISSUER" expected the URL of this issuer, got nothing')
  checkMembers('RESOURCES', resources)
  checkMembers('CLIENTS', clients)
  const isDevelopment = env.DEVELOPMENT === 'true'
  if (isDevelopment && !isLoopback(issuer)) {
    throw new RangeError('"DEVELOPMENT" expected an issuer on localhost: its clients are open to all')
  }
  // What is inside is checked by createIssuer, with everything else.
  return {
    issuer,
    keyRing: readText('KEY_RING', env.KEY_RING),
    keyRingNext: readText('KEY_RING_NEXT', env.KEY_RING_NEXT),
    resources: { ...(isDevelopment && DEVELOPMENT_RESOURCES), ...resources } as IssuerSettings['resources'],
    ...(env.FAILURES === undefined ? {} : { allowFailure: allowFailureBy(env.FAILURES) }),
    clients: { ...(isDevelopment && DEVELOPMENT_CLIENTS), ...clients } as IssuerSettings['clients'],
  }
}
