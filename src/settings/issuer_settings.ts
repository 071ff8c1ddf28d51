/**
 * What the operator decides, as it is written.
 *
 * @module
 */

import type { OnEvent } from '../events/event.ts'
import type { EventSubjects } from '../events/event_subjects.ts'
import type { Grant } from '../grants/grant.ts'
import type { Log } from '../log.ts'
import type { Authenticate } from '../login/authenticate.ts'
import type { OpenidSettings } from '../openid/openid_registration.ts'
import type { Claims } from '../openid/told_claims.ts'
import type { Profile } from '../registration/clients/client.ts'
import type { ClientCertificate } from '../registration/clients/client_certificate.ts'
import type { ClientSettings } from '../registration/clients/client_registration.ts'
import type { DetailTypeSettings } from '../registration/details/authorization_details_registration.ts'
import type { ResourceSettings } from '../registration/resource_registration.ts'
import type { TrustedIssuerSettings } from '../registration/trusted_issuer.ts'
import type { RegistrationSettings } from '../registration/walk_in/walk_in_registration.ts'
import type { Fetch } from '../remote/document.ts'
import type { Guard } from '../stores/guard.ts'
import type { Revocations } from '../stores/revocations.ts'
import type { Entitlement } from '../token/entitlement.ts'
import type { Trace } from '../trace.ts'
import type { AllowDevice } from './allow_device.ts'
import type { BrandingSettings } from './branding.ts'
import type { SettingsBundle } from './bundle_source.ts'
import type { HomeSettings } from './homes.ts'
import type { Limits } from './limits.ts'

/** Facts about a request that the operator wants to see again: client IP, country, device. */
export type Credentials = Readonly<Record<string, unknown>>

