/**
 * What the endpoints are handed: settings, keys, and the edge's clock and randomness.
 *
 * @module
 */

import type { Log } from '../log.ts'
import type { CheckedSettings, IssuerSettings } from '../settings.ts'
import type { KeyRing } from '../stores/key_ring.ts'

/** All that an endpoint may use beside the request. */
export interface EndpointContext {
  readonly settings: CheckedSettings
  readonly hooks: Pick<IssuerSettings, 'claims' | 'response'>
  readonly keyRing: KeyRing
  readonly log: Log
  /** Returns Unix seconds; asked once a request. */
  readonly now: () => number
  /** Makes a name: 128 random bits, base64url. */
  readonly newId: () => string
}
