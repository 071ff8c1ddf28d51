/**
 * What each flow asks of the guard: counted, at an issuer as it is.
 *
 * @module
 */

import { createMemoryGuard, type Guard } from '../../src/index.ts'
import { API, NOW, testIssuer, tokenRequest } from '../fixtures.ts'
import { type Ask, createApp, createPerson, readAnswer } from '../parties/person.ts'

/** How often the guard is asked. */
export interface GuardUse {
  /** Calls that change something; each writes a row. */
  readonly writes: number
  /** Names that are looked at; each is a call of its own where each is at home in an object of its own. */
  readonly reads: number
  /** Calls where all names of one call are at home in one object. */
  readonly together: number
}

/** The flows that there are. */
export type Flow = 'service' | 'login' | 'refresh of a public client' | 'refresh of a client with a secret'

/** Returns a guard that counts, and what it counted. */
function createCounter(): { readonly guard: Guard; readonly take: () => GuardUse } {
  let [writes, reads, together] = [0, 0, 0]
  const inner = createMemoryGuard(() => NOW, { single: true })
  const count = (changes: number, looks: readonly string[] = []): void => {
    writes += changes
    reads += looks.length
    together += 1
  }
  const guard: Guard = {
    spend(...call) {
      count(1)
      return inner.spend(...call)
    },
    advance(...call) {
      count(1)
      return inner.advance(...call)
    },
    end(...call) {
      count(1)
      return inner.end(...call)
    },
    hasEnded(ids) {
      count(0, ids)
      return inner.hasEnded(ids)
    },
    spendUnlessEnded(id, expiresAt, unless) {
      count(1, unless)
      return inner.spendUnlessEnded(id, expiresAt, unless)
    },
    advanceUnlessEnded(step, unless) {
      count(1, unless)
      return inner.advanceUnlessEnded(step, unless)
    },
  }
  return {
    guard,
    take() {
      const taken = { writes, reads, together }
      ;[writes, reads, together] = [0, 0, 0]
      return taken
    },
  }
}

async function approve(ask: Ask, client: 'pub' | 'web'): Promise<string> {
  const redirect_uri = client === 'web' ? 'https://web.example/cb' : 'https://app.example/cb'
  const person = createPerson(ask, { now: () => NOW })
  const back = await person.answer('allow', { client_id: client, redirect_uri, resource: API })
  const code = back.searchParams.get('code')
  if (code === null) throw new Error(`no code: ${back}`)
  const answer = await readAnswer(await createApp(ask, { client }).redeem(code, { redirect_uri }))
  if (answer.refresh_token === undefined) throw new Error('no refresh token')
  return answer.refresh_token
}

async function refresh(ask: Ask, client: 'pub' | 'web', token: string): Promise<void> {
  const answer = await createApp(ask, { client }).refresh(token)
  if (answer.status !== 200) throw new Error(`not refreshed: ${answer.status}`)
}

/** Drives each flow once: a login is all from the browser's first visit to the app's first tokens, with a page of consent. */
export async function countFlows(): Promise<Readonly<Record<Flow, GuardUse>>> {
  const { guard, take } = createCounter()
  const issuer = testIssuer({ guard })
  const ask: Ask = (request) => issuer.fetch(request)
  const answer = await ask(tokenRequest())
  if (answer.status !== 200) throw new Error(`no token: ${answer.status}`)
  const service = take()
  const byPublic = await approve(ask, 'pub')
  const login = take()
  await refresh(ask, 'pub', byPublic)
  const rotated = take()
  const bySecret = await approve(ask, 'web')
  take()
  await refresh(ask, 'web', bySecret)
  return {
    service,
    login,
    'refresh of a public client': rotated,
    'refresh of a client with a secret': take(),
  }
}
