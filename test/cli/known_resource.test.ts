import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createKeyring, readKeys, writeRing } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { type Ended, ROOT, run } from '../checkout.ts'
import { API, API2, ISSUER, PARTNER, PARTNER_KEY, testRing, VARS } from '../fixtures.ts'

const now = Math.floor(Date.now() / 1000)
const ring = testRing(now)
const DEV = 'http://localhost:8787'

/** The settings of an issuer, one of whose APIs has another content encryption. */
const TOML = `
name = "auth"

[vars]
ISSUER = "${ISSUER}"

[vars.RESOURCES."${API}"]
scopes = ["read"]

[vars.RESOURCES."${API2}/"] # with a slash: so its tokens say
scopes = ["read"]
enc = "A256CBC-HS512"
`

/** Returns a folder that has the ring, and these files. */
async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bulla-known-'))
  for (const [name, text] of Object.entries({ 'ring.json': writeRing(ring), ...files }))
    await writeFile(join(folder, name), text)
  return folder
}

const bulla = (cwd: string, line: string, input = ''): Promise<Ended> =>
  run('node', [join(ROOT, 'src/cli/bulla.ts'), ...line.split(' ')], { cwd, input })
const exporting = (resource: string, more = '', issuer = ISSUER): string =>
  `keys export --ring ring.json --issuer ${issuer} --resource ${resource}${more && ` ${more}`}`
const tokenFor = (aud: string, enc: 'A256GCM' | 'A256CBC-HS512'): Promise<string> =>
  sealDirect(
    { sub: 'alice', client_id: 'app', aud, scope: ['read'], iat: now, exp: now + 600, jti: 'j', claims: {} },
    ISSUER,
    createKeyring(ring, ISSUER).leavesFor('access', aud, enc, 600),
    now,
  )

let here = ''
let bare = ''

beforeAll(async () => {
  here = await folderWith({ 'wrangler.toml': TOML })
  bare = await folderWith({})
})

describe('keys export', () => {
  it('of a resource whose branch has a number is of that one, and says so when another is asked for', async () => {
    const folder = await folderWith({
      'wrangler.toml': TOML.replace('scopes = ["read"]', 'scopes = ["read"]\nbranch = 2'),
    })
    const { code, out, err } = await bulla(folder, exporting(API))
    expect([code, readKeys(out).branches.map(({ branch }) => branch), err]).toEqual([0, [2], ''])
    const other = await bulla(folder, exporting(API, '--branch 3'))
    expect([other.code, readKeys(other.out).branches.map(({ branch }) => branch)]).toEqual([0, [3]])
    expect(other.err).toContain(`note: the branch of ${API} is 2 in the settings`)
  })

  it('of a resource with A256CBC-HS512 opens its tokens, though nobody wrote --enc', async () => {
    const { code, out } = await bulla(here, exporting(`${API2}/`))
    expect([code, readKeys(out).enc]).toEqual([0, 'A256CBC-HS512'])
    const verifier = createVerifier({ issuer: ISSUER, resource: `${API2}/`, keys: out })
    expect(await verifier.verify(await tokenFor(`${API2}/`, 'A256CBC-HS512'))).toMatchObject({ ok: true })
    expect((await bulla(here, exporting(`${API2}/`, '--jwks'))).out).toContain('"enc":"A256CBC-HS512"')
  })

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['wrangler.toml by its name', { 'other.toml': TOML }, '--settings other.toml'],
    [
      'wrangler.jsonc, with comments, where it stands',
      {
        'wrangler.jsonc': `// an issuer\n{ "vars": /* all */ { "ISSUER": "${ISSUER}", // here
          "RESOURCES": { "${API2}": { "scopes": [], "enc": "A256CBC-HS512", }, }, }, }`,
      },
      '',
    ],
    [
      'variables alone, as `bulla check` does',
      { 'own.json': JSON.stringify({ ISSUER, RESOURCES: { [API2]: { scopes: [], enc: 'A256CBC-HS512' } } }) },
      '--settings own.json',
    ],
    ['wrangler.json before the others', { 'wrangler.json': JSON.stringify({ vars: VARS }), 'wrangler.toml': TOML }, ''],
  ])('reads the settings from %s', async (_, files, more) => {
    const { code, out } = await bulla(await folderWith(files), exporting(API2, more))
    expect([code, readKeys(out).enc]).toEqual([0, 'A256CBC-HS512'])
  })

  it.each<[string, string, number, string]>([
    ['another --enc than the settings say', exporting(API, '--enc A256CBC-HS512'), 1, 'encryption A256GCM in wrangler'],
    ['settings that are not there', exporting(API, '--settings no.toml'), 1, 'cannot read no.toml: ENOENT'],
    ['settings that are none', exporting(API, '--settings ring.json'), 1, 'ring.json has no ISSUER among its vars'],
    [
      'a resource of nobody',
      exporting('https://nobody.example'),
      1,
      `no resource https://nobody.example; it has ${API}`,
    ],
    ['another path of a resource', exporting(`${API}/v1`), 1, `wrangler.toml has no resource ${API}/v1`],
    [
      'an issuer of nobody',
      exporting(API, '', 'https://nobody.example'),
      1,
      `the issuer in wrangler.toml is ${ISSUER}`,
    ],
    ['an issuer with a slash at its end', exporting(API, '', `${ISSUER}/`), 1, `wrangler.toml is ${ISSUER}, not`],
    [
      'the same in spite of --unknown',
      exporting(API, '--unknown --enc A256GCM', `${ISSUER}/`),
      1,
      'no slash at the end',
    ],
    ['what is unknown without --enc', exporting('https://nobody.example', '--unknown'), 2, '--unknown goes with --enc'],
  ])('refuses %s', async (_, line, code, words) => {
    expect(await bulla(here, line)).toEqual({ code, out: '', err: expect.stringContaining(words) })
  })

  it('exports what no setting knows when --unknown and --enc are written out, and says of which branch, unless that is too', async () => {
    const line = exporting('https://nobody.example', '--unknown --enc A256CBC-HS512')
    for (const folder of [here, bare]) {
      const { out, err } = await bulla(folder, line)
      expect(readKeys(out)).toMatchObject({ resource: 'https://nobody.example', enc: 'A256CBC-HS512' })
      expect(err).toBe('note: these are the keys of branch 1, for no settings tell another; see --branch\n')
    }
    expect(await bulla(bare, `${line} --branch 1`)).toMatchObject({ code: 0, err: '' })
  })

  it('without settings says what it cannot know, and what to write', async () => {
    const refused = { code: 1, out: '', err: expect.stringMatching(/no settings here.*--unknown --enc ENC/) }
    expect(await bulla(bare, exporting(API))).toEqual(refused)
    // The settings of another Worker say nothing of an issuer.
    const other = await folderWith({ 'wrangler.toml': 'name = "orders"\n[vars]\nKEYS = "x"\n' })
    expect(await bulla(other, exporting(API))).toEqual(refused)
  })

  it.each([
    ['wrangler.toml', `${TOML}\nsecret = s3cret`, 'cannot be read as TOML: line 14\n'],
    ['wrangler.jsonc', '{ "secret": "s3cret" "" }', 'cannot be read as JSON\n'],
    [
      'wrangler.json',
      JSON.stringify({ vars: { ISSUER, RESOURCES: ['s3cret'] } }),
      'RESOURCES in wrangler.json is no table',
    ],
  ])('says that %s is broken, and nothing of what is in it', async (file, text, words) => {
    const { code, out, err } = await bulla(await folderWith({ [file]: text }), exporting(API))
    expect([code, out, err]).toEqual([1, '', expect.stringContaining(words)])
    expect(err).not.toContain('s3cret')
  })

  it('knows the resources of a fresh start, in development alone, and what there is nothing to export of', async () => {
    const vars = `DEVELOPMENT=true\nPARTNER_KEY='${JSON.stringify(PARTNER_KEY)}'\nKEY_RING='${writeRing(ring)}'\n`
    const folder = await folderWith({ '.dev.vars': vars, 'wrangler.toml': TOML })
    const line = (resource: string, issuer: string): string =>
      exporting(resource, '', issuer).replace('ring.json', '.dev.vars')
    expect(readKeys((await bulla(folder, line('https://api.example.com', DEV))).out)).toMatchObject({ issuer: DEV })
    expect(readKeys((await bulla(folder, line(`${API2}/`, DEV))).out)).toMatchObject({ enc: 'A256CBC-HS512' })
    expect((await bulla(folder, line('https://api.example.com', ISSUER))).err).toContain(
      'wrangler.toml has no resource',
    )
    expect((await bulla(folder, line('https://partner.example.com', DEV))).err).toContain('sealed to its own key')
    const nested = await folderWith({ 'wrangler.json': JSON.stringify({ vars: VARS }) })
    expect((await bulla(nested, exporting(PARTNER))).err).toContain('sealed to its own key')
  })
})

