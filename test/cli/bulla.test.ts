import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  createKeyring,
  type Leaf,
  type Ring,
  readKeys,
  readRing,
  type SigningKey,
  writeRing,
} from '../../keys/index.ts'
import { readySigningKey } from '../../src/jose/jwks.ts'
import { leafRecipient, type Recipient, recipientOf } from '../../src/jose/recipient.ts'
import { checkSettings } from '../../src/settings/settings.ts'
import { sealDirect } from '../../src/token/direct.ts'
import { sealNested } from '../../src/token/nested.ts'
import { type Ended, ROOT, run } from '../checkout.ts'
import { API, ISSUER, PARTNER, PARTNER_KEY, SIGNED, secretHash, testRing, VARS } from '../fixtures.ts'
import { bullaHere } from './here.ts'

const now = Math.floor(Date.now() / 1000)
const ring = testRing(now)
let folder = ''
let ringFile = ''
let settingsFile = ''

/** Runs `bulla` with these arguments, in this process: of its own one it is run once, below, and by the tests of the terminal. */
const bulla = (line: string, input?: string): Promise<Ended> =>
  bullaHere(line.split(' ').filter(Boolean), input === undefined ? {} : { input })
const ringIn = (text: string): Ring => {
  const reading = readRing(text)
  if (!reading.ok) throw new Error(reading.detail)
  return reading.ring
}
const at = ({ code, out }: Ended): string => {
  expect(code).toBe(0)
  return out
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulla-cli-'))
  ringFile = join(folder, 'ring.json')
  settingsFile = join(folder, 'wrangler.json')
  await writeFile(ringFile, writeRing(ring))
  await writeFile(settingsFile, JSON.stringify({ vars: VARS }))
})

describe('bulla', () => {
  it('is a program: data on stdout, words on stderr, what is piped in on stdin, and an exit status', async () => {
    const call = (line: string, input = ''): Promise<Ended> =>
      run('node', [join(ROOT, 'src/cli/bulla.ts'), ...line.split(' ').filter(Boolean)], { input })
    const calls = ['help', '', 'keys nonsense', 'keys doctor --ring -', 'client read x --nonsense']
    for (const line of calls) expect(await call(line, writeRing(ring))).toEqual(await bulla(line, writeRing(ring)))
  })

  it('tells its commands, on stdout when it is asked to', async () => {
    const [asked, lost] = await Promise.all([bulla('help'), bulla('')])
    expect([asked.code, lost.code, lost.out, lost.err]).toEqual([0, 2, '', asked.out])
    for (const call of [
      'keys init',
      'keys rotate',
      'keys revoke KID',
      'keys show',
      'keys doctor',
      'keys export',
      'token inspect',
      'revoke sub SUB',
      'subject',
      'revoke kid KID',
      'client new ID',
      'doctor',
    ]) {
      expect(asked.out).toContain(`  ${call} `)
    }
  })

  it('tells the options of each command', async () => {
    const { code, out } = await bulla('keys export --help')
    const others = await Promise.all([bulla('keys doctor --help'), bulla('token inspect --help')])
    expect(others.map((other) => other.out.split('\n')[0])).toEqual([
      'usage: bulla keys doctor --ring FILE [--longest-life SECONDS] [--horizon SECONDS] [--issuer URL]',
      'usage: bulla token inspect --keys FILE [--jwks FILE] --issuer URL [--resource URI] [--settings FILE] [--enc ENC] [--explain]',
    ])
    expect(code).toBe(0)
    expect(out).toContain(
      'usage: bulla keys export --ring FILE --issuer URL --resource URI [--settings FILE] [--enc ENC] [--unknown] [--branch N] [--jwks] [--periods N] [--out FILE]',
    )
  })

  it.each([
    ['nonsense', 'there is no such command'],
    ['keys nonsense', 'there is no such command'],
    ['keys rotate', '--ring is missing'],
    ['keys rotate --ring', "Option '--ring"],
    ['keys init --nonsense', "Unknown option '--nonsense'"],
    ['keys init extra', 'there is a word too many'],
    ['keys init --period 1.5', '--period expected a whole number'],
    ['keys revoke --ring x', 'KID is missing'],
    ['keys export --ring RING --issuer x --resource y --enc A128GCM', '--enc expected A256GCM or A256CBC-HS512'],
    ['keys export --ring RING --issuer x --resource y --branch two', '--branch expected a whole number'],
    ['keys export --ring RING --issuer x --resource y --periods 3', '--periods goes with --jwks'],
    ['keys export --ring RING --issuer x --resource y --jwks --periods 0', '--periods expected 1 to 366'],
    ['token inspect --keys - --issuer x --resource y', 'stdin is for the token'],
    ['client new', 'ID is missing'],
    ['client new a/b', 'ID expected'],
    ['client new a --grant password', '--grant expected one of: authorization_code, refresh_token, client_credentials'],
  ])('%s: exit 2, words on stderr, nothing on stdout', async (line, words) => {
    const { code, out, err } = await bulla(line.replace('RING', ringFile))
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(words)
    expect(err).not.toContain('    at ')
  })
})

