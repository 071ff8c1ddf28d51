import { describe, expect, it } from 'vitest'
import type { IssuerSettings } from '../../src/index.ts'
import { API, ISSUER } from '../fixtures.ts'
import { createDevice, DEVICE_CLIENTS } from '../parties/device.ts'
import { hiddenField } from '../parties/person.ts'
import { createSeveral, linksOf, providerOf, type SeveralChanges, sentTo } from '../parties/several_providers.ts'

const wordsOf = (page: string): readonly string[] => linksOf(page).map(({ words }) => words)

/** An issuer with several providers, and a device. */
function setUp(changes: SeveralChanges = {}, web: NonNullable<IssuerSettings['clients']>[string] = {}) {
  const clients = { ...DEVICE_CLIENTS, web: { ...DEVICE_CLIENTS.web, ...web } }
  const there = createSeveral({ clients, ...changes })
  const { browser } = there
  /** Types a code at the page that asks for one; returns what comes next. */
  const type = async (page: string, user_code: string): Promise<string> =>
    (await browser.post(`${ISSUER}/device`, { form: hiddenField(page, 'form'), user_code })).text()
  const press = async (page: string, decision: string): Promise<string> =>
    (await browser.post(`${ISSUER}/device`, { consent: hiddenField(page, 'consent'), decision })).text()
  return { ...there, type, press, device: createDevice(there.ask), web: createDevice(there.ask, 'web') }
}

describe('who lets a device in, where there are several providers', () => {
  it('chooses one, types the code, and lets it in', async () => {
    const { follow, browser, comeBack, type, press, device } = setUp()
    const { user_code, device_code } = await device.start()
    const page = await (await follow(`${ISSUER}/device?user_code=${user_code}`)).text()
    expect(page).toContain('<strong><bdi>A device</bdi></strong> asks you to log in.')
    const back = await comeBack(await browser.get(linksOf(page)[0]?.location ?? ''))
    const asked = await back.text()
    expect(asked).toContain(`value="${user_code}"`)
    expect(await press(await type(asked, user_code), 'allow')).toContain('Your device is let in')
    expect((await device.poll(device_code)).status).toBe(200)
  })

  it('uses another account by choosing one, at a provider that tells no instant', async () => {
    const { follow, browser, comeBack, type, press, device, transactions } = setUp()
    const { user_code } = await device.start()
    const [github] = linksOf(await (await follow(`${ISSUER}/device`)).text())
    const first = await comeBack(await browser.get(github?.location ?? ''))
    const switched = await press(await type(await first.text(), user_code), 'switch')
    const location = /http-equiv="refresh" content="0;url=([^"]*)"/.exec(switched)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const page = await (await follow(location)).text()
    expect(wordsOf(page)).toEqual(['GitHub', 'Google'])
    const sent = await browser.get(linksOf(page)[0]?.location ?? '')
    expect(transactions.at(-1)).toMatchObject({ isChoosing: true, isFresh: false })
    expect(await (await comeBack(sent, 'bob')).text()).toContain(`value="${user_code}"`)
  })
})

describe('a device whose client must be told when somebody logged in', () => {
  const OPENID = { openid: {} }
  const RULES = {
    require_auth_time: true,
    id_token_signed_response_alg: 'ES256',
    scopes: [...DEVICE_CLIENTS.web.scopes, 'openid'],
  } as const

  it('is refused as it asks, where no provider proves that', async () => {
    const { web } = setUp({ ...OPENID, providers: { github: providerOf('GitHub') } }, RULES)
    const refused = await web.begin({ scope: 'openid' })
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'login_required' }])
    expect((await web.begin({ scope: 'read', resource: API })).status).toBe(200)
  })

  it('has its person log in at one that does', async () => {
    const { follow, browser, comeBack, type, web } = setUp(OPENID, RULES)
    const { user_code } = await web.start({ scope: 'openid' })
    const [github] = linksOf(await (await follow(`${ISSUER}/device`)).text())
    const first = await comeBack(await browser.get(github?.location ?? ''))
    const page = await type(await first.text(), user_code)
    const location = /http-equiv="refresh" content="0;url=([^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const sent = await follow(location)
    expect(sentTo(sent).name).toBe('google')
    const asked = await (await comeBack(sent, 'bob')).text()
    expect(await type(asked, user_code)).toContain('bob of Google')
  })

  it('whose provider changed meanwhile shows a page that says why, and sends nobody round', async () => {
    const { follow, transactions } = setUp({ providers: { github: providerOf('GitHub') } })
    const response = await follow(`${ISSUER}/device?prompt=login`)
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('This needs another login')
    expect(transactions).toEqual([])
  })
})
