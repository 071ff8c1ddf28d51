import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { type Ended, ROOT, run } from '../checkout.ts'
import { API, ISSUER, testKey } from '../fixtures.ts'
import { ALICE, createProvider, type OpenidAnswer } from '../parties/openid_provider.ts'
import { RING_RSA } from '../parties/partner.ts'

const now = Math.floor(Date.now() / 1000)
const ring = writeRing(createRing({ now, key: testKey(), rsaKey: RING_RSA }))
const openid = { scopes: { work: ['badge_number'] } }
const USERINFO = `--resource ${ISSUER}/userinfo`
let folder = ''
let answer: OpenidAnswer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulla-cli-'))
  await writeFile(join(folder, 'ring.json'), ring)
  await writeFile(join(folder, 'settings.json'), JSON.stringify({ ISSUER, OPENID: openid }))
  const provider = createProvider({
    now: () => now,
    keyRing: ring,
    openid,
    person: { claims: { ...ALICE, badge_number: '7' } },
    rp: { scopes: ['openid', 'email', 'work', 'profile'] },
  })
  answer = await provider.login({
    scope: 'openid email work',
    claims: '{"userinfo":{"name":null},"id_token":{"name":null}}',
  })
  const jwks = await (await provider.ask(new Request(`${ISSUER}/jwks`))).text()
  await writeFile(join(folder, 'jwks.json'), jwks)
})

/** Runs `bulla token inspect` beside the ring. */
function inspect(input: string, more = ''): Promise<Ended> {
  const line = `token inspect --keys ring.json --issuer ${ISSUER} ${more}`
  const args = [join(ROOT, 'src/cli/bulla.ts'), ...line.split(' ').filter(Boolean)]
  return run('node', args, { input, cwd: folder })
}

/** Returns where each claim came from, as stderr says it. */
function originsIn({ err }: Ended): Readonly<Record<string, string>> {
  return Object.fromEntries(
    err
      .trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/, 2)),
  )
}

describe('bulla token inspect', () => {
  it.each([
    ['by the ring', ''],
    ['by the public keys alone', '--jwks jwks.json'],
  ])('opens an ID token %s, and says of each claim where it came from', async (_, more) => {
    const ended = await inspect(answer.id_token ?? '', more)
    expect(ended.code).toBe(0)
    expect(JSON.parse(ended.out)).toMatchObject({
      active: true,
      sub: 'alice',
      aud: 'rp',
      email: ALICE.email,
      name: ALICE.name,
    })
    expect(originsIn(ended)).toMatchObject({
      iss: 'the issuer',
      sub: 'the login',
      nonce: 'the authorization request',
      email: 'the login; asked for by the scope email, or the parameter claims',
      sid: 'the session, as this client calls it',
    })
  })

  it('opens a token for userinfo, whose scope tells by what each claim was asked for', async () => {
    const ended = await inspect(answer.access_token, `${USERINFO} --settings settings.json`)
    expect(ended.code).toBe(0)
    expect(JSON.parse(ended.out)).toMatchObject({
      active: true,
      aud: `${ISSUER}/userinfo`,
      badge_number: '7',
      name: ALICE.name,
    })
    expect(JSON.parse(ended.out)).not.toHaveProperty('userinfo')
    expect(originsIn(ended)).toMatchObject({
      scope: 'what the person agreed to, as far as it was asked for',
      email: 'the login; asked for by the scope email',
      badge_number: 'the login; asked for by the scope work',
      name: 'the login; asked for by the parameter claims',
    })
  })

  it('takes the whole answer of the token endpoint for either', async () => {
    const whole = JSON.stringify(answer)
    const [id, own] = [await inspect(whole), await inspect(whole, USERINFO)].map(({ out }) => JSON.parse(out))
    expect([id.aud, own.aud]).toEqual(['rp', `${ISSUER}/userinfo`])
  })

  it.each<[string, () => string, string, string]>([
    ['an ID token that was changed', () => `${answer.id_token?.slice(0, -4)}AAAA`, '', 'signature'],
    [
      'an ID token of another issuer',
      () => answer.id_token ?? '',
      '--issuer https://other.example',
      'key|issuer|signature',
    ],
    ['an ID token as one for userinfo', () => answer.id_token ?? '', USERINFO, 'form'],
    ['a token for userinfo as an API’s', () => answer.access_token, `--resource ${API}`, 'decryption|type|key'],
  ])('prints {"active":false} for %s', async (_, token, more, reason) => {
    const ended = await inspect(token(), `${more} --explain`)
    expect([ended.code, ended.out]).toEqual([1, '{"active":false}\n'])
    expect(ended.err).toMatch(new RegExp(`^(?:${reason}): `))
  })

  it('says what is missing: a resource for what is no ID token, a ring for what the issuer alone can open', async () => {
    expect(await inspect(answer.access_token)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--resource is missing'),
    })
    const byJwks = await inspect(answer.access_token, `${USERINFO} --keys jwks.json`)
    expect(byJwks).toMatchObject({ code: 1, err: expect.stringContaining('"ring"') })
  })
})
