import { afterAll, beforeAll, expect, it } from 'vitest'
import { authorizeUrl, type FullAnswer, readAnswer, VERIFIER } from '../parties/person.ts'
import { APP_CALLBACK, apiOf, createHouse, HOUSE, type House } from '../parties/providers/house.ts'
import { type OpenidServer, startOpenidServer } from '../parties/providers/openid_server.ts'
import { type PlainServer, startPlainServer } from '../parties/providers/plain_server.ts'
import type { Visitor } from '../parties/visitor.ts'

const now = (): number => Math.floor(Date.now() / 1000)
const callbackOf = (name: string): string => `${HOUSE}/login/callback/${name}`

let github: PlainServer
let google: OpenidServer
beforeAll(async () => {
  github = await startPlainServer({ callback: callbackOf('github'), now })
  google = await startOpenidServer({ callbacks: [callbackOf('google')], refresh: 'fixed' })
})
afterAll(() => Promise.all([github, google].map((party) => party?.stop())))

/** Opens a tab for the API of a provider; returns what the app gets, if it does, and where the tab was. */
async function openTab(
  house: House,
  person: Visitor,
  provider: string,
  before: (step: number) => Promise<void> = async () => {},
): Promise<{ readonly answer: FullAnswer | undefined; readonly steps: number }> {
  const asked = { client_id: 'app', redirect_uri: APP_CALLBACK, resource: apiOf(provider) }
  let steps = 0
  const { url } = await person.visit(authorizeUrl(asked, HOUSE), async (next) => {
    if (next.href.startsWith(APP_CALLBACK)) return undefined
    await before(++steps)
    return next
  })
  const code = url.searchParams.get('code')
  const form = { grant_type: 'authorization_code', code: code ?? '', code_verifier: VERIFIER }
  return { answer: code === null ? undefined : await readAnswer(await house.token(form)), steps }
}

const GITHUB = { sub: 'github|583231', actedFor: '583231' }
const GOOGLE = { sub: 'google|alice', actedFor: 'alice' }

it('at whatever step of a login somebody logs in elsewhere in another tab, no API is handed the token of a person whom it is not told', async () => {
  const usual = createHouse({ parties: { github, google }, now, scopes: { github: 'repo' } })
  const { steps } = await openTab(usual, usual.person(), 'github')
  expect(steps).toBeGreaterThan(5)
  const ends: (boolean | undefined)[] = []
  for (let at = 1; at <= steps; at++) {
    const house = createHouse({ parties: { github, google }, now, scopes: { github: 'repo' } })
    const person = house.person()
    let other: FullAnswer | undefined
    const { answer } = await openTab(house, person, 'github', async (step) => {
      if (step === at) other = (await openTab(house, person, 'google')).answer
    })
    expect(await house.api('google', other?.access_token ?? '')).toEqual(GOOGLE)
    ends.push(answer && true)
    if (answer === undefined) continue
    const renewed = await readAnswer(await house.refresh(answer.refresh_token))
    for (const { access_token } of [answer, renewed]) expect(await house.api('github', access_token)).toEqual(GITHUB)
  }
  // It is no obstacle either.
  expect(ends).toContain(true)
})