describe('another spelling of a resource', () => {
  it.each<[string, string]>([
    [`${API}/`, API],
    [API.replace('https://', 'HTTPS://'), API],
    [`${API}:443/`, API],
    [API2, `${API2}/`],
  ])('%s is corrected to that of the settings by keys export, which says so on stderr', async (resource, told) => {
    const { code, out, err } = await bulla(here, exporting(resource))
    expect([code, readKeys(out).resource]).toEqual([0, told])
    expect(err).toBe(
      `note: ${resource} is called ${told} in wrangler.toml; that spelling is the aud of its tokens, and its server needs it\n`,
    )
    expect(out).toBe((await bulla(here, exporting(told))).out)
  })

  it('is corrected by token inspect with a ring; keys of the other spelling are refused, and both are named', async () => {
    const [token, old] = [
      await tokenFor(API, 'A256GCM'),
      await bulla(bare, exporting(`${API}/`, '--unknown --enc A256GCM')),
    ]
    const line = `token inspect --keys ring.json --issuer ${ISSUER} --resource ${API}/`
    expect(await bulla(here, line, token)).toMatchObject({
      code: 0,
      err: expect.stringContaining(`is called ${API} in`),
    })
    const folder = await folderWith({ 'wrangler.toml': TOML, 'keys.json': old.out })
    expect(await bulla(folder, line.replace('ring.json', 'keys.json'), token)).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        `for ${API}/: --issuer and --resource expected these, letter by letter, got ${ISSUER} and ${API}\n`,
      ),
    })
  })
})

describe('token inspect', () => {
  const inspect = (resource: string, more = ''): string =>
    `token inspect --keys ring.json --issuer ${ISSUER} --resource ${resource}${more}`

  it('opens with a ring what has A256CBC-HS512, though nobody wrote --enc', async () => {
    const { code, out, err } = await bulla(here, inspect(`${API2}/`), await tokenFor(`${API2}/`, 'A256CBC-HS512'))
    expect([code, JSON.parse(out), err]).toEqual([0, expect.objectContaining({ active: true }), ''])
  })

  it('says with --explain where the settings know no such resource', async () => {
    const token = await tokenFor(API, 'A256GCM')
    const { err } = await bulla(here, inspect('https://nobody.example', ' --explain'), token)
    expect(err).toMatch(/^decryption: .*\nnote: wrangler\.toml has no resource https:\/\/nobody\.example; it has /)
  })
})
