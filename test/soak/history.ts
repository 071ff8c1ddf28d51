/**
 * A history: what many clients asked an issuer and were answered, and what was done to it meanwhile. One line of JSON each, in the order
 * in which it was answered. It holds no token and no secret: whatever was handed out is called by 16 characters of its SHA-256.
 *
 * Instants are milliseconds since the history began, by one monotonic clock of the machine that asks: no fault moves it.
 *
 * @module
 */

/** What something that was handed out is called: `nameOf` of it. */
export type Name = string

/** Returns what something that was handed out is called in a history. */
export async function nameOf(handedOut: string): Promise<Name> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(handedOut))
  return Buffer.from(digest).toString('base64url').slice(0, 16)
}

/** What all histories begin with: what was promised to whoever asked here. Seconds. */
export interface Begun {
  readonly what: 'begun'
  readonly at: 0
  readonly system: 'workerd' | 'postgresql' | 'redis' | 'sqlite'
  readonly seed: number
  /** How long the generation before the current one is given the current one again. */
  readonly grace: number
  /** After which a token that was revoked is refused by every verifier that hears of revocations, or of none. */
  readonly revocationBound: number
  /** How long a verifier that cannot hear goes on; then it refuses all. */
  readonly maxStale: number
  /** How much the clocks of two processes may differ. */
  readonly skew: number
  readonly accessLife: number
  /** How long a code may be redeemed. Default: nothing is said of it. */
  readonly codeLife?: number
  /** How often the generation before the current one is taken again in the grace. Default 10. */
  readonly graceUses?: number
}

/** What one question has in common with any other. */
interface Asked {
  /** When it was asked. */
  readonly at: number
  /** When the answer had come, or its asker gave up. */
  readonly until: number
  /** Who asked: a client's process, such as `app-3/1`. */
  readonly by: string
  /** The name of the issuer's process that was asked. */
  readonly to: string
  /** The answer's status; 0 where none came: the connection broke, or it took too long. */
  readonly status: number
  /** The answer's `error`, where it has one. */
  readonly error?: string
  /** The answer's `Retry-After`, in seconds. */
  readonly retryAfter?: number
}

/** Somebody was sent back to an app from `/authorize`, with a code or without. */
export interface Approved extends Asked {
  readonly what: 'approved'
  readonly client: string
  /** Which login of which person it was: what a logout ends. */
  readonly session: string
  readonly person: string
  readonly code?: Name
  /** Whether what comes of it lives on when its session has ended (`offline_access`). Default false. */
  readonly outlives?: boolean
}

/** `/token`. */
export interface Token extends Asked {
  readonly what: 'token'
  readonly client: string
  readonly grant: 'authorization_code' | 'refresh_token' | 'client_credentials' | 'device_code'
  /** What was shown: the code, the refresh token or the device code. */
  readonly shown?: Name
  /** Whether a thief showed it, who has it beside its owner, but neither a secret, a key nor a PKCE verifier of its owner's. */
  readonly isThief: boolean
  /** Whether the client proves itself: then its refresh tokens neither rotate nor are bound to a key. Default false. */
  readonly isConfidential?: boolean
  /** The key that was proved (DPoP), by its name in this history. */
  readonly key?: string
  readonly access?: Name
  readonly refresh?: Name
}

/** `/device_authorization`, whose 200 has a code; and the person's yes to it, which says whose it was. */
export interface Device extends Asked {
  readonly what: 'device'
  readonly client: string
  readonly code?: Name
  readonly session?: string
  readonly person?: string
  /** As of `Approved`. */
  readonly outlives?: boolean
}

/** Something was ended: `/revoke` by a client, a logout by a person, or all of a person by the operator. */
export interface Ended extends Asked {
  readonly what: 'ended'
  readonly how: 'revoke' | 'logout' | 'operator'
  /** The token that was revoked, or the session, or the person that was ended. */
  readonly of: Name
}

/** `/register`. */
export interface Registered extends Asked {
  readonly what: 'registered'
  readonly client?: Name
}

/**
 * A verifier looked at an access token: offline, so that `status` is 200 where it let it in, else 401 or 503, with its own reason as `error`; `by` and
 * `to` both name the verifier.
 */
export interface Opened extends Asked {
  readonly what: 'opened'
  readonly access: Name
  /** Whether this verifier hears of revocations. */
  readonly hears: boolean
}

/** A verifier asked for what it opens tokens by: the resource's keys, or the list of what was revoked. */
export interface Fetched extends Asked {
  readonly what: 'fetched'
  readonly of: 'keys' | 'jwks' | 'revocations'
}

/** Something was done to what is asked, and is over: the line stands where it was. */
export interface Fault {
  readonly what: 'fault'
  readonly at: number
  /** Until when it lasted: what was killed answered again, what was cut was whole; `at`, where it only happened. */
  readonly until: number
  /** A process of the issuer's, the `store`, a link between two (`client-issuer-1`, `issuer-1-store`), or `all`. */
  readonly to: string
  readonly fault:
    | 'kill'
    | 'stop'
    | 'cut'
    | 'delay'
    | 'clock'
    | 'rotate'
    | 'settings'
    | 'previous version'
    | 'current version'
  /** Of `clock`: by how many seconds it was set off from the truth. Of `delay`: for how many seconds nothing, or all of it later, came through. */
  readonly seconds?: number
}

/** The last part has begun: nothing is done to anything any more, and everybody tries to go on. */
export interface Quiet {
  readonly what: 'quiet'
  readonly at: number
}

/** What a history's lines are. */
export type Line =
  | Begun
  | Approved
  | Token
  | Device
  | Ended
  | Registered
  | Opened
  | Fetched
  | Fault
  | Quiet
  /** Nothing comes after it: what was asked was answered, or given up. */
  | { readonly what: 'over'; readonly at: number }
