import { expect, it } from 'vitest'
import { API, API2 } from '../fixtures.ts'
import { createHandOver, createTestProvider } from '../parties/hand_over.ts'
import { authorizeUrl, type Changes, createBrowser, formOf } from '../parties/person.ts'

const MUCH = Array.from({ length: 39 }, (_, index) => `https://provider.example/scope/${`${index}`.padStart(20, '0')}`)

it.each([
  ['little scope', ['repo'], '7'],
  ['as much scope as can be', MUCH, '7'],
  ['little scope, and the name of somebody is long', ['repo'], '漢'.repeat(240)],
])(
  'the longest request that is taken comes through a login that hands over, whoever goes on with it: %s',
  async (_, scope, id) => {
    const given = createTestProvider()
    Object.assign(given, { id, tokens: { accessToken: 'given', scope } })
    const handed = { scopes: ['read'], provider_token: 'github', provider_scope: scope.join(' ') }
    const { ask, browser } = createHandOver(given, { resources: { [API]: handed, [API2]: { scopes: ['mail'] } } })
    const goneTo = (response: Response): URL => new URL(response.headers.get('location') ?? `page:${response.status}`)
    const stateOf = ({ searchParams }: URL): string => searchParams.get('state') ?? ''
    const sized = (length: number): Changes => ({
      client_id: 'app',
      resource: API,
      state: '1',
      id_token_hint: 'x'.repeat(length),
    })

    let [longest, tooLong] = [0, 8000]
    while (tooLong - longest > 1) {
      const length = Math.floor((longest + tooLong) / 2)
      const { hostname } = goneTo(await browser.get(authorizeUrl(sized(length))))
      if (hostname === 'github.example') longest = length
      else tooLong = length
    }
    expect(longest).toBeGreaterThan(1000)

    const sent = goneTo(await browser.get(authorizeUrl(sized(longest))))
    const answer = formOf({ state: stateOf(sent), code: 'c'.repeat(200) })
    const goesOn = goneTo(await browser.get(`${sent.searchParams.get('redirect_uri')}?${answer}`))
    expect(goesOn.href.length).toBeLessThan(8192)
    expect((await browser.get(goesOn.href)).status).toBe(200)
    // Somebody else logs in for it as themselves.
    const others = goneTo(await createBrowser(ask).get(goesOn.href))
    for (const one of [sent, others]) expect(stateOf(one)).toMatch(/^.{600,7000}$/)
  },
)
