import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isWithoutChromium, startChromium } from '../browser/chromium.ts'
import { secretHash } from '../fixtures.ts'
import { CLAIMS } from '../parties/claims.ts'
import { freePort, type LiveIssuer, waitFor } from '../parties/live_issuer.ts'
import { logIn, SCOPES, startOpenidIssuer } from '../parties/openid_issuer.ts'
import { WAYS, type Way } from '../parties/relying_party.ts'
import { readSegment } from '../parties/servers.ts'
import { shows } from './shows.ts'

const APACHE = '/usr/sbin/apache2'
const MODULES = '/usr/lib/apache2/modules'
const NEEDED = 'mpm_event authn_core authz_core authz_user dir env filter include mime auth_openidc'.split(' ')
const isWithout = !existsSync(join(MODULES, 'mod_auth_openidc.so')) && process.env['CI'] !== 'true'
const SECRET = 'apache-secret'
const ALICE = { OIDC_CLAIM_sub: 'alice', OIDC_CLAIM_name: CLAIMS.name, OIDC_CLAIM_email: CLAIMS.email }

/** The hosts, each a client of its own: with the waiver, or with Apache's option for PKCE; one wants its answers posted. */
const HOSTS = [
  ...(Object.keys(WAYS) as Way[]).flatMap((way) => [
    { title: `${way}, without PKCE`, way, hasPkce: false, method: 'GET' },
    { title: `${way}, with PKCE`, way, hasPkce: true, method: 'GET' },
  ]),
  { title: 'an answer that is posted', way: 'RS256', hasPkce: false, method: 'POST' },
] as const

describe.skipIf(isWithout || isWithoutChromium)("Debian's Apache with mod_auth_openidc", { timeout: 60_000 }, () => {
  let live: LiveIssuer
  let browser: Browser
  let apache: ChildProcess | undefined
  let folder = ''
  const ports: number[] = []
  const originOf = (host: number): string => `http://127.0.0.1:${ports[host]}`
  const idOf = (host: number): string => `apache-${host}`

  /** The lines of a host: all is for people who are logged in, but for where a logout leads. */
  function linesOf({ way, hasPkce, method }: (typeof HOSTS)[number], host: number): string {
    return `
Listen 127.0.0.1:${ports[host]}
<VirtualHost 127.0.0.1:${ports[host]}>
  OIDCProviderMetadataURL ${live.issuer}/.well-known/openid-configuration
  OIDCClientID ${idOf(host)}
  OIDCClientSecret ${SECRET}
  OIDCRedirectURI ${originOf(host)}/openid
  OIDCCryptoPassphrase sQ3nV1xO8wL5tY2k
  OIDCScope "${SCOPES.join(' ')}"
  OIDCIDTokenSignedResponseAlg ${way === 'ES256' ? 'ES256' : 'RS256'}
  OIDCPassIDTokenAs serialized
  ${hasPkce ? 'OIDCPKCEMethod S256' : ''}
  OIDCResponseMode ${method === 'POST' ? 'form_post' : 'query'}
  <Location />
    AuthType openid-connect
    Require valid-user
  </Location>
  <Location /bye.html>
    AuthType none
    Require all granted
  </Location>
</VirtualHost>`
  }

  /** Starts Apache, whose page inside prints what the module tells programs behind it. */
  async function startApache(): Promise<void> {
    folder = await mkdtemp(join(tmpdir(), 'bulla-apache-'))
    await chmod(folder, 0o755)
    const lines = `
ServerRoot ${folder}
ServerName 127.0.0.1
DefaultRuntimeDir ${folder}
PidFile ${folder}/pid
ErrorLog ${folder}/log
${NEEDED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
User www-data
Group www-data
DocumentRoot ${folder}
TypesConfig /dev/null
AddType text/html .html
<Directory ${folder}>
  Options +Includes
  SetOutputFilter INCLUDES
</Directory>
${HOSTS.map(linesOf).join('\n')}
`
    await writeFile(join(folder, 'apache.conf'), lines)
    await writeFile(join(folder, 'index.html'), '<!doctype html><h1>Inside</h1><pre><!--#printenv --></pre>')
    await writeFile(join(folder, 'bye.html'), '<!doctype html><h1>Bye</h1>')
    apache = spawn(APACHE, ['-f', join(folder, 'apache.conf'), '-D', 'FOREGROUND'], { stdio: 'inherit' })
    await waitFor(`${originOf(0)}/bye.html`)
  }

  beforeAll(async () => {
    for (const _ of HOSTS) ports.push(await freePort())
    const clients = HOSTS.map(({ way, hasPkce }, host) => [
      idOf(host),
      {
        secret_hash: secretHash(SECRET),
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [`${originOf(host)}/openid`],
        post_logout_redirect_uris: [`${originOf(host)}/bye.html`],
        scopes: SCOPES,
        ...(hasPkce ? {} : { pkce: 'optional' }),
        ...WAYS[way],
      },
    ])
    live = await startOpenidIssuer(Object.fromEntries(clients))
    await startApache()
    browser = await startChromium()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    apache?.kill()
    await live?.stop()
  })

  /** Returns what the page inside was told. */
  async function toldInside(page: Page): Promise<Readonly<Record<string, string>>> {
    await page.getByRole('heading', { name: 'Inside' }).waitFor()
    const text = (await page.locator('pre').textContent()) ?? ''
    return Object.fromEntries([...text.matchAll(/^(OIDC_\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]))
  }

  it.each(HOSTS.map((host, index) => ({ ...host, index })))(
    'logs a person in by $title, refreshes, and logs the person out',
    async ({ index, way, hasPkce, method }) => {
      const origin = originOf(index)
      const context = await browser.newContext()
      const page = await context.newPage()
      const asked: string[] = []
      page.on('request', (request) => asked.push(`${request.method()} ${request.url()}`))
      await page.goto(`${origin}/`)
      await logIn(page)
      const told = await toldInside(page)
      expect(told).toMatchObject(ALICE)
      const request = asked.find((one) => one.startsWith(`GET ${live.issuer}/authorize?`))
      expect(request?.includes('code_challenge=')).toBe(hasPkce)
      expect(asked).toContainEqual(expect.stringMatching(`^${method} ${origin}/openid`))
      const [header, claims] = String(told['OIDC_id_token']).split('.', 2).map(readSegment)
      expect(header).toMatchObject({ alg: way === 'ES256' ? 'ES256' : 'RS256' })
      expect([claims?.['sub'], claims?.['name']]).toEqual([
        'alice',
        way === 'a thin ID token' ? undefined : CLAIMS.name,
      ])

      const { OIDC_access_token: access_token = '' } = told
      await page.goto(`${origin}/openid?${new URLSearchParams({ refresh: `${origin}/`, access_token })}`)
      expect(page.url()).toBe(`${origin}/`)
      const renewed = await toldInside(page)
      expect(renewed).toMatchObject(ALICE)
      expect(renewed['OIDC_access_token']).not.toBe(access_token)

      await page.goto(`${origin}/openid?${new URLSearchParams({ logout: `${origin}/bye.html` })}`)
      await page.getByRole('heading', { name: 'Bye' }).waitFor()
      await page.goto(`${origin}/`)
      await page.getByLabel('Name').waitFor()
      expect(await readFile(join(folder, 'log'), 'utf8')).not.toMatch(/auth_openidc:error/)
      shows('libapache2-mod-auth-openidc', 'login', 'with PKCE', 'refresh', 'logout')
      await context.close()
    },
  )
})
