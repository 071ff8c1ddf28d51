import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { upstreamSubject } from '../../src/protocol/subject.ts'
import { type Ended, ROOT, run } from '../checkout.ts'
import { ISSUER } from '../fixtures.ts'

const PROVIDER = 'https://login.example/'

/** Runs `bulla subject` in a folder whose settings have this login, or that has none. */
async function subject(line: string, login?: object): Promise<Ended> {
  const cwd = await mkdtemp(join(tmpdir(), 'bulla-subject-'))
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

it.each([
  ['--sub x', '--provider is missing'],
  [`--provider ${PROVIDER}`, '--sub is missing'],
  ['--provider login.example --sub x', '--provider expected the issuer URL'],
  [`--provider ${PROVIDER} x --sub x`, 'there is a word too many'],
])('bulla subject %s: exit 2', async (line, words) => {
  expect(await subject(line)).toEqual({ code: 2, out: '', err: expect.stringContaining(words) })
})
