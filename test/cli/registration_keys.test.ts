import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeBase64url } from '../../keys/base64url.ts'
import { writeRing } from '../../keys/index.ts'
import { createDynamicIds } from '../../src/registration/walk_in/dynamic_id.ts'
import { readRegistrationKeys } from '../../src/registration/walk_in/walk_in_registration.ts'
import { type Ended, ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { testRing } from '../fixtures.ts'
import { REGISTRATION_KEYS } from '../parties/walk_in.ts'

const [FIRST, SECOND] = REGISTRATION_KEYS
const ISSUER = 'https://auth.example.com'
const ids = createDynamicIds(ISSUER, [decodeBase64url(SECOND)])
const ID = ids.make({
  random: 'AAECAwQFBgc',
  hour: 500_000,
  name: 'Agent',
  redirectUris: ['http://127.0.0.1:1/cb'],
  method: 'client_secret_post',
  grantTypes: ['authorization_code'],
})

/** Runs `bulla` with these arguments in a folder of its own with these files. */
async function bulla(
  line: string,
  input = '',
  files: Readonly<Record<string, string>> = {},
): Promise<Ended & { cwd: string }> {
  const cwd = await mkdtemp(join(tmpdir(), 'bulla-client-'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text)
  return { ...(await run('node', [join(ROOT, 'src/cli/bulla.ts'), ...line.split(' ')], { cwd, input })), cwd }
}

describe('bulla client keys', () => {
  it('prints one new key, each time another, and says on stderr where it goes', async () => {
    const [one, other] = await Promise.all([bulla('client keys'), bulla('client keys')])
    expect([one.code, one.err]).toEqual([0, expect.stringContaining('keep it as REGISTRATION_KEYS')])
    expect(readRegistrationKeys('keys', one.out)).toHaveLength(1)
    expect(one.out).toMatch(/^[\w-]{43}\n$/)
    expect(one.out).not.toBe(other.out)
  })

  it.each([
    ['alone', `${FIRST}\n`],
    ['in a dotenv file', `OTHER=1\nREGISTRATION_KEYS='${FIRST}'\n`],
  ])('puts it before those that there are, %s, into a file that its owner alone can read', async (_, text) => {
    const { code, out, cwd } = await bulla('client keys --keys before --out after', '', { before: text })
    const made = await readFile(join(cwd, 'after'), 'utf8')
    expect([code, out, (await stat(join(cwd, 'after'))).mode & 0o777]).toEqual([0, '', 0o600])
    expect(made).toMatch(new RegExp(`^[\\w-]{43} ${FIRST}\\n$`))
    expect(readRegistrationKeys('keys', made)).toHaveLength(2)
  })

  it.each([
    [
      'four',
      `${FIRST} ${SECOND} zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLK4 ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdef8`,
      'there are 4 already',
    ],
    ['what are none', 'x', '"REGISTRATION_KEYS" expected one to four keys'],
    ['a dotenv file without them', 'KEY_RING={}', '"REGISTRATION_KEYS" expected one to four keys'],
  ])('makes none beside %s', async (_, text, why) => {
    const { code, out, err } = await bulla('client keys --keys -', text)
    expect([code, out, err]).toEqual([1, '', expect.stringContaining(why)])
    expect(err).not.toContain(FIRST)
  })
})

describe('bulla client read', () => {
  const read = `client read ${ID} --issuer ${ISSUER}`

  it('says what an id holds, and which key made it; its secret it does not say', async () => {
    const { code, out, err } = await bulla(`${read} --keys -`, `${FIRST} ${SECOND}`)
    expect([code, JSON.parse(out)]).toEqual([
      0,
      {
        client_name: 'Agent',
        redirect_uris: ['http://127.0.0.1:1/cb'],
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['authorization_code'],
        registered: '2027-01-15T08:00Z',
      },
    ])
    expect(err).toBe('made by key 2 of 2; its name is what it gave itself\n')
    expect(out).not.toContain(ids.open(ID)?.secret())
  })

  it('takes the keys of a dotenv file, and says that the settings here keep it out', async () => {
    const settings = (blocked: string): string =>
      `[vars]\nISSUER = "${ISSUER}"\n[vars.REGISTRATION]\nblocked = ["${blocked}"]\n`
    const files = { '.dev.vars': `REGISTRATION_KEYS = ${SECOND}\n` }
    const [out, other] = await Promise.all(
      [ID, 'dcr.other'].map((id) => bulla(`${read} --keys .dev.vars`, '', { ...files, 'wrangler.toml': settings(id) })),
    )
    expect([out?.code, out?.err]).toEqual([
      0,
      expect.stringContaining('blocked in wrangler.toml: it may not walk in\n'),
    ])
    expect([other?.code, other?.err]).toEqual([0, expect.not.stringContaining('blocked')])
  })

  it.each([
    ['by another key', `${read} --keys -`, FIRST, `none of these keys made it for ${ISSUER}`],
    [
      'for another issuer',
      `client read ${ID} --issuer https://other.example --keys -`,
      SECOND,
      'none of these keys made it',
    ],
    [
      'that was changed',
      `client read ${ID.slice(0, -1)}_ --issuer ${ISSUER} --keys -`,
      SECOND,
      'none of these keys made it',
    ],
    [
      'of the settings',
      `client read billing --issuer ${ISSUER} --keys -`,
      SECOND,
      'begin with dcr.; others stand in the settings',
    ],
    [
      'that is a URL',
      'client read https://claude.ai/oauth/metadata',
      '',
      'a URL as an id holds nothing: the document that stands there does',
    ],
  ])('says that an id is none of ours %s', async (_, line, keys, why) => {
    const { code, out, err } = await bulla(line, keys)
    expect([code, out, err]).toEqual([1, '', expect.stringContaining(why)])
  })

  it.each(['claude.ai', 'https://claude.ai/oauth/metadata'])(
    'says of a URL, too, that it is kept out, by %s',
    async (blocked) => {
      const toml = `[vars]\nISSUER = "${ISSUER}"\n[vars.REGISTRATION]\nblocked = ["${blocked}"]\n`
      const { code, err } = await bulla('client read https://claude.ai/oauth/metadata', '', { 'wrangler.toml': toml })
      expect([code, err]).toEqual([1, expect.stringContaining('blocked in wrangler.toml')])
    },
  )

  it.each([
    ['an id', 'client read --keys - --issuer https://a.example'],
    ['an issuer', `client read ${ID} --keys -`],
    ['keys', `client read ${ID} --issuer ${ISSUER}`],
  ])('needs %s', async (_, line) => {
    expect((await bulla(line, SECOND)).code).toBe(2)
  })
})

describe('bulla keys doctor', () => {
  it('finds what is wrong with the keys of registration beside the ring', async () => {
    const ring = `KEY_RING='${writeRing(testRing(Math.floor(Date.now() / 1000)))}'\n`
    const doctor = (keys: string): Promise<Ended> => bulla('keys doctor --ring -', `${ring}REGISTRATION_KEYS=${keys}\n`)
    const [good, bad] = await Promise.all([doctor(FIRST), doctor(`${FIRST},x`)])
    expect([good?.code, good?.out]).toEqual([0, ''])
    expect([bad?.code, bad?.out]).toEqual([
      1,
      '"REGISTRATION_KEYS" expected one to four keys as `bulla client keys` prints them\n',
    ])
  })
})

describe('the page about clients that walk in', () => {
  /** Returns a block as it runs in a folder of its own: the command is this one, and no Worker is asked. */
  const inFolder = (name: string): string =>
    blockOf(name)
      .replaceAll('npm run -s bulla --', `node ${join(ROOT, 'src/cli/bulla.ts')}`)
      .replaceAll('npx wrangler secret put', 'cat; : ')

  it('makes keys, changes them, and reads an id by what it shows', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'bulla-docs-'))
    const made = await run('bash', ['-ec', inFolder('registration-keys')], { cwd })
    expect(made.code).toBe(0)
    const first = await readFile(join(cwd, 'registration.keys'), 'utf8')
    const id = createDynamicIds(ISSUER, readRegistrationKeys('keys', first)).make({
      random: 'AAECAwQFBgc',
      hour: 1,
      name: '',
      redirectUris: ['https://tool.example/cb'],
      method: 'none',
      grantTypes: ['authorization_code'],
    })
    const read = await run('bash', ['-ec', `ID=${id}\n${inFolder('registration-read')}`], { cwd })
    expect([read.code, JSON.parse(read.out)]).toEqual([
      0,
      expect.objectContaining({ redirect_uris: ['https://tool.example/cb'] }),
    ])
    const turned = await run('bash', ['-ec', inFolder('registration-keys-rotate')], { cwd })
    const second = await readFile(join(cwd, 'registration-2.keys'), 'utf8')
    expect([turned.code, second.split(' ')[1]]).toEqual([0, first])
  })
})
