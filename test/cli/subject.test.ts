import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createKeyring, type Ring, revokeRoot, rotateRing, writeRing } from '../../keys/index.ts'
import { upstreamSubject } from '../../src/protocol/subject.ts'
import { createPairwise } from '../../src/registration/pairwise.ts'
import { type Ended, ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { API, ISSUER, NOW, named, testKey, testRing } from '../fixtures.ts'

/** Protects nothing. */
const SALT = 'c2FsdC1vZi10aGUtdGVzdHMtd2l0aC1lbm91Z2gtYnl0ZXMtMTIzNDU2Nzg5MA'
const PROVIDER = 'https://login.example/'

/** Runs `bulla subject` in a folder whose settings have this login, or that has none. */
async function subject(line: string, login?: object): Promise<Ended> {
  const cwd = await mkdtemp(join(tmpdir(), 'bulla-subject-'))
  await writeFile(join(cwd, 'ring.json'), writeRing(testRing(NOW)))
  if (login !== undefined)
    await writeFile(join(cwd, 'wrangler.json'), JSON.stringify({ vars: { ISSUER, LOGIN: login } }))
  return run('node', [join(ROOT, 'src/cli/bulla.ts'), 'subject', ...line.split(' ')], { cwd })
}

it.each([undefined, { type: 'openid', issuer: PROVIDER, client_id: 'x' }])(
  'bulla subject prints the name that a person of a provider has here, with the settings %j',
  async (login) => {
    const { code, out, err } = await subject(`--provider ${PROVIDER} --sub auth0|7`, login)
    expect([code, out, err]).toEqual([0, `${upstreamSubject(PROVIDER, 'auth0|7')}\n`, ''])
    expect(out).toMatch(/^[\w-]{43}\n$/)
  },
)

it.each<[string, object, string]>([
  [
    'another spelling of it',
    { type: 'openid', issuer: 'https://login.example' },
    'log in at https://login.example, not at',
  ],
  ['another one', { type: 'openid', issuer: 'https://other.example/' }, 'log in at https://other.example/, not at'],
  ['a page of your own', { type: 'page', issuer: PROVIDER }, 'at no provider: SUB is what your login page says'],
])(
  'bulla subject refuses a provider where the settings have %s, unless --unknown is written',
  async (_, login, words) => {
    const line = `--provider ${PROVIDER} --sub auth0|7`
    expect(await subject(line, login)).toEqual({ code: 1, out: '', err: expect.stringContaining(words) })
    expect(await subject(`${line} --unknown`, login)).toMatchObject({ code: 0, err: '' })
  },
)

const OPENID = { type: 'openid', issuer: PROVIDER, client_id: 'x' }
const SEVERAL = {
  acme: OPENID,
  old: { type: 'openid', issuer: 'https://old.example', client_id: 'x', subject: 'digest' },
  github: { provider: 'github', client_id: 'x' },
  entra: { provider: 'microsoft', client_id: 'x', tenants: ['t-1'] },
  before: { provider: 'microsoft', client_id: 'x', tenants: ['t-1'], subject: 'digest' },
  www: { type: 'page', url: 'https://www.example/login', issuer: 'https://www.example' },
}
const ENTRA = 'https://login.microsoftonline.com/t-1/v2.0'

it.each([
  ['--provider acme --sub auth0|7', 'acme|auth0|7'],
  ['--provider github --sub 583231', 'github|583231'],
  ['--provider entra --sub t-1|AAAA', 'entra|t-1|AAAA'],
  ['--provider old --sub 7', upstreamSubject('https://old.example', '7')],
  ['--provider https://old.example --sub 7', upstreamSubject('https://old.example', '7')],
  ['--provider before --sub t-1|AAAA', upstreamSubject(ENTRA, 'AAAA')],
  ['--provider gitlab --sub 7 --unknown', 'gitlab|7'],
])('bulla subject %s prints the name of a person of one of several providers', async (line, name) => {
  expect(await subject(line, SEVERAL)).toEqual({ code: 0, out: `${name}\n`, err: '' })
})

it('bulla subject takes the name of a provider where there are no settings', async () => {
  expect(await subject('--provider github --sub 583231')).toEqual({ code: 0, out: 'github|583231\n', err: '' })
})

it.each<[string, object, string]>([
  [
    '--provider gitlab --sub 7',
    SEVERAL,
    'people log in at acme, old, github, entra, before, www, not at gitlab; --unknown',
  ],
  ['--provider https://other.example --sub 7', SEVERAL, 'people log in at acme, old, github,'],
  [
    `--provider ${PROVIDER} --sub 7`,
    SEVERAL,
    `people of ${PROVIDER} are called by what LOGIN calls it: --provider acme`,
  ],
  ['--provider www --sub 7', SEVERAL, 'people of www are called as your login page calls them: SUB is that'],
  ['--provider acme --sub 7', OPENID, `people log in at ${PROVIDER}, not at acme`],
])('bulla subject %s is refused where the settings %j have it otherwise', async (line, login, words) => {
  expect(await subject(line, login)).toEqual({ code: 1, out: '', err: expect.stringContaining(words) })
})

it('bulla subject wants the tenant beside the name of a person where a provider has several', async () => {
  expect(await subject('--provider before --sub AAAA', SEVERAL)).toEqual({
    code: 2,
    out: '',
    err: expect.stringContaining('SUB expected the tenant, a bar, and the name of the person there'),
  })
})

it.each([
  ['--sub x', '--provider is missing'],
  ['--sub x --event', '--ring is missing'],
  ['--sub x --event --ring ring.json', '--issuer is missing'],
  ['--sub x --ring ring.json', '--ring goes with --event'],
  [`--provider ${PROVIDER}`, '--sub is missing'],
  ['--provider login.example --sub x', '--provider expected the issuer URL'],
  [`--provider ${PROVIDER} x --sub x`, 'there is a word too many'],
])('bulla subject %s: exit 2', async (line, words) => {
  expect(await subject(line)).toEqual({ code: 2, out: '', err: expect.stringContaining(words) })
})

/** Writes settings with a resource that has pairwise subjects, a ring of two roots, and a salt. */
async function makePlace(): Promise<{ readonly cwd: string; readonly ring: Ring }> {
  const cwd = await mkdtemp(join(tmpdir(), 'bulla-subject-'))
  const rotation = rotateRing(testRing(NOW), { now: NOW, key: testKey(1) })
  if (!rotation.ok) throw new Error(rotation.detail)
  const ring = revokeRoot(named(rotation.ring), 'r1')
  const RESOURCES = { [API]: { scopes: ['read'], subject_type: 'pairwise' } }
  const LOGIN = { github: { provider: 'github', client_id: 'x' } }
  await writeFile(join(cwd, 'wrangler.json'), JSON.stringify({ vars: { ISSUER, RESOURCES, LOGIN } }))
  await writeFile(join(cwd, '.dev.vars'), `KEY_RING=${writeRing(ring)}\nPAIRWISE_SALT=${SALT}\n`)
  await writeFile(join(cwd, 'ring.json'), writeRing(ring))
  return { cwd, ring }
}

it.each(['--sub github|7', '--provider github --sub 7'])(
  'bulla subject %s --event prints what the person is called in events, under each root and pairwise name',
  async (line) => {
    const { cwd, ring } = await makePlace()
    const { eventNames } = createKeyring(ring, ISSUER)
    const args = ['subject', ...line.split(' '), '--event', '--ring']
    const { code, out, err } = await run('node', [join(ROOT, 'src/cli/bulla.ts'), ...args, '.dev.vars'], { cwd })
    const sector = createPairwise(ISSUER, new TextEncoder().encode(SALT), new Map()).nameAt(
      { sector: API },
      'sub',
      'github|7',
    )
    const expected = ['github|7', sector].flatMap((name) =>
      eventNames(name)
        .toReversed()
        .map((under) => under.name),
    )
    expect([code, out]).toEqual([0, expected.map((name) => `${name}\n`).join('')])
    expect(err).toMatch(/^r2 +2027-\S+ to 2027-\S+\nr1 /)
    const saltless = await run('node', [join(ROOT, 'src/cli/bulla.ts'), ...args, 'ring.json'], { cwd })
    expect(saltless.out).toBe(
      eventNames('github|7')
        .toReversed()
        .map(({ name }) => `${name}\n`)
        .join(''),
    )
    expect(saltless.err).toContain(`NOT found: events about ${API}`)
  },
)

it('the call in the documentation finds a person in events by the secrets of development', async () => {
  const { cwd, ring } = await makePlace()
  const call = blockOf('event-subject').replace('npm run -s bulla --', `node ${join(ROOT, 'src/cli/bulla.ts')}`)
  const { code, out } = await run('bash', ['-ec', call], { cwd })
  expect(code).toBe(0)
  expect(out.split('\n')).toContain(createKeyring(ring, 'https://auth.example.com').eventNames('alice')[0]?.name)
})
