import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { createFaultList } from '../../keys/faults.ts'
import { gatherBindings } from '../../src/bindings.ts'
import {
  type Bindings,
  createIssuer,
  createMemoryGuard,
  createMemoryRevocations,
  readBindings,
} from '../../src/index.ts'
import { KNOWN_PROVIDER_NAMES, knownMembers } from '../../src/login/known_providers.ts'
import { detailTypeIn } from '../../src/registration/details/authorization_details.ts'
import { readPairwiseSalt } from '../../src/registration/pairwise.ts'
import { resourceIn } from '../../src/registration/resource.ts'
import { readBranding } from '../../src/settings/branding.ts'
import { checkSettings } from '../../src/settings/settings.ts'
import { ROOT, run } from '../checkout.ts'
import { blockOf, DOCS, PAGES, README } from '../docs.ts'
import { ISSUER, VARS } from '../fixtures.ts'
import { REGISTRATION_KEYS } from '../parties/walk_in.ts'

/** Returns the variables that wrangler reads from a block of the DOCS. */
async function varsOf(name: string): Promise<Bindings> {
  const config = join(await mkdtemp(join(tmpdir(), 'bulla-readme-')), 'wrangler.toml')
  await writeFile(config, `name = "readme"\n${blockOf(name)}`)
  return unstable_readConfig({ config }).vars as Bindings
}

describe('the settings that the docs show', () => {
  it('of authorization details are taken as they stand there', async () => {
    const shown = await varsOf('details')
    const issuer = createIssuer(
      readBindings({
        ISSUER,
        GUARD: 'none',
        LOGIN: VARS.LOGIN,
        RESOURCES: { 'https://api.example.com': { scopes: [] } },
        ...shown,
      }),
    )
    const metadata = await issuer.request(`${ISSUER}/.well-known/oauth-authorization-server`)
    expect(await metadata.json()).toMatchObject({ authorization_details_types_supported: ['payment'] })
  })

  it('of pages that are their own are taken as they stand there, and show', async () => {
    const shown = await varsOf('branding')
    const resources = { 'https://api.example.com': { scopes: [] } }
    const issuer = createIssuer(
      readBindings({ ISSUER, GUARD: 'none', LOGIN: VARS.LOGIN, RESOURCES: resources, ...shown }),
    )
    const page = await (await issuer.request(`${ISSUER}/`, { headers: { 'accept-language': 'de' } })).text()
    for (const own of ['<bdi>Acme</bdi>', '/logo.svg', '#005a9c', 'mailto:help@acme.example', 'Datenschutz'])
      expect(page).toContain(own)
  })

  it('of what things are called in other languages are taken as they stand there, and told', async () => {
    const shown = await varsOf('own-words')
    const { resources, detailTypes } = checkSettings(
      readBindings({ ISSUER, GUARD: 'none', LOGIN: VARS.LOGIN, ...shown }),
    )
    const resource = resources.get('https://api.example.com')
    const payment = detailTypes.get('payment')
    if (resource === undefined || payment === undefined) throw new Error('the page shows others')
    const german = resourceIn(resource, 'de')
    expect([german.name, german.scopeDescriptions.get('orders:read')]).toEqual([
      'Bestellungen',
      'Ihre Bestellungen sehen',
    ])
    const { name, schema } = detailTypeIn(payment, 'de')
    expect([name, schema.properties?.get('amount')?.title]).toEqual(['Eine Rechnung bezahlen', 'Betrag'])
  })

  it('of a logo are what the command beside them makes of a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bulla-logo-'))
    await writeFile(join(folder, 'logo.svg'), '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'.repeat(9))
    const { code, out } = await run('sh', ['-c', blockOf('logo')], { cwd: folder })
    expect([code, readBranding('branding', { logo: out.trim() }).logo]).toEqual([0, out.trim()])
  })

  it('of a client in FAPI 2.0 are taken as they stand there, and so of an issuer', async () => {
    const shown = await varsOf('fapi2')
    const resources = { 'https://api.example.com': { scopes: ['orders:read'] } }
    for (const PROFILE of [undefined, 'fapi2']) {
      const { clients } = checkSettings({
        ...readBindings({ ISSUER, LOGIN: VARS.LOGIN, RESOURCES: resources, PROFILE, ...shown }),
        guard: createMemoryGuard(),
        revocations: createMemoryRevocations('a salt that is long enough for this'),
      })
      expect(clients.get('bank')).toMatchObject({ profile: 'fapi2', isPushing: true, dpopBound: true })
    }
  })

  it('of homes are taken as they stand there', async () => {
    const { homes } = readBindings({ ISSUER, LOGIN: VARS.LOGIN, ...(await varsOf('homes')) })
    expect(homes).toMatchObject({ count: 256, regions: ['eu', 'oc'] })
  })

  it('of a device are taken as they stand there', async () => {
    const resources = { 'https://api.example.com': { scopes: ['orders:read', 'orders:write'] } }
    const shown = await varsOf('device-client')
    const settings = readBindings({ ISSUER, LOGIN: VARS.LOGIN, RESOURCES: resources, ...shown })
    const { grants } = checkSettings({ ...settings, guard: createMemoryGuard() })
    expect(grants.has('urn:ietf:params:oauth:grant-type:device_code')).toBe(true)
  })

  it.each(['registration', 'registration-blocked'])(
    'of clients that walk in are taken as they stand there: %s',
    async (name) => {
      const resources = { 'https://api.example.com': { scopes: ['orders:read', 'orders:write'] } }
      const shown = await varsOf(name)
      const settings = readBindings({ ISSUER, GUARD: 'none', LOGIN: VARS.LOGIN, RESOURCES: resources, ...shown })
      const { walkIns } = checkSettings({ ...settings, registrationKeys: REGISTRATION_KEYS[0] })
      expect(walkIns).toMatchObject({ isRegistering: true, takesDocuments: true })
      expect(walkIns?.blocked.size).toBe(name === 'registration' ? 0 : 2)
    },
  )

  it('of several ways to log in are taken as they stand there', async () => {
    const shown = await varsOf('login-tables')
    const { authenticate } = checkSettings(readBindings({ ISSUER, ...shown }))
    const labels = [...(authenticate?.providers ?? [])].map(([name, { label }]) => [name, label])
    expect(labels).toEqual([
      ['acme', expect.stringMatching(/acme/i)],
      ['other', 'The other one'],
    ])
  })

  it.each([
    ['login-github', 'GitHub'],
    ['login-oauth', 'Hub'],
  ])('of a provider without ID tokens are taken as they stand there: %s', async (name, label) => {
    const { authenticate } = checkSettings(readBindings({ ISSUER, GUARD: 'none', ...(await varsOf(name)) }))
    expect([...(authenticate?.providers?.values() ?? [])].map((provider) => provider.label)).toEqual([label])
  })

  it('of a known provider stand in the docs, with all the places where it is', async () => {
    const providers = await readFile(join(ROOT, 'docs/guides/providers.md'), 'utf8')
    const about = providers.split('\n## GitHub, Google, and others\n')[1]?.split('\n### ')[0] ?? ''
    for (const name of KNOWN_PROVIDER_NAMES) {
      const { type, scope, ...members } = knownMembers(name)
      const row = about.split('\n').find((line) => line.startsWith(`| \`${name}\``))
      expect(row).toContain(`| \`${type}\` |`)
      expect(row).toContain(`| \`${scope}\` |`)
      const places = Object.values(members).filter((value) => typeof value === 'string' && value.startsWith('https:'))
      expect(places.length).toBeGreaterThan(0)
      expect(places.filter((place) => !about.includes(`\`${place}\``))).toEqual([])
    }
  })

  it.each(['openid', 'oauth', 'page'])('tell of all that a table of LOGIN can have: %s', (type) => {
    const known = (() => {
      try {
        readBindings({ ISSUER, LOGIN: { one: { type, 'no such member': 1 } } })
      } catch (error) {
        return /"LOGIN.one" has no setting of that name; it knows: (.*)/.exec(String(error))?.[1]?.split(', ') ?? []
      }
      return []
    })()
    expect(known).toContain('label')
    const login = ['people-and-login', 'own-login-page', 'providers']
      .map((page) => PAGES.get(`docs/guides/${page}.md`))
      .join('\n')
    expect(known.filter((member) => !new RegExp(`\`${member}\`|^${member} = `, 'm').test(login))).toEqual([])
  })

  it.each(
    [...PAGES, ['README.md', README] as const].flatMap(([file, text]) =>
      [...text.matchAll(/^```toml\n([\s\S]*?)^```$/gm)].map(
        ([, block = ''], index) => [file, index + 1, block] as const,
      ),
    ),
  )('are all settings that there are: %s, block %i', (_, __, block) => {
    const { vars = {} } = parse(block)
    const faults = createFaultList()
    const settings = gatherBindings({ ISSUER, ...(vars as Bindings) }, faults)
    faults.read(() => checkSettings(settings))
    const unknown = faults.faults
      .flatMap(({ message }) => message.split('\n'))
      .filter((line) => /(?:has|is) no setting/.test(line))
    expect(unknown).toEqual([])
  })

  it('have a command that makes a salt', async () => {
    const { out } = await run('bash', ['-ec', blockOf('salt')])
    expect(() => readPairwiseSalt('PAIRWISE_SALT', out.trim())).not.toThrow()
  })
})

