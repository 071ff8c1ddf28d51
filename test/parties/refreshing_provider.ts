/**
 * A provider whose access tokens end, with several issuers' worth of machines before it: what it sees of each refresh token is counted.
 *
 * @module
 */

import { writeRing } from '../../keys/index.ts'
import {
  createMemoryGuard,
  type Guard,
  type IssuerSettings,
  type LogEntry,
  OAuthError,
  type ProviderTokens,
} from '../../src/index.ts'
import type { Keeping } from '../../src/stores/guard.ts'
import { API, basic, ISSUER, NOW, testRing } from '../fixtures.ts'
import { APP_SECRET, CANARY, createHandOver, createTestProvider, type HandOver } from './hand_over.ts'
import { type Changes, formOf, VERIFIER } from './person.ts'
import { createTime, type VirtualTime } from './virtual_time.ts'

/** Seconds that an access token of the provider lives. */
export const HOUR = 3600

/** How a provider's refresh tokens are: each good once, as GitHub Apps have them, or always the same, as Google's. */
export type Kind = 'rotating' | 'fixed'

/** The provider. */
export interface RefreshingProvider {
  /** Every refresh token that it was shown, in the order in which they came. */
  readonly seen: string[]
  /** What it does before it answers. Default: nothing. */
  before: (() => Promise<void>) | undefined
  /** What it gives beside, or otherwise. */
  changes: Partial<ProviderTokens>
}

/** What a machine answers at `/token`. */
export interface Answered {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: {
    readonly access_token?: string
    readonly refresh_token?: string
    readonly expires_in?: number
    readonly error?: string
  }
}

/** A machine of the issuer. */
export interface Machine extends HandOver {
  /** Asks the token endpoint, as the app unless it is said otherwise. */
  post(form: Changes, headers?: Changes): Promise<Answered>
  refresh(refreshToken: string | undefined, headers?: Changes): Promise<Answered>
  redeem(code: string | null, headers?: Changes): Promise<Answered>
}

/** All of it. */
export interface Refreshing {
  readonly time: VirtualTime
  readonly there: RefreshingProvider
  readonly guard: Guard & Keeping
  readonly log: readonly LogEntry[]
  /** Returns a machine whose clock is so many seconds ahead. */
  machine(ahead?: number, changes?: Partial<IssuerSettings>): Machine
  /** Returns what an API is handed of an answer. */
  handed(machine: Machine, answered: Answered): Promise<string | undefined>
}

/**
 * Returns a provider, and what stands before it.
 *
 * @param inside makes the guard of all machines. Default: one in memory
 * @param start when it begins. Unix seconds
 */
export function createRefreshing(
  kind: Kind,
  inside: (now: () => number) => Guard & Keeping = createMemoryGuard,
  start: number = NOW,
): Refreshing {
  const time = createTime(start)
  const keyRing = writeRing(testRing(start))
  const guard = inside(() => time.now())
  const log: LogEntry[] = []
  const given = createTestProvider()
  const there: RefreshingProvider = { seen: [], before: undefined, changes: {} }
  /** The refresh tokens that are good. */
  const live = new Set<string>()
  let count = 0

  /** Gives tokens: its own of each login, and the next of each refresh token. */
  function give(refreshToken: string): ProviderTokens {
    live.add(refreshToken)
    const accessToken = `${CANARY}-${++count}`
    return { accessToken, refreshToken, expiresAt: time.now() + HOUR, scope: ['repo'], ...there.changes }
  }

  const provider = {
    ...given.provider,
    authenticate: async (...asked: Parameters<typeof given.provider.authenticate>) => {
      const result = await given.provider.authenticate(...asked)
      return result instanceof Response ? result : { ...result, tokens: give(`login-${count + 1}`) }
    },
    async refresh({ refreshToken = '' }: ProviderTokens) {
      there.seen.push(refreshToken)
      if (!live.has(refreshToken)) throw new OAuthError('invalid_grant', 'it was used before')
      // It has decided when it answers slowly.
      if (kind === 'rotating') live.delete(refreshToken)
      const tokens = give(kind === 'rotating' ? `${refreshToken}+` : refreshToken)
      await there.before?.()
      return tokens
    },
  }

  return {
    time,
    there,
    guard,
    log,
    machine(ahead = 0, changes = {}) {
      const { wait } = time
      const settings = {
        keyRing,
        guard,
        now: () => time.now(ahead),
        wait,
        log: (entry: LogEntry) => log.push(entry),
        ...changes,
      }
      const machine = createHandOver({ ...given, provider }, settings)
      async function post(form: Changes, headers: Changes = {}): Promise<Answered> {
        const type = { 'content-type': 'application/x-www-form-urlencoded' }
        const init = {
          method: 'POST',
          headers: Object.entries({ authorization: basic('app', APP_SECRET), ...type, ...headers }).filter(
            (header): header is [string, string] => header[1] !== undefined,
          ),
          body: formOf(form).toString(),
        }
        const response = await machine.ask(new Request(`${ISSUER}/token`, init))
        return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() }
      }
      return {
        ...machine,
        post,
        refresh: (refresh_token, headers) =>
          post({ grant_type: 'refresh_token', refresh_token, resource: API }, headers),
        redeem: (code, headers) =>
          post({ grant_type: 'authorization_code', code: code ?? '', code_verifier: VERIFIER }, headers),
      }
    },
    async handed(machine, { body }) {
      return body.access_token === undefined ? undefined : (await machine.open(body.access_token)).providerToken
    },
  }
}
