import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { readArguments, takeOption } from '../../src/cli/arguments.ts'
import { upstreamSubject } from '../../src/protocol/subject.ts'
import { type Ended, ROOT, run } from '../checkout.ts'
import { testKey } from '../fixtures.ts'

const PROVIDER = 'https://login.example/'
const now = Math.floor(Date.now() / 1000)
/** A folder with a ring in `-ring`, and a secret in `-secret`. */
let folder = ''
/** What an issuer was asked to revoke, and by whom, and how he proved it. */
let asked: readonly (string | null | undefined)[] = []
const server = createServer(async (request, response) => {
  const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString())
  const basic = atob(request.headers.authorization?.slice('Basic '.length) ?? '').split(':')
  asked = [form.get('kind'), form.get('value'), ...basic.map(decodeURIComponent)]
  response.end('{}')
})
let issuer = ''

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  folder = await mkdtemp(join(tmpdir(), 'bulla-arguments-'))
  await writeFile(join(folder, '-ring'), writeRing(createRing({ now, key: testKey() })))
  await writeFile(join(folder, '-secret'), 's3cret')
})
afterAll(() => server.close())

/** Runs `bulla` in the folder, with these words. */
const bulla = (words: readonly string[], input = ''): Promise<Ended> =>
  run('node', [join(ROOT, 'src/cli/bulla.ts'), ...words], { cwd: folder, input })

it.each([
  ...['sub', 'client', 'grant', 'kid'].map((kind) => [kind, '-AbcdefghijklmnopqrstU'] as const),
  ['grant', '--AbcdefghijklmnopqrsU'] as const,
  ['grant', '---4bcdefghijklmnopqrs'] as const,
  ['sub', '-'] as const,
  ['sub', '-x'] as const,
])('revoke %s %s asks for that, for an id may begin with "-"', async (kind, id) => {
  const options = ['--issuer', issuer, '--client', '-ops', '--secret-file', '-secret']
  for (const words of [
    [id, ...options],
    [...options, id],
    [...options, '--', id],
  ]) {
    asked = []
    expect([words, (await bulla(['revoke', kind, ...words])).code]).toEqual([words, 0])
    expect(asked).toEqual([kind, id, '-ops', 's3cret'])
  }
})

it('an id that is written like an option goes behind "--", or behind "="', async () => {
  const options = ['--issuer', issuer, '--client=--ops', '--secret-file', '-secret']
  expect(await bulla(['revoke', 'sub', ...options, '--', '--help'])).toMatchObject({ code: 0 })
  expect(asked).toEqual(['sub', '--help', '--ops', 's3cret'])
})

it.each(['-x', '-Abc', '--Abc', '--x_y'])('subject --sub %s is a person’s name', async (sub) => {
  const named = await bulla(['subject', '--sub', sub, '--provider', PROVIDER])
  expect(named).toEqual({ code: 0, out: `${upstreamSubject(PROVIDER, sub)}\n`, err: '' })
})

it('files, keys and clients may have names that begin with "-"', async () => {
  expect(await bulla(['keys', 'doctor', '--ring', '-ring'])).toMatchObject({ code: 0, out: '' })
  const here = ['--issuer', issuer, '--resource', 'https://api.example']
  expect(await bulla(['token', 'inspect', ...here, '--enc', 'A256GCM', '--keys', '-ring'], 'x')).toMatchObject({
    code: 1,
    out: '{"active":false}\n',
  })
  expect(await bulla(['keys', 'revoke', '-kid', '--ring', '-ring'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('the ring has no such root'),
  })
  expect((await bulla(['client', 'new', '-app', '--public'])).out).toContain('[vars.CLIENTS.-app]\n')
})

it.each([
  ['revoke grant x --isuer https://auth.example', "Unknown option '--isuer'"],
  ['revoke grant --isuer=https://auth.example x', "Unknown option '--isuer'"],
  ['revoke grant --Issuer https://auth.example x', "Unknown option '--Issuer'"],
  ['revoke grant x -f', "Unknown option '-f'"],
  ['revoke grant -f x', "Unknown option '-f'"],
  ['keys init --out-file x', "Unknown option '--out-file'"],
  ['keys init --rs512', "Unknown option '--rs512'"],
  ['keys init -x', "Unknown option '-x'"],
  ['keys init -- -x', 'there is a word too many'],
  ['keys init -', 'there is a word too many'],
  ['keys init --rs256=yes', "Option '--rs256' does not take an argument"],
  ['subject --sub --provider x', "Option '--sub"],
  ['subject --sub -h', "Option '--sub"],
  ['subject --sub', "Option '--sub"],
  ['keys init --period -5', '--period expected a whole number'],
])('%s: exit 2, for what is written like an option is one', async (line, words) => {
  const { code, out, err } = await bulla(line.split(' '))
  expect([code, out]).toEqual([2, ''])
  expect(err).toContain(`bulla: ${words}`)
})

it('-h is for help, wherever it stands', async () => {
  expect(await bulla(['revoke', 'grant', '-x', '-h'])).toMatchObject({ code: 0, err: '' })
})

it('of random ids each is the operand, and the value of an option, wherever it stands', () => {
  const options = {
    sub: { type: 'string' },
    list: { type: 'string', multiple: true },
    json: { type: 'boolean' },
  } as const
  const id = fc.tuple(fc.constantFrom('', '-', '--', '---'), fc.uint8Array({ minLength: 16, maxLength: 32 }))
  const ids = id
    .map(([dashes, bytes]) => dashes + Buffer.from(bytes).toString('base64url'))
    .filter((text) => !/^--[a-z0-9-]*$/.test(text))
  fc.assert(
    fc.property(ids, ids, fc.nat(3), (operand, sub, place) => {
      const words = [['--sub', sub], ['--list', sub], ['--json']]
      words.splice(place, 0, [operand])
      const { values, operands } = readArguments(words.flat(), options)
      expect(values).toEqual({ sub, list: [sub], json: true })
      expect(operands).toEqual([operand])
    }),
    { numRuns: 2000 },
  )
})

it.each([
  ['', undefined, ''],
  ['--port 9000', '9000', ''],
  ['--port=1 --port 2', '2', ''],
  ['--port', '', ''],
  ['--ip ::1 -c x.toml --port 9000 --var=A:b --local', '9000', '--ip ::1 -c x.toml --var=A:b --local'],
  ['--var -A:b -- --port 1', undefined, '--var -A:b -- --port 1'],
])('npm run dev -- %s: wrangler gets every word but the port, as it was written', (line, port, others) => {
  const taken = takeOption(line.split(' ').filter(Boolean), 'port')
  expect(taken).toEqual({ value: port, others: others.split(' ').filter(Boolean) })
})

it.each([
  [['keys', 'show', '--ring']],
  [['keys', 'show', '--ring', '--json']],
  [['keys', 'show', '--json', '--ring', '--']],
])('says what an option lacks: %j', async (words) => {
  const { code, err } = await bulla(words)
  const told = words.includes('--json') ? JSON.parse(err).error.message : err.split('\n')[0]?.replace('bulla: ', '')
  expect([code, told]).toEqual([2, "Option '--ring' lacks its value"])
})