describe('bulla keys', () => {
  it('init prints a ring that doctor finds sound', async () => {
    const made = at(await bulla('keys init --period 3600 --propagation 60 --skew 5'))
    expect(ringIn(made)).toMatchObject({
      period: 3600,
      propagation: 60,
      skew: 5,
      roots: [{ kid: expect.stringMatching(/^r[A-Za-z0-9_-]{4}$/) }],
    })
    expect(await bulla('keys doctor --ring -', made)).toMatchObject({ code: 0, out: '' })
  })

  it('init refuses timings that no ring may have', async () => {
    expect(await bulla('keys init --period 5')).toMatchObject({
      code: 1,
      out: '',
      err: 'bulla: "period" expected an integer from 60 to 2678400, got 5\n',
    })
  })

  it('rotate prints the ring with the next root staged, and refuses too early', async () => {
    const rotated = at(await bulla(`keys rotate --ring ${ringFile}`))
    const [first, second] = ringIn(rotated).roots
    expect([first?.kid, ringIn(rotated).roots.length]).toEqual(['r1', 2])
    expect(await bulla('keys rotate --ring -', rotated)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining(`too early: root ${second?.kid} is staged`),
    })
    expect(await readFile(ringFile, 'utf8')).toBe(writeRing(ring))
  })

  it('rotate --every leaves a ring whose newest root is staged or young, and rotates one whose root is old, or that cannot seal', async () => {
    const rotate = (text: string, every: number): Promise<Ended> => bulla(`keys rotate --ring - --every ${every}`, text)
    const [before] = ring.roots
    const old = now - (before?.pub ?? now)
    const young = await rotate(writeRing(ring), old + 600)
    expect(young).toMatchObject({ code: 0, out: `${writeRing(ring)}\n`, err: expect.stringContaining('root r1 is') })
    const rotated = at(await rotate(writeRing(ring), old))
    expect(ringIn(rotated).roots).toHaveLength(2)
    const again = await rotate(rotated, 1)
    expect(again).toMatchObject({ code: 0, out: rotated, err: expect.stringContaining('is staged, and seals from') })
    // Its only root is revoked: nothing can be sealed, and the schedule mends that at once.
    const dead = { ...ring, revoked: ['r1'] }
    expect(ringIn(at(await rotate(writeRing(dead), old + 600))).roots).toHaveLength(2)
    const file = join(folder, 'young.json')
    await writeFile(file, writeRing(ring))
    const left = await bulla(`keys rotate --ring ${file} --in-place --every ${old + 600}`)
    expect([left.code, left.out, await readFile(file, 'utf8')]).toEqual([0, '', writeRing(ring)])
  })

  it('rotate --in-place writes into a dotenv file and leaves the rest of it, for its owner alone', async () => {
    const file = join(folder, '.dev.vars')
    await writeFile(file, `# words\nOTHER="a$&b"\nKEY_RING='${writeRing(ring)}'\nLAST=1\n`, { mode: 0o644 })
    const { code, out } = await bulla(`keys rotate --ring ${file} --in-place`)
    expect([code, out]).toEqual([0, ''])
    const lines = (await readFile(file, 'utf8')).split('\n')
    expect(lines.with(2, '')).toEqual(['# words', 'OTHER="a$&b"', '', 'LAST=1', ''])
    expect(ringIn(lines[2]?.slice("KEY_RING='".length, -1) ?? '').roots).toHaveLength(2)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('revoke names the root, warns of the gap, and refuses an unknown one', async () => {
    const { code, out, err } = await bulla(`keys revoke r1 --ring ${ringFile}`)
    expect([code, ringIn(out).revoked]).toEqual([0, ['r1']])
    expect(err).toContain('no root is primary from')
    expect(await bulla(`keys revoke r9 --ring ${ringFile}`)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('it has: r1'),
    })
  })

  it('show tells states, dates and ages, and no key', async () => {
    const table = at(await bulla(`keys show --ring ${ringFile}`))
    expect(table).toMatch(/^kid {2}kind {2}state {4}age .*\nr1 {3}root {2}primary {2}\d+ (?:s|min) .*Z\n$/)
    const json = at(await bulla(`keys show --ring ${ringFile} --json`))
    expect(JSON.parse(json)).toMatchObject([{ kid: 'r1', state: 'primary', pub: now, use: now }])
    const { k } = JSON.parse(writeRing(ring)).roots[0]
    expect(table + json).not.toContain(k)
  })

  it('doctor prints every rule broken, one a line, and exits with 1', async () => {
    const bad = { ...ring, roots: ring.roots.map((root) => ({ ...root, del: root.end })) }
    const { code, out } = await bulla('keys doctor --ring - --horizon 9000000', writeRing(bad))
    expect(code).toBe(1)
    expect(out.split('\n')).toEqual([
      expect.stringContaining('root r1: del is'),
      expect.stringContaining('no root is primary'),
      '',
    ])
  })

  it.each([
    ['', 'ring_missing'],
    ['OTHER=1', 'ring_missing'],
    ['{', 'ring_malformed'],
    ['{"v":2}', 'ring_version'],
  ])('every command refuses the ring %j', async (text, reason) => {
    for (const line of ['rotate', 'revoke r1', 'show', 'doctor', `export --issuer ${ISSUER} --resource ${API}`]) {
      expect(await bulla(`keys ${line} --ring -`, text)).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining(reason),
      })
    }
  })

  it('rotate never loses a root that it cannot read', async () => {
    const broken = writeRing(ring).replace(/"k":"..../, '"k":"')
    expect(await bulla('keys rotate --ring -', broken)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('Mend it before'),
    })
  })

  it('export prints branches, or a JWK Set of leaves', async () => {
    const line = `keys export --ring ${ringFile} --settings ${settingsFile} --issuer ${ISSUER} --resource ${API}`
    expect(readKeys(at(await bulla(line)))).toMatchObject({ issuer: ISSUER, resource: API, enc: 'A256GCM' })
    const day = (): number => Math.floor(Date.now() / 86_400_000)
    const [first, before] = [Math.floor(now / 86_400), day()]
    const { keys } = JSON.parse(at(await bulla(`${line} --jwks --periods 4`)))
    // The day before this one, this one and two more, but for what was before the ring. A day may end meanwhile.
    const last = Number(keys.at(-1).kid.slice('r1.'.length))
    expect([before + 2, day() + 2]).toContain(last)
    expect(keys).toMatchObject(Array.from({ length: last - first + 1 }, (_, index) => ({ kid: `r1.${first + index}` })))
    expect(at(await bulla(`${line} --branch 1`))).toBe(at(await bulla(line)))
    expect(readKeys(at(await bulla(`${line} --branch 2`))).branches).toMatchObject([{ kid: 'r1', branch: 2 }])
    expect(JSON.parse(at(await bulla(`${line} --branch 2 --jwks`))).keys[0].kid).toMatch(/^r1\.\d+\.2$/)
    expect(await bulla(`${line} --branch 0`)).toMatchObject({
      code: 1,
      err: expect.stringContaining('"branch" expected'),
    })
  })
})

