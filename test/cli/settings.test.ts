import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createRing, writeInstant, writeRing } from '../../keys/index.ts'
import { ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { basic, secretHash, testKey } from '../fixtures.ts'
import { askPort, type ServeProcess, settingsOf, startServe } from '../parties/serve_process.ts'

const ISSUER = 'https://auth.example.com'
const AT = Math.floor(Date.now() / 1000)
const RING = createRing({ now: AT, key: testKey() })
const NEWCOMER = `[CLIENTS.newcomer]
secret_hash = "${secretHash('newcomer-secret')}"
grant_types = ["client_credentials"]
resources = ["https://api.example.com"]
scopes = ["orders:read"]
`

/** A client that the deploy holds to FAPI 2.0. */
const BANK = `[vars.CLIENTS.bank]
profile = "fapi2"
token_endpoint_auth_method = "private_key_jwt"
jwks_uri = "https://bank.example.com/jwks"
grant_types = ["client_credentials"]
resources = ["https://api.example.com"]
scopes = ["orders:read"]
dpop_bound_access_tokens = true
`

/** A folder with the settings of a deploy, a ring, and what is to be sealed. */
async function folderWith(sealing: string, more = '') {
  const cwd = await mkdtemp(join(tmpdir(), 'bulla-settings-'))
  await writeFile(
    join(cwd, 'settings.toml'),
    settingsOf(ISSUER, more).replace('[vars]', `[vars]\nSETTINGS = "sealed.jwe"`),
  )
  await writeFile(join(cwd, 'ring.json'), writeRing(RING))
  await writeFile(join(cwd, 'more.toml'), sealing)
  return cwd
}

const bulla = (cwd: string, ...args: readonly string[]) =>
  run('node', [join(ROOT, 'src/cli/bulla.ts'), ...args], { cwd })
const seal = (cwd: string, seq: number, ...args: readonly string[]) =>
  bulla(
    cwd,
    'settings',
    'seal',
    'more.toml',
    '--ring',
    'ring.json',
    '--settings',
    'settings.toml',
    '--seq',
    String(seq),
    ...args,
  )

const running: ServeProcess[] = []
afterEach(async () => {
  for (const { process, ended } of running.splice(0)) {
    process.kill('SIGKILL')
    await ended
  }
})

describe('bulla settings', () => {
  it('seals tables that are written as in wrangler’s file, and opens them again; a stranger reads nothing', async () => {
    const cwd = await folderWith(
      `[vars.CLIENTS]\nservice = "none"\nghost = "none"\n\n${NEWCOMER.replace('[CLIENTS', '[vars.CLIENTS')}`,
    )
    const sealed = await seal(cwd, 3)
    expect([sealed.code, sealed.out.split('.').length]).toEqual([0, 5])
    expect(sealed.out).not.toContain('newcomer')
    expect(sealed.err.split('\n').filter(Boolean)).toEqual([
      'note: settings.toml has no "ghost" in CLIENTS: "none" takes nothing away',
      `settings 3 for ${ISSUER}: put them where SETTINGS of the issuer says`,
      `they open as long as root ${RING.roots[0]?.kid} is there, until ${writeInstant(RING.roots[0]?.del ?? 0)}: seal them anew before that`,
    ])
    await writeFile(join(cwd, 'sealed.jwe'), sealed.out)
    const opened = await bulla(
      cwd,
      'settings',
      'open',
      'sealed.jwe',
      '--ring',
      'ring.json',
      '--settings',
      'settings.toml',
    )
    const { seq, clients } = JSON.parse(opened.out)
    expect([opened.code, seq, clients.service, Object.keys(clients)]).toEqual([
      0,
      3,
      null,
      ['service', 'ghost', 'newcomer'],
    ])
    const there = 'http://localhost:8787'
    const elsewhere = await bulla(
      cwd,
      'settings',
      'open',
      'sealed.jwe',
      '--ring',
      'ring.json',
      '--settings',
      'settings.toml',
      '--issuer',
      there,
    )
    expect([elsewhere.code, elsewhere.out]).toEqual([1, ''])
    const forIt = await seal(cwd, 3, '--issuer', there)
    expect(forIt.err).toContain(`settings 3 for ${there}: `)
    await writeFile(join(cwd, 'other.json'), writeRing(createRing({ now: AT, key: testKey(1) })))
    const strange = await bulla(
      cwd,
      'settings',
      'open',
      'sealed.jwe',
      '--ring',
      'other.json',
      '--settings',
      'settings.toml',
    )
    expect([strange.code, strange.out]).toEqual([1, ''])
  })

  it('seals nothing with which the issuer would not start, and says all that is wrong', async () => {
    const wrong = NEWCOMER.replace('orders:read', 'nobody:has')
    const cwd = await folderWith(wrong + wrong.replace('newcomer', 'other'))
    const { code, out: stdout, err: stderr } = await seal(cwd, 1)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/newcomer[\s\S]*other/)
  })

  it.each([
    ['what stays with the deploy', 'ISSUER = "https://evil.example"\n', /"ISSUER" is no table that can be sealed/],
    ['a login', '[LOGIN]\ntype = "openid"\n', /"LOGIN" is no table/],
    ['what is no text of settings', 'x', /cannot be read as TOML/],
    ['what lets a client out of its profile', NEWCOMER.replace('newcomer', 'bank'), /profile" expected "fapi2"/],
  ])('does not seal %s', async (_, sealing, words) => {
    const cwd = await folderWith(sealing, BANK)
    const { code, out: stdout, err: stderr } = await seal(cwd, 1)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(words)
  })

  it('wants a number, and writes into a file of its owner’s alone where it is told to', async () => {
    const cwd = await folderWith(NEWCOMER)
    expect((await seal(cwd, 0)).code).toBe(2)
    expect((await bulla(cwd, 'settings', 'seal', 'more.toml', '--ring', 'ring.json')).code).toBe(2)
    expect((await seal(cwd, 1, '--out', 'sealed.jwe')).out).toBe('')
    expect((await stat(join(cwd, 'sealed.jwe'))).mode & 0o777).toBe(0o600)
  })

  it('is called, and put into R2, as the documentation shows it', async () => {
    const cwd = await folderWith(NEWCOMER)
    const bucket = '\n[[r2_buckets]]\nbinding = "SETTINGS"\nbucket_name = "bulla-settings"\n'
    const wrangler = `compatibility_date = "2026-10-01"\n${settingsOf(ISSUER)}\n[[durable_objects.bindings]]\nname = "GUARD"\nclass_name = "GuardObject"\n`
    await writeFile(join(cwd, 'wrangler.toml'), wrangler + bucket)
    const lines = blockOf('sealing')
      .replaceAll('npm run -s bulla --', `node ${join(ROOT, 'src/cli/bulla.ts')}`)
      .replaceAll('npx ', '')
      .replaceAll('--remote', '--local')
    const { code, err } = await run(
      'bash',
      ['-ec', `${lines}\nwrangler r2 object get bulla-settings/settings --local --file got.jwe`],
      {
        cwd,
        env: { WRANGLER_SEND_METRICS: 'false' },
      },
    )
    expect([code, err]).toEqual([0, expect.stringContaining('settings 2 for')])
    expect(await readFile(join(cwd, 'got.jwe'), 'utf8')).toBe(await readFile(join(cwd, 'sealed.jwe'), 'utf8'))
  }, 60_000)

  it('is told by `keys rotate` until when what was sealed opens', async () => {
    const cwd = await folderWith(NEWCOMER)
    const { code, out: stdout, err: stderr } = await bulla(cwd, 'keys', 'rotate', '--ring', 'ring.json')
    const [old, next] = JSON.parse(stdout).roots
    expect(code).toBe(0)
    expect(stderr).toContain(
      `sealed settings, if you have some: what root ${old.kid} sealed opens until ${writeInstant(old.del)}; seal it anew from ${writeInstant(next.use)} on`,
    )
  })

  it('are read by `bulla serve` from the file that SETTINGS names, and `bulla check` takes it', async () => {
    const cwd = await folderWith(NEWCOMER)
    expect((await bulla(cwd, 'check', '--settings', 'settings.toml')).code).toBe(0)
    expect((await seal(cwd, 1, '--out', 'sealed.jwe')).code).toBe(0)
    const served = await startServe(cwd)
    running.push(served)
    const headers = {
      host: 'auth.example.com',
      'x-forwarded-proto': 'https',
      authorization: basic('newcomer', 'newcomer-secret'),
    }
    const { status } = await askPort(served.port, '/token', { headers, form: { grant_type: 'client_credentials' } })
    expect([status, (await readFile(join(cwd, 'sealed.jwe'), 'utf8')).length > 0]).toEqual([200, true])
  })
})