/** All that an issuer is made from. */
export interface IssuerSettings {
  /** The issuer's URL (RFC 8414 §2): https, or http on a loopback host; no query, fragment or slash at the end. */
  readonly issuer: string
  /** The ring, the text of `KEY_RING`. Without a good one every answer is 503, and `/healthz` says why. */
  readonly keyRing: string | undefined
  /** The ring that comes next, the text of `KEY_RING_NEXT`. */
  readonly keyRingNext?: string | undefined
  /** The resources by their URI. */
  readonly resources: Readonly<Record<string, ResourceSettings>>
  /** The clients by their `client_id`. */
  readonly clients: Readonly<Record<string, ClientSettings>>
  /** `"fapi2"` holds all clients to the FAPI 2.0 Security Profile. Default: none but those that say so. */
  readonly profile?: Profile
  /** The issuers whose assertions are worth tokens, by what they are called here. Default: none. */
  readonly trustedIssuers?: Readonly<Record<string, TrustedIssuerSettings>>
  /** Grant types of your own; `type` is an absolute URI. Default: none. */
  readonly grants?: readonly Grant[]
  /** The types of authorization details by their name (RFC 9396). Default: none. */
  readonly authorizationDetailsTypes?: Readonly<Record<string, DetailTypeSettings>>
  /**
   * Reads what `bulla settings seal` made: resources, clients, trusted issuers and types of details that take the place of those
   * above, each by its name. It is asked at the first request, and every 30 seconds beside the requests. Needs a guard with
   * `raise`. Default: there are none.
   */
  readonly settingsBundle?: SettingsBundle
  /** Makes the issuer an OpenID provider, and says what it may tell of persons. Default: it is none. */
  readonly openid?: OpenidSettings
  /** Whether all clients must push their authorization requests (RFC 9126 §5). Default false. */
  readonly requirePushedAuthorizationRequests?: boolean
  /**
   * A secret of at least 32 random bytes, from which pairwise subjects come. Needed where a resource has them. Keep it for
   * good: with another one every person is somebody else to those resources.
   */
  readonly pairwiseSalt?: string | undefined
  /** Lets clients in that nobody configured, and says what they may have. Default: none may come. */
  readonly registration?: RegistrationSettings
  /**
   * A secret: one to four keys as `bulla client keys` prints them, with white space between them. The first makes the ids of
   * clients that register, all know them. Who takes one out ends all clients that are its own, for good.
   */
  readonly registrationKeys?: string | undefined
  /**
   * What sees to it that codes and assertions are used once, and refresh tokens rotate. Needed where a client may use
   * `authorization_code`, and for assertions. `'none'` does without, and must be written out: codes then live 30 seconds
   * and can be used again until they end, as can the URL by which a person comes back from a login, in that browser, and
   * DPoP proofs while they are taken; public clients get refresh tokens only bound to a key.
   */
  readonly guard?: Guard | 'none'
  /**
   * Where the guard remembers what comes of a login, for one of many places; with a guard that looks at the homes in names, as that of
   * Durable Objects does. Default: by the hash of each name.
   */
  readonly homes?: HomeSettings
  /** Where revocations are kept. Default: nowhere; then access tokens cannot be revoked, and live until they end. */
  readonly revocations?: Revocations
  /** Fetches what others tell. Default: the platform's; for documents of clients one that reaches public addresses alone. */
  readonly fetch?: Fetch
  /** Logs a person in. Needed where a client may use `authorization_code`. */
  readonly authenticate?: Authenticate
  /** Seconds that a login may take, and that a consent page can be answered; 60 to 86400. Default 3600, an hour. */
  readonly loginLifetime?: number
  /** Seconds after which a person must log in again; 60 to 2592000. Default 43200, 12 hours. */
  readonly sessionLifetime?: number
  /** Seconds without a visit after which a person must log in again; 60 to 2592000. Default 7200, 2 hours. */
  readonly sessionIdleLifetime?: number
  /** What the pages have of yours: name, logo, colours, links. Default: the issuer's host, and colours of ours. */
  readonly branding?: BrandingSettings
  /** Whether the start page offers the demo: on a loopback issuer with the development fixtures. Default false. */
  readonly isDemo?: boolean
  /** Whether DPoP proofs must bring back a nonce of ours (RFC 9449 §8): who has none is told one, and asks again. Default true. */
  readonly dpopNonce?: boolean
  /**
   * Returns the certificate that the client proved to have in the TLS handshake, as the platform tells it; never what a
   * header says that anybody can write. Needed where a client is to prove itself, or to be bound, by a certificate.
   * `readBindings` gives the one of Workers.
   *
   * @param env what came beside the request: the bindings; under `@hono/node-server`, `{ incoming }` with its socket
   */
  readonly certificate?: (request: Request, env: unknown) => ClientCertificate | undefined
  /**
   * Returns the scheme by which the client asked: an https issuer refuses what did not come by TLS. Default: the scheme of the
   * URL, which is right on Workers and where Node itself ends TLS. Where a proxy does, tell what the proxy says, if nobody gets
   * past it: `(request) => request.headers.get('x-forwarded-proto')`.
   *
   * @param env as for `certificate`
   */
  readonly scheme?: (request: Request, env: unknown) => string | null | undefined
  /**
   * What every answer says in `Strict-Transport-Security` (RFC 6797). With `; includeSubDomains` it binds all hosts below this
   * one, with `; preload` the browsers' own lists may. Default `"max-age=31536000"`: a year, and this host alone.
   */
  readonly strictTransportSecurity?: string
  /**
   * Tells what is to be seen again of a request. Default: nothing.
   *
   * @param env as for `certificate`: where the runtime tells who is connected, Hono's `getConnInfo` reads it there
   */
  readonly credentials?: (request: Request, env: unknown) => Credentials
  /**
   * Returns claims to put into the token. A name that the protocol gives a meaning is left out, and the log says so. Called
   * before anything is spent: when it throws, nothing is; and the request can still be refused after it, as used before.
   *
   * @param person with the setting `openid`, what the login gave of the person, where a person stands behind the token
   */
  readonly claims?: (
    entitlement: Entitlement,
    credentials: Credentials,
    person: Claims,
  ) => Readonly<Record<string, unknown>>
  /** Returns members to put into the token answer. The same holds as for `claims`. */
  readonly response?: (entitlement: Entitlement, credentials: Credentials) => Readonly<Record<string, unknown>>
  /**
   * Asked after a client failed to authenticate: false when there were too many failures from where the request comes,
   * and the answer is 429. It never stops a client that shows its secret. Default: never too many.
   *
   * @param env as for `credentials`
   */
  readonly allowFailure?: (request: Request, env: unknown) => Promise<boolean>
  /**
   * Returns the address that a request comes from, which no caller can choose: two documents of clients are fetched at once for
   * one. Default: nobody tells, and nothing is counted by it.
   *
   * @param env as for `credentials`
   */
  readonly addressOf?: (request: Request, env: unknown) => string | undefined
  /**
   * Counts what is asked at `/token`, `/par`, `/introspect`, and logins that are begun; the answer is 429 where it is too often. A limit that throws,
   * or does not tell in half a second, lets all pass. Default: nothing is counted.
   */
  readonly limits?: Limits
  /**
   * Asked before a client registers: false when too many came from there, and the answer is 429. Default: never too many.
   *
   * @param env as for `credentials`
   */
  readonly allowRegistration?: (request: Request, env: unknown) => Promise<boolean>
  /** Asked before a client gets a code for a device to show. Default: never too many. */
  readonly allowDevice?: AllowDevice
  /** Takes what happened, one event after the other, when the answer has gone. Default: nobody is told. */
  readonly onEvent?: OnEvent
  /**
   * What people are called in events: `"hash"` by a pseudonym that comes of the ring, another one with each of its roots; `"plain"` as
   * tokens call them; `"none"` not at all. Default `"hash"`.
   */
  readonly eventSubjects?: EventSubjects
  /**
   * Runs parts of requests and measures them: `/token`, calls of the guard, of the list of revocations and of logins, fetches, signatures.
   * `createTelemetry` of `bulla/opentelemetry` gives one. Default: nobody measures.
   */
  readonly trace?: Trace
  /** Takes the lines of the log. Default: one line of JSON each on the console. */
  readonly log?: Log
  /** Returns the time in Unix seconds. Default: the clock. */
  readonly now?: () => number
  /** Waits for so many milliseconds, while another request asks a provider for new tokens. Default: by the clock. */
  readonly wait?: (milliseconds: number) => Promise<void>
}