describe('bulla token inspect', () => {
  const entitlement = {
    sub: 'alice',
    client_id: 'app',
    aud: API,
    scope: ['read', 'write'],
    iat: now,
    exp: now + 600,
    jti: 'AAAAAAAAAAAAAAAAAAAAAA',
    claims: { tenant: 'blue' },
  }
  const seal = (branch = 1, changes: Partial<typeof entitlement> = {}): Promise<string> => {
    const leaves = createKeyring(ring, ISSUER).leavesFor('access', API, 'A256GCM', 600, branch)
    return sealDirect({ ...entitlement, ...changes }, ISSUER, leaves, now)
  }
  const call = (): string => `token inspect --keys ${ringFile} --issuer ${ISSUER} --resource ${API}`
  const facts = {
    active: true,
    iss: ISSUER,
    sub: 'alice',
    client_id: 'app',
    aud: API,
    scope: 'read write',
    iat: now,
    exp: now + 600,
    jti: entitlement.jti,
    token_type: 'Bearer',
    tenant: 'blue',
  }

  it('prints what is in a token, as RFC 7662 has it, with no server running', async () => {
    expect(JSON.parse(at(await bulla(call(), `${await seal()}\n`)))).toEqual(facts)
  })

  it('says that a token carries one of a provider, and never shows it', async () => {
    const leaves = createKeyring(ring, ISSUER).leavesFor('access', API, 'A256GCM', 600)
    const token = await sealDirect({ ...entitlement, providerToken: 'gho_canary' }, ISSUER, leaves, now)
    const inspected = await bulla(`${call()} --explain`, token)
    expect(JSON.parse(inspected.out)).toEqual(facts)
    expect(inspected).toMatchObject({ code: 0, err: expect.stringMatching(/^note: .*provider/) })
    expect(inspected.out + inspected.err).not.toContain('gho_canary')
  })

  it('opens a token of any branch by the ring, and by keys of its own branch alone', async () => {
    const keys = join(folder, 'keys-2.json')
    const line = `keys export --ring ${ringFile} --settings ${settingsFile} --issuer ${ISSUER} --resource ${API} --branch 2`
    await writeFile(keys, at(await bulla(line)))
    const byKeys = call().replace(ringFile, keys)
    for (const line of [call(), byKeys]) expect(JSON.parse(at(await bulla(line, await seal(2))))).toEqual(facts)
    expect(await bulla(`${byKeys} --explain`, await seal(3))).toMatchObject({
      code: 1,
      err: expect.stringContaining('key: '),
    })
  })

  it('takes the whole answer of the token endpoint, and the keys that were exported', async () => {
    const keys = join(folder, 'keys.json')
    await writeFile(
      keys,
      at(await bulla(`keys export --ring ${ringFile} --settings ${settingsFile} --issuer ${ISSUER} --resource ${API}`)),
    )
    const answer = JSON.stringify({ access_token: await seal(), token_type: 'Bearer' })
    expect(JSON.parse(at(await bulla(call().replace(ringFile, keys), answer)))).toEqual(facts)
  })

  it('takes a token of an issuer whose clock is ahead of this machine, and none that is over', async () => {
    const ahead = await bulla(call(), await seal(1, { iat: now + 45, exp: now + 645 }))
    expect(JSON.parse(at(ahead))).toMatchObject({ active: true, iat: now + 45 })
    const over = await bulla(`${call()} --explain`, await seal(1, { iat: now - 600, exp: now }))
    expect(over).toMatchObject({ code: 1, err: expect.stringContaining('expired: ') })
  })

  it.each([
    ['', 'length'],
    ['x', 'form'],
    ['{}', 'length'],
    ['{', 'length'],
  ])('prints {"active":false} for %j, and says why only with --explain', async (input, reason) => {
    expect(await bulla(call(), input)).toEqual({ code: 1, out: '{"active":false}\n', err: '' })
    expect(await bulla(`${call()} --explain`, input)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`${reason}: `),
    })
  })

  it('prints {"active":false} for a token of another resource', async () => {
    expect(await bulla(call().replace(API, 'https://other.example'), await seal())).toMatchObject({
      code: 1,
      out: '{"active":false}\n',
    })
  })
})

