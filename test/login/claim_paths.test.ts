import { describe, expect, it } from 'vitest'
import { readClaimPaths, readId, readToldClaims } from '../../src/login/claim_paths.ts'

/** Where who it is must not come from: each can be given up, and taken by somebody else. */
const GIVEN_AGAIN = [
  'email',
  'login',
  'username',
  'name',
  'preferred_username',
  'data.user.email',
  'user.login',
  'user.username',
  'user.name',
  'userName',
  'user_name',
  'display_name',
  'screenName',
  'nickname',
  'userPrincipalName',
  'upn',
  'handle',
  'slug',
  'phone',
  'phone_number',
  'mail',
  'emails.0',
  'emails.0.value',
  'email_address',
  'primary_email.id',
  'names.0.login.0',
  'EMAIL',
]

describe('the path of who it is', () => {
  it.each(GIVEN_AGAIN)('is refused where it leads to what somebody else can have later: %s', (sub) => {
    expect(() => readClaimPaths('LOGIN.hub.claims', { sub })).toThrow(
      new RangeError(
        '"LOGIN.hub.claims.sub" expected the path of an id that is never given again: who takes over a name or an address would be that person',
      ),
    )
  })

  it.each(['id', 'sub', 'data.user.id', 'users.0.id', 'account_id', 'user.node_id', 'uuid'])(
    'is taken where it leads to an id: %s',
    (sub) => {
      expect(readClaimPaths('LOGIN.hub.claims', { sub, email: 'email' })).toEqual({ sub, email: 'email' })
    },
  )

  it.each<readonly [string, unknown, string]>([
    ['nothing', undefined, '"claims" expected an object, got nothing'],
    ['no sub', { name: 'name' }, '"claims.sub" expected a path: names with dots between, got nothing'],
    ['a number', { sub: 3 }, '"claims.sub" expected a path: names with dots between, got 3'],
    ['an empty path', { sub: '' }, '"claims.sub" expected a path: names with dots between'],
    ['an empty name', { sub: 'data..id' }, '"claims.sub" expected a path: names with dots between'],
    ['brackets', { sub: 'data[0].id' }, '"claims.sub" expected a path: names with dots between'],
    ['nine names', { sub: 'a.b.c.d.e.f.g.h.id' }, '"claims.sub" expected a path: names with dots between'],
    [
      'a claim that has none',
      { sub: 'id', groups: 'groups' },
      '"claims" has no setting "groups"; it knows: sub, name, ',
    ],
    ['a bad path of another', { sub: 'id', name: '$' }, '"claims.name" expected a path: names with dots between'],
  ])('is no path: %s', (_, value, message) => {
    expect(() => readClaimPaths('claims', value)).toThrow(message)
  })
})

describe('who it is', () => {
  it.each<readonly [unknown, string]>([
    [583231, '583231'],
    ['80351110224678912', '80351110224678912'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ['x'.repeat(200), 'x'.repeat(200)],
  ])('is a text, or a number that is read as it was written: %s', (id, sub) => {
    expect(readId({ data: [{ id }] }, { sub: 'data.0.id' })).toBe(sub)
  })

  it.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['0, as some say of nobody', 0],
    ['a number below that', -1],
    ['a number that JSON rounds', 2 ** 53],
    ['half a number', 1.5],
    ['true', true],
    ['a list', ['1']],
    ['an object', { toString: () => '1' }],
    ['a text that is too long', 'x'.repeat(201)],
    ['a space', 'a b'],
    ['a line', 'a\n'],
    ['what nobody sees', 'a\u200b'],
  ])('is nobody: %s', (_, id) => {
    expect(() => readId({ id }, { sub: 'id' })).toThrow(
      expect.objectContaining({ code: 'login_failed', message: 'userinfo: there is no id at "claims.sub"' }),
    )
  })

  it('is what the answer itself says, and never what all objects have', () => {
    for (const sub of ['constructor', '__proto__.id', 'id.length', 'toString'])
      expect(() => readId({ id: 'abc' }, { sub })).toThrow('there is no id')
    expect(() => readId(Object.create({ id: 'abc' }), { sub: 'id' })).toThrow('there is no id')
  })
})

describe('what is told of a person', () => {
  const PATHS = {
    sub: 'id',
    name: 'name',
    email: 'contact.email',
    email_verified: 'contact.verified',
    picture: 'faces.1',
  }

  it('stands at the ends of the paths, and is left out where it is no text', () => {
    const told = { name: 'Octo', contact: { email: 'o@cat.example' }, faces: ['a', 'b'], login: 'octocat' }
    expect(readToldClaims(told, PATHS)).toEqual({ name: 'Octo', email: 'o@cat.example', picture: 'b' })
    expect(readToldClaims({ name: null, contact: { email: { a: 1 } }, faces: 'ab' }, PATHS)).toEqual({})
  })

  it.each<readonly [unknown, unknown]>([
    [true, true],
    ['true', true],
    [false, false],
    ['false', false],
    [undefined, undefined],
    [null, undefined],
    [1, undefined],
    ['yes', undefined],
    [[true], undefined],
  ])('has an address that is proved only where the provider says so: %j', (verified, expected) => {
    const claims = readToldClaims({ contact: { email: 'o@cat.example', verified } }, PATHS)
    expect(claims).toEqual({ email: 'o@cat.example', ...(expected === undefined ? {} : { email_verified: expected }) })
    expect(readToldClaims({ contact: { verified } }, PATHS)).toEqual({})
  })
})
