/**
 * The face of `bulla/node`: the issuer in Node, as `bulla serve` runs it.
 *
 * @see docs/guides/running.md
 * @see docs/guides/runtimes.md#in-code
 *
 * @module
 */

export { openStores } from './open_stores.ts'
export { type Environment, readSecret, readSettings } from './read_settings.ts'
export { type Served, type ServeOptions, serve } from './serve.ts'
export type { OpenStores } from './shared_stores.ts'
export { addressFrom, type TrustedProxiesOptions } from './trusted_proxies.ts'