describe('bulla token inspect, of a signed token', () => {
  const seal = async (resource: string, recipient: Recipient): Promise<string> => {
    const signer = createKeyring(ring, ISSUER).signingKeys.signing('ES256', now) as SigningKey
    const facts = {
      sub: 'alice',
      client_id: 'app',
      aud: resource,
      scope: ['reports'],
      iat: now,
      exp: now + 600,
      jti: 'j',
    }
    return sealNested({ ...facts, claims: {} }, ISSUER, signer, recipient)
  }
  const sealToPartner = async (): Promise<string> => seal(PARTNER, await recipientOf(PARTNER_KEY, 'A256GCM'))
  const inspect = (keys: string, resource: string, token: string, more = ''): Promise<Ended> =>
    bulla(`token inspect --keys ${keys} --issuer ${ISSUER} --resource ${resource} ${more}`, token)
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }
  const jwks = async (): Promise<string> => {
    const keys = createKeyring(ring, ISSUER).signingKeys.published('ES256', now, 600)
    const told = await Promise.all(keys.map(async (key) => (await readySigningKey(key)).publicJwk))
    return write('jwks.json', JSON.stringify({ keys: told }))
  }

  it("opens it with the server's private key and the issuer's public ones", async () => {
    const file = await write('private.json', JSON.stringify(PARTNER_KEY))
    const { code, out } = await inspect(file, PARTNER, await sealToPartner(), `--jwks ${await jwks()}`)
    expect([code, JSON.parse(out)]).toMatchObject([0, { active: true, sub: 'alice', aud: PARTNER }])
  })

  it('opens it with the ring and the key that stand in .dev.vars', async () => {
    const text = `KEY_RING='${writeRing(ring)}'\nPARTNER_KEY='${JSON.stringify(PARTNER_KEY)}'\n`
    const { code, out } = await inspect(await write('partner.vars', text), PARTNER, await sealToPartner())
    expect([code, JSON.parse(out)]).toMatchObject([0, { active: true }])
  })

  it('opens it with the ring alone where it is sealed under a leaf', async () => {
    const leaf = createKeyring(ring, ISSUER).leavesFor('access', SIGNED, 'A256GCM', 600).sealing(now) as Leaf
    const { code, out } = await inspect(ringFile, SIGNED, await seal(SIGNED, await leafRecipient(leaf)))
    expect([code, JSON.parse(out)]).toMatchObject([0, { active: true, aud: SIGNED }])
  })

  it.each<[string, () => Promise<string>, number, RegExp]>([
    ['with no public keys of the issuer', async () => '', 2, /--jwks expected the JWK Set/],
    ['with what is no JSON', async () => `--jwks ${await write('broken.json', '{')}`, 1, /--jwks is not JSON/],
    [
      'with another key',
      async () => `--explain --jwks ${await write('none.json', '{"keys":[]}')}`,
      1,
      /^signing_key: /,
    ],
  ])('does not %s', async (_, more, code, words) => {
    const file = await write('private.json', JSON.stringify(PARTNER_KEY))
    const ended = await inspect(file, PARTNER, await sealToPartner(), await more())
    expect([ended.code, ended.err]).toEqual([code, expect.stringMatching(words)])
  })
})

