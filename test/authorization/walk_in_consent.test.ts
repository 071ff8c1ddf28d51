import { describe, expect, it } from 'vitest'
import type { Transaction } from '../../src/index.ts'
import { skeletonsOf } from '../../src/protocol/confusable.ts'
import { API, ISSUER, NOW, VARS } from '../fixtures.ts'
import { APP, CLIENT, createDocumentIssuer } from '../parties/client_documents.ts'
import { hiddenField } from '../parties/person.ts'
import { CALLBACK, createWalkInIssuer, type WalkInIssuer } from '../parties/walk_in.ts'

const WEB = 'https://claude.example/cb'
const SCHEME = 'com.example.app:/cb'
const UNCHECKED = 'gave itself this name, and nobody has checked it'
const ON_DEVICE = 'Nobody can prove which app on this device that is'
const GOES = 'The answer goes to an app on this device.'

/** Returns what a page says, without its marks. */
const words = (page: string): string => page.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ')

/** Registers, and returns the question. */
async function ask(issuer: WalkInIssuer, said: Readonly<Record<string, unknown>>, uri: string): Promise<string> {
  const client = await issuer.register({ redirect_uris: [uri], ...said })
  return (await issuer.question(client, { redirect_uri: uri })).text()
}

describe('the question about a client that walked in', () => {
  it.each([
    [WEB, 'The answer goes to claude.example.', undefined],
    [CALLBACK, GOES, undefined],
    [SCHEME, GOES, undefined],
  ])(
    'says of one that registered with %s where the answer goes, and that nobody has checked its name',
    async (uri, goes) => {
      const page = await ask(createWalkInIssuer(), { client_name: 'Wanderer' }, uri)
      expect(page).toContain('<bdi>Wanderer</bdi> wants access to your account at')
      const text = words(page)
      expect(text).toContain(goes)
      expect(text).toContain(UNCHECKED)
      expect(text).toContain(`Answer goes to${uri === WEB ? 'claude.example' : 'an app on this device'}`)
      expect(text.indexOf(UNCHECKED)).toBeLessThan(text.indexOf('it will be able to'))
      expect(text.includes(ON_DEVICE)).toBe(uri !== WEB)
    },
  )

  it.each([
    ['https://client.example/cb', 'The answer goes to client.example. The app is published by client.example.', false],
    [
      'https://other.example/cb',
      'The answer goes to other.example. The app is published by client.example. That is another host',
      true,
    ],
    [CALLBACK, `${GOES} The app is published by client.example.`, false],
  ])('says of one by a document with %s who published it, and where the answer goes', async (uri, said, isApart) => {
    const issuer = createDocumentIssuer()
    issuer.publish({ redirect_uris: [uri], client_name: 'Wanderer' })
    const text = words(await (await issuer.question(CLIENT, { redirect_uri: uri })).text())
    expect(text).toContain(said)
    expect(text.includes('another host')).toBe(isApart)
    expect(text).not.toContain(UNCHECKED)
    expect(text.includes(`${ON_DEVICE}, and any can say that it is the one of client.example`)).toBe(uri === CALLBACK)
  })

  it.each([
    ['of a client', 'Billing Tool'],
    ['of a client, in another case and with more spaces', 'BILLING   tool'],
    ['of a client, with Cyrillic letters', 'Вilling Тооl'.replace('В', 'Β')],
    ['of a client, with digits', 'Bi11ing T00l'],
    ['of a client, with marks and signs', 'B\u0301illing-Tool!'],
    ['of a client, of full width', 'Ｂｉｌｌｉｎｇ Ｔｏｏｌ'],
    ['of a client, with Greek capitals, whose small letters look otherwise', 'Billiɴg Tool'.replace('ɴ', 'Ν')],
    ['of a client, with Lisu and Coptic letters', 'ꓐillinɡ Тⲟⲟⅼ'],
    ['of a client, in small capitals', 'ʙɪʟʟɪɴɢ ᴛᴏᴏʟ'],
    ['of a client, in boxes', '🅱🅸🅻🅻🅸🅽🅶 🅣🅞🅞🅛'],
    ['of a client, in flags', '🇧🇮🇱🇱🇮🇳🇬 🇹🇴🇴🇱'],
    ['of a client, in boxes and letters', '🅱illing Tool'],
    ['of a client, with a flag', 'Billing Tool 🇪🇺'],
    ['of a client, by its id', 'billing'],
    ['of a resource', 'Invoices'],
    ['of a resource, by its URI', API],
    ['of the issuer', 'as.example'],
    ['of the issuer, by its URL', ISSUER],
    ['of the issuer, with a letter for a dot', 'asꓸexample'],
    ['with the issuer in it', 'as.example sign-in'],
    ['with the issuer’s page in it', 'Safe (https://as.example/login)'],
    ['with the issuer in it, in other letters', 'Sign-in at ᴀs.ехample:443'],
    ['that is somebody’s host, with a letter for a dot', 'chatꓸexample'],
    ['that is somebody’s host, with a digit for a dot', 'chat۰example'],
    ['that is somebody’s host', 'chat.example'],
    ['that is somebody’s host, with a dot that is none', 'chat。example'],
    ['that is a URL', 'https://chat.example/app'],
    ['that is a word of ours', 'An app on this device'],
    ['of nobody', ''],
    ['of nothing that can be read', '—…'],
    // promise: P25
  ])('puts the host in place of a name %s', async (_, client_name) => {
    const clients = {
      billing: { grant_types: [], client_name: 'Billing Tool', resources: [API], scopes: ['read'] },
    }
    const resources = { [API]: { ...VARS.RESOURCES[API], resource_name: 'Invoices' } }
    for (const [uri, place] of [
      [WEB, 'claude.example'],
      [CALLBACK, 'an app on this device'],
    ] as const) {
      const seen: string[] = []
      const authenticate = async (_request: Request, { clientName }: Transaction) => {
        seen.push(clientName)
        return { sub: 'alice', auth_time: NOW }
      }
      const page = await ask(createWalkInIssuer({ clients, resources, authenticate }), { client_name }, uri)
      const named = place === 'claude.example' ? `<bdi>${place}</bdi>` : 'An app on this device'
      expect(page).toContain(`<h1>${named} wants access to your account at`)
      expect(words(page)).not.toContain(UNCHECKED)
      expect(seen).toEqual([place])
    }
    const issuer = createDocumentIssuer({ clients, resources })
    issuer.publish({ client_name, redirect_uris: [WEB] })
    const page = await (await issuer.question(CLIENT, { redirect_uri: WEB })).text()
    if (client_name !== '') expect(page).toContain('<bdi>client.example</bdi> wants access to your account at')
  })

  it.each(['Acme', 'ACME', 'Аcme', ' acme '])(
    'gives no app the name of whose pages they are: %j',
    async (client_name) => {
      const branding = { name: 'Acme' }
      const page = await ask(createWalkInIssuer({ branding }), { client_name }, WEB)
      expect(page).toContain('<h1><bdi>claude.example</bdi> wants access to your account at <bdi>Acme</bdi></h1>')
    },
  )

  it.each([
    'Claude Code (billing)',
    'Example (as seen at shop)',
    'Заметки',
    'Инвойс',
    '請求書',
    'Fakturierung',
    'mcp-remote 0.1',
    'Dr. Who',
  ])('leaves the name %j as it is', async (client_name) => {
    const clients = { billing: { grant_types: [], client_name: 'Billing Tool', resources: [API], scopes: ['read'] } }
    expect(await ask(createWalkInIssuer({ clients }), { client_name }, WEB)).toContain(
      `<bdi>${client_name}</bdi> wants access to your account at`,
    )
  })

  it('keeps names apart that nobody takes for one another', () => {
    const names = [
      'Billing',
      'Bitting',
      'Mail',
      'Maps',
      'Notes',
      'Почта',
      'Карты',
      'カレンダー',
      '日历',
      'Agent',
      'Agenda',
    ]
    expect(new Set(names.flatMap((name) => [...new Set(skeletonsOf(name))])).size).toBe(
      names.reduce((count, name) => count + new Set(skeletonsOf(name)).size, 0),
    )
  })
})