describe('why a resource server refuses', () => {
  it('is told in the docs: every reason that a verifier has, and no other', async () => {
    const words = await readFile(join(ROOT, 'src/jose/explain.ts'), 'utf8')
    const codes = [...words.matchAll(/^ {2}(\w+):/gm)].map(([, code]) => code)
    const own = ['no_credentials', 'malformed', 'scope', 'login', 'demand']
    const issuers = ['home', 'mark', 'sealing', 'size']
    const rows =
      DOCS.split('## Why was that refused?')[1]
        ?.split('\n# ')[0]
        ?.match(/^\| \d{3} \|.*$/gm) ?? []
    const told = rows.flatMap((row) => [...(row.split('|')[2] ?? '').matchAll(/`([a-z_]+)`/g)].map(([, code]) => code))
    expect([...new Set(told)].toSorted()).toEqual(
      [...codes.filter((code) => !issuers.includes(code ?? '')), ...own].toSorted(),
    )
  })
})

describe('what a handler finds', () => {
  it('is told in the docs: every member of an entitlement, with its type, and no other', async () => {
    const source = await readFile(join(ROOT, 'src/token/entitlement.ts'), 'utf8')
    const body = source.split('export interface Entitlement {')[1]?.split('\n}')[0] ?? ''
    const members = [...body.matchAll(/^ {2}readonly (\w+\??): (.+)$/gm)].map(([, name, type]) => [name, type])
    const table = DOCS.split('| `entitlement` | type |')[1]?.split('\n\n')[0] ?? ''
    const rows = [...table.matchAll(/^\| `(\w+\??)` \| `(.+?)` \|/gm)].map(([, name, type = '']) => [
      name,
      type.replaceAll('\\|', '|'),
    ])
    expect(members.length).toBeGreaterThan(10)
    expect(rows).toEqual(members)
  })
})
