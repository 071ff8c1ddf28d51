/**
 * Where settings that come sealed lie: a bucket of R2, a namespace of KV, or an https URL.
 *
 * @module
 */

import { checkMethods } from '../keys/check.ts'
import { isLoopback } from '../keys/identifier.ts'
import { refusal } from './protocol/error.ts'
import { fetchText } from './remote/document.ts'
import type { ReadBundle } from './settings/bundle_source.ts'
import { LONGEST_SETTINGS } from './token/sealed_settings.ts'

/** What they are called in a bucket or a namespace. */
const SETTINGS_KEY = 'settings'

/** A bucket of R2, or a namespace of KV, as Workers bind them. */
export interface SettingsStore {
  get(key: string): Promise<string | { readonly size: number; text(): Promise<string> } | null>
}

/** Characters that are read of them: a line end stands behind them where a file was put there. */
export const LONGEST_READ: number = LONGEST_SETTINGS + 2

/** Says why they cannot be read. */
export function refuseUnread(detail: string): never {
  throw refusal('temporarily_unavailable', 'settings_unread', `the sealed settings cannot be read: ${detail}`)
}

/** Says that they are too long, before all of them is here. */
function refuseLength(): never {
  throw refusal('temporarily_unavailable', 'too_long', 'the sealed settings are longer than 1 MB')
}

function readFrom(store: SettingsStore): ReadBundle {
  return async () => {
    const found = await store.get(SETTINGS_KEY)
    if (found === null || typeof found === 'string') return found ?? undefined
    return found.size <= LONGEST_READ ? found.text() : refuseLength()
  }
}

/** Reads them at a URL. What is kept on the way is asked for anew. */
function fetchFrom(url: string): ReadBundle {
  const bounds = { type: /^/, longest: LONGEST_READ }
  return async () => {
    const fetched = await fetchText(
      url,
      (...asked) => globalThis.fetch(...asked),
      { headers: { 'cache-control': 'no-cache' } },
      bounds,
    )
    if (fetched.ok) return fetched.text
    if (fetched.detail === 'too long') refuseLength()
    return refuseUnread(fetched.detail)
  }
}

/** Tells whether a text is a URL by which they can be fetched. */
export function isSettingsUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text)
}

function hasUser(url: string): boolean {
  const { username, password } = new URL(url)
  return username + password !== ''
}

/**
 * Returns what reads sealed settings, as `SETTINGS` says.
 *
 * @param isLoopbackAllowed whether http on this machine will do: for development
 * @throws {TypeError | RangeError} when it is something else
 */
export function readSettingsBinding(
  binding: SettingsStore | string | undefined,
  isLoopbackAllowed: boolean,
): ReadBundle | undefined {
  if (binding === undefined) return undefined
  const expected = 'a bucket of R2, a namespace of KV, or an https URL'
  if (typeof binding !== 'string') {
    checkMethods('SETTINGS', binding, ['get'], `${expected},`)
    return readFrom(binding)
  }
  const isTaken = isSettingsUrl(binding) && (/^https:/i.test(binding) || (isLoopbackAllowed && isLoopback(binding)))
  // By no platform anything is fetched of a URL with a user.
  if (!isTaken || hasUser(binding)) throw new RangeError(`"SETTINGS" expected ${expected}, without a user`)
  return fetchFrom(binding)
}