describe('a yes to a client that walked in', () => {
  /** Tells whether a client that was let in once is asked for again, and what prompt=none says then. */
  async function isAskedAgain(
    issuer: WalkInIssuer,
    client: { readonly client_id: string },
    uri: string,
  ): Promise<boolean> {
    const back = await issuer.authorize(client, { redirect_uri: uri })
    expect(back.searchParams.get('code')).toMatch(/./)
    const again = await issuer.question(client, { redirect_uri: uri })
    const silent = await issuer.question(client, { redirect_uri: uri, prompt: 'none' })
    const isAsked = hiddenField(await again.text(), 'consent') !== ''
    if (isAsked) {
      expect([silent.status, silent.headers.get('location')]).toEqual([200, null])
      expect(await silent.text()).toContain('<code>consent_required</code>')
    } else expect(silent.headers.get('location')).toContain(`${uri}?code=`)
    return isAsked
  }

  // promise: W11
  it.each([CALLBACK, WEB, SCHEME])('is never remembered for one that registered, with %s', async (uri) => {
    const issuer = createWalkInIssuer({ registration: { redirect_hosts: ['claude.example'] } })
    expect(await isAskedAgain(issuer, await issuer.register({ redirect_uris: [uri] }), uri)).toBe(true)
  })

  it.each<readonly [string, readonly string[] | undefined, boolean]>([
    ['https://client.example/cb', undefined, false],
    [WEB, undefined, true],
    [WEB, ['claude.example'], false],
    [CALLBACK, ['127.0.0.1', 'claude.example'], true],
    [SCHEME, undefined, true],
  ])(
    'is remembered of a document with %s, where the operator wrote %j, as it should',
    async (uri, redirect_hosts, isAsked) => {
      const issuer = createDocumentIssuer({ registration: redirect_hosts === undefined ? {} : { redirect_hosts } })
      issuer.publish({ redirect_uris: [uri] })
      expect(await isAskedAgain(issuer, CLIENT, uri)).toBe(isAsked)
    },
  )

  it.each<readonly [string, Readonly<Record<string, unknown>>]>([
    ['name', { client_name: 'Another app' }],
    ['redirect URIs', { redirect_uris: ['https://client.example/cb', 'https://client.example/more'] }],
    ['method', { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://client.example/keys.json' }],
  ])('is asked for again when the document has another %s', async (_, changes) => {
    const issuer = createDocumentIssuer()
    const uri = 'https://client.example/cb'
    issuer.publish({ redirect_uris: [uri] }, { 'cache-control': 'max-age=60' })
    expect(await isAskedAgain(issuer, CLIENT, uri)).toBe(false)
    issuer.publish({ redirect_uris: [uri], ...changes }, { 'cache-control': 'max-age=60' })
    issuer.wait(3601)
    expect(hiddenField(await (await issuer.question(CLIENT, { redirect_uri: uri })).text(), 'consent')).toMatch(/./)
  })

  it('stands in the list of what was allowed, with its name and who is behind it', async () => {
    const [issuer, other] = [createWalkInIssuer(), createDocumentIssuer()]
    await issuer.authorize(await issuer.register({ client_name: 'Wanderer' }))
    expect(words(await (await issuer.browser.get(`${ISSUER}/apps`)).text())).toContain(
      'Wanderer (an app on this device)',
    )
    other.publish({ client_name: 'Wanderer' })
    await other.authorize(CLIENT)
    expect(words(await (await other.browser.get(`${ISSUER}/apps`)).text())).toContain('Wanderer (client.example)')
    expect(APP).toContain('client.example')
  })
})
