import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { authorizeUrl } from '../parties/person.ts'
import { APP_CALLBACK, apiOf, createHouse, HOUSE } from '../parties/providers/house.ts'
import { type OpenidServer, startOpenidServer } from '../parties/providers/openid_server.ts'
import type { Visitor } from '../parties/visitor.ts'

describe('a logout at oidc-provider', () => {
  let works: OpenidServer
  beforeAll(async () => {
    const [callbacks, logouts] = [[`${HOUSE}/login/callback/works`], [`${HOUSE}/logout/callback`]]
    works = await startOpenidServer({ callbacks, logouts })
  })
  afterAll(() => works?.stop())

  /** Logs a person in, and tells whether the provider asked who it is. */
  async function wasAsked(person: Visitor): Promise<boolean> {
    const asked: string[] = []
    const wish = { client_id: 'app', redirect_uri: APP_CALLBACK, resource: apiOf('works') }
    const { url } = await person.visit(authorizeUrl(wish, HOUSE), (at) => {
      if (at.href.startsWith(`${works.url}/interaction/`)) asked.push(at.href)
      return at.href.startsWith(APP_CALLBACK) ? undefined : at
    })
    expect(url.searchParams.get('error')).toBeNull()
    expect(url.searchParams.get('code')).not.toBeNull()
    return asked.length > 0
  }

  it.each<[words: string, table: object, isEnded: boolean]>([
    ['ends the session there, too, and brings the person back', { logout: 'provider' }, true],
    ['leaves the session there alone, where nobody said otherwise', {}, false],
  ])('%s', async (_, table, isEnded) => {
    const person = createHouse({ parties: { works }, tables: { works: { ...table } } }).person()
    expect([await wasAsked(person), await wasAsked(person)]).toEqual([true, false])
    const steps: string[] = []
    const arrived = await person.visit(`${HOUSE}/logout`, (at) => {
      steps.push(at.origin + at.pathname)
      return at
    })
    expect([arrived.status, arrived.text.includes('You are logged out')]).toEqual([200, true])
    expect(steps.includes(`${HOUSE}/logout/callback`)).toBe(isEnded)
    expect(await wasAsked(person)).toBe(isEnded)
  })
})
