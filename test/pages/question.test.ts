import { describe, expect, it } from 'vitest'
import { createIssuer, readBindings } from '../../src/index.ts'
import type { ShownScope } from '../../src/pages/asked.ts'
import { type Consent, consentPage } from '../../src/pages/consent.ts'
import { toPageResponse } from '../../src/pages/page.ts'
import { ISSUER, VARS } from '../fixtures.ts'
import { catalogueOf, ownView, plainView } from './catalogue.ts'

const scopesOf = (count: number, isReadOnly: boolean): readonly ShownScope[] =>
  Array.from({ length: count }, (_, at) => ({
    token: `${isReadOnly ? 'r' : 'w'}${at}`,
    words: undefined,
    isReadOnly,
  }))

const PAYMENT = { name: 'Payment', which: undefined, description: undefined, facts: [], elsewhere: [] }

/** Returns the question about scopes and details of one resource: what is seen at once, what is folded, and all of it. */
async function ask(scopes: readonly ShownScope[], details: Consent['resources'][number]['details'] = []) {
  const consent: Consent = {
    consent: 'sealed',
    clientName: 'App',
    clientHost: undefined,
    destination: 'app.example',
    isOnDevice: false,
    walkIn: undefined,
    about: [],
    resources: [{ name: 'Orders', uri: 'https://api.example', scopes, details, handOver: undefined }],
    account: 'alice',
    lifetime: '1 day',
  }
  const page = await (await toPageResponse(200, consentPage(ownView(), consent))).text()
  const folded = [...page.matchAll(/<details>[\s\S]*?<\/details>/g)].join('')
  const tokens = (text: string): readonly string[] =>
    [...text.matchAll(/<li>(?:<strong><bdi>|<code>)([^<]*)/g)].map(([, one = '']) => one)
  return { page, folded: tokens(folded), seen: tokens(page).filter((one) => !tokens(folded).includes(one)) }
}

describe('the question', () => {
  it('has what only reads apart from what changes, and says nothing of either where nobody told', async () => {
    const apart = await ask([...scopesOf(1, false), ...scopesOf(2, true)])
    expect(apart.page).toMatch(/See, and change nothing<\/h2>[\s\S]*r0[\s\S]*r1[\s\S]*Change<\/h2>[\s\S]*w0/)
    expect((await ask(scopesOf(3, false))).page).not.toMatch(/class="apart"/)
    expect((await ask(scopesOf(3, true))).page).not.toContain('Change</h2>')
  })

  it.each([
    [6, 6, 0],
    [7, 5, 2],
    [30, 5, 25],
  ])('of %d scopes shows %d and folds %d', async (count, seen, folded) => {
    const question = await ask(scopesOf(count, false))
    expect([question.seen.length, question.folded.length]).toEqual([seen, folded])
    expect(question.page.includes(`And ${folded} more`)).toBe(folded > 0)
  })

  it('never folds what is known to change something, nor what is asked for in detail', async () => {
    const { seen, folded } = await ask(
      [...scopesOf(9, true), ...scopesOf(9, false)],
      Array.from({ length: 9 }, (_, at) => ({ ...PAYMENT, name: `Payment ${at}` })),
    )
    expect(folded).toEqual(['r5', 'r6', 'r7', 'r8'])
    expect(seen).toEqual(expect.arrayContaining(['w8', 'Payment 8']))
  })

  it('is the first form of its page, whose first press is a no', async () => {
    const { page } = await ask(scopesOf(1, false))
    const forms = [...page.matchAll(/<form [^>]*>/g)].map(String)
    const presses = [...page.matchAll(/<button [^>]*name="decision" value="(\w+)"/g)].map(([, one]) => one)
    expect(forms).toEqual([`<form id="question" method="post" action="https://auth.acme.example/consent">`])
    expect(presses).toEqual(['deny', 'allow', 'switch'])
  })
})

describe('every page', () => {
  it.each(Object.keys(catalogueOf(ownView())))('%s says whose it is, and where to turn', async (name) => {
    const textOf = async (view: ReturnType<typeof ownView>) => {
      const page = catalogueOf(view)[name]
      return page === undefined ? '' : (await toPageResponse(200, page)).text()
    }
    const own = await textOf(ownView())
    for (const text of ['<strong><bdi>Acme</bdi></strong>', '<bdi class="soft">auth.acme.example</bdi>', '#005a9c'])
      expect(own).toContain(text)
    for (const where of ['mailto:help@acme.example', 'https://acme.example/terms', 'https://acme.example/privacy'])
      expect(own).toContain(`href="${where}"`)
    expect(own).not.toContain('class="band"')
    const plain = await textOf(plainView())
    expect(plain).toMatch(/<header class="band">[^<]+<\/header>/)
    expect(plain).not.toMatch(/mailto:|acme\.example\/terms/)
  })

  it('for what went wrong says what its answer calls the request', async () => {
    const resources = { 'https://api.example.com': { scopes: [] } }
    const issuer = createIssuer(readBindings({ ISSUER, GUARD: 'none', LOGIN: VARS.LOGIN, RESOURCES: resources }))
    for (const path of ['/nothing', '/authorize?client_id=nobody']) {
      const answer = await issuer.request(`${ISSUER}${path}`, { headers: { accept: 'text/html' } })
      const id = answer.headers.get('request-id')
      expect(id).toMatch(/^[\w-]{22}$/)
      expect(await answer.text()).toContain(`Request: <code>${id}</code>`)
    }
  })
})