describe('bulla keys with --rs256', () => {
  it('makes an RSA key beside the root, shows it, and rotates it with the root', async () => {
    const made = at(await bulla('keys init --rs256'))
    const [first] = ringIn(made).rsa ?? []
    expect(first?.kid).toMatch(/^s[A-Za-z0-9_-]{4}$/)
    const rotated = ringIn(at(await bulla('keys rotate --ring -', made)))
    expect(rotated.rsa).toMatchObject([{ kid: first?.kid, end: rotated.roots[1]?.use }, { use: rotated.roots[1]?.use }])
    const shown = await bulla('keys show --ring -', writeRing(rotated))
    expect(at(shown)).toMatch(/^s[A-Za-z0-9_-]{4} +RSA key +primary [\s\S]*^s[A-Za-z0-9_-]{4} +RSA key +staged /m)
    const json = JSON.parse(at(await bulla('keys show --ring - --json', writeRing(rotated))))
    expect(json.map(({ kind }: { kind: string }) => kind)).toEqual(['root', 'root', 'RSA key', 'RSA key'])
    for (const { jwk } of rotated.rsa ?? [])
      for (const member of Object.values(jwk)) if (member.length > 4) expect(shown.out).not.toContain(member)
    expect((await bulla('keys doctor --ring -', writeRing(rotated))).code).toBe(0)
  })
})

describe('bulla client new', () => {
  it('prints a secret, once, and the settings entry with its hash alone', async () => {
    const out = at(await bulla('client new billing --resource https://api.example.com --scope read'))
    const [secret = '', ...entry] = out.split('\n')
    expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(entry.join('\n')).toBe(`
[vars.CLIENTS.billing]
secret_hash = "${secretHash(secret)}"
grant_types = ["client_credentials"]
resources = ["https://api.example.com"]
scopes = ["read"]
`)
    expect(entry.join('\n')).not.toContain(secret)
  })

  it('prints an entry without a secret for an app that cannot keep one', async () => {
    const { code, out } = await bulla(
      'client new shop --public --redirect-uri https://shop.example/cb --redirect-uri com.example.shop:/cb',
    )
    expect([code, out]).toEqual([
      0,
      `[vars.CLIENTS.shop]
grant_types = ["authorization_code", "refresh_token"]
redirect_uris = ["https://shop.example/cb", "com.example.shop:/cb"]
resources = []
scopes = []
`,
    ])
    expect(await bulla('client new shop --redirect-uri javascript:alert(1)')).toMatchObject({ code: 1, out: '' })
  })

  it('prints an entry that asks who logged in, which settings take as it stands, and says what it needs beside it', async () => {
    const asked = 'client new shop --redirect-uri https://shop.example/cb --scope'
    const { code, out, err } = await bulla(`${asked} openid`)
    expect(code).toBe(0)
    expect(out).toContain('resources = []\nscopes = ["openid"]\n')
    expect(err).toContain('the settings need [vars.OPENID], and the ring an RSA key')
    expect((await bulla(`${asked} read`)).err).not.toContain('OPENID')
    const { settings } = JSON.parse(at(await bulla(`${asked} openid --json`)))
    expect(() =>
      checkSettings({
        issuer: ISSUER,
        keyRing: undefined,
        resources: {},
        clients: { shop: settings },
        openid: {},
        guard: 'none',
        authenticate: async () => ({ sub: 'alice', auth_time: 0 }),
      }),
    ).not.toThrow()
  })

  it('gives another secret each time, and JSON for machines', async () => {
    const [a, b] = await Promise.all([bulla('client new my.app --json'), bulla('client new my.app --json')])
    const [first, second] = [JSON.parse(at(a)), JSON.parse(at(b))]
    expect(first).toMatchObject({ client_id: 'my.app', settings: { secret_hash: secretHash(first.client_secret) } })
    expect(first.client_secret).not.toBe(second.client_secret)
  })
})

describe('bulla client new --kind', () => {
  it.each([
    ['resource_server', `--resource ${API}`, { kind: 'resource_server', resources: [API] }],
    ['operator', '', { kind: 'operator' }],
  ])('prints the entry of a %s', async (kind, more, entry) => {
    const { settings } = JSON.parse(at(await bulla(`client new one --kind ${kind} ${more} --json`)))
    expect(settings).toEqual({ secret_hash: expect.stringMatching(/^sha256:/), ...entry })
  })

  it.each([
    '--kind boss',
    '--kind operator --grant client_credentials',
    '--kind resource_server --public',
    '--kind operator --resource x',
  ])('refuses %s', async (options) => {
    expect((await bulla(`client new one ${options}`)).code).toBe(2)
  })
})

describe('bulla revoke', () => {
  const revoke = async (issuer: string, secret = 'x'): Promise<Ended> =>
    bulla(`revoke sub alice --issuer ${issuer} --client ops --secret-file -`, secret)

  it.each([
    ['http://as.example', 2, /--issuer expected an https URL/],
    ['https://10.0.0.1', 2, /--issuer expected an https URL/],
    ['http://localhost:1', 1, /http:\/\/localhost:1 does not answer/],
  ])('says what is wrong with %s', async (issuer, code, words) => {
    const ended = await revoke(issuer)
    expect([ended.code, ended.err]).toEqual([code, expect.stringMatching(words)])
  })
})
