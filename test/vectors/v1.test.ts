import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  type ContentEncryption,
  createKeyring,
  deriveBranch,
  deriveLeaf,
  deriveNamesKey,
  deriveSigningKey,
  encodeLabels,
  exportJwks,
  exportKeys,
  nameUnder,
  type Purpose,
  type Ring,
  readKeys,
  readRing,
  writeKeys,
  writeLeafKid,
} from '../../keys/index.ts'
import { readVerificationKeys, readySigningKey } from '../../src/jose/jwks.ts'
import { leafRecipient, openerOf, type Recipient } from '../../src/jose/recipient.ts'
import { createDynamicIds, type DynamicFacts } from '../../src/registration/walk_in/dynamic_id.ts'
import { type Expectations, readClaims } from '../../src/token/claims.ts'
import { openEnvelope } from '../../src/token/envelope.ts'
import { openMarked } from '../../src/token/mark.ts'
import { openNested } from '../../src/token/nested.ts'
import { type EnvelopePurpose, openPurpose } from '../../src/token/purpose.ts'
import { openSettings } from '../../src/token/sealed_settings.ts'
import { openEntitlement } from '../fixtures.ts'
import branched from './v1/branch.json' with { type: 'json' }
import derivation from './v1/derivation.json' with { type: 'json' }
import direct from './v1/direct.json' with { type: 'json' }
import events from './v1/event.json' with { type: 'json' }
import exported from './v1/export.json' with { type: 'json' }
import marked from './v1/mark.json' with { type: 'json' }
import names from './v1/names.json' with { type: 'json' }
import nested from './v1/nested.json' with { type: 'json' }
import purposes from './v1/purpose.json' with { type: 'json' }
import registration from './v1/registration.json' with { type: 'json' }
import signing from './v1/sign.json' with { type: 'json' }

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
const hex = (from: Uint8Array): string => [...from].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const ringOf = (json: unknown): Ring => {
  const reading = readRing(JSON.stringify(json))
  if (!reading.ok || reading.bad.length > 0) throw new Error('the ring of the vectors does not read')
  return reading.ring
}

describe('vectors v1', () => {
  it.each<(typeof derivation.cases)[number] & { number?: number }>(derivation.cases)(
    'derive $purpose of $resource',
    ({ root, issuer, purpose, resource, number, info, branch, leaves }) => {
      const labels = ['bulla/1', issuer, purpose, resource]
      expect(hex(encodeLabels(...labels, ...(number === undefined ? [] : [String(number)])))).toBe(info)
      expect(hex(deriveBranch(bytes(root), issuer, purpose as Purpose, resource, number))).toBe(branch)
      for (const { enc, period, kid, info: leafInfo, leaf } of leaves) {
        expect(hex(encodeLabels('bulla/1/leaf', enc, String(period)))).toBe(leafInfo)
        expect(hex(deriveLeaf(bytes(branch), enc as ContentEncryption, period))).toBe(leaf)
        expect(writeLeafKid(kid.split('.')[0] ?? '', period, number)).toBe(kid)
      }
    },
  )

  it.each<(typeof names.cases)[number] & { number?: number }>(names.cases)(
    'derive the names of $resource',
    ({ root, issuer, resource, number, branch, info, key, names }) => {
      expect(hex(deriveBranch(bytes(root), issuer, 'access', resource, number))).toBe(branch)
      expect(hex(encodeLabels('bulla/1/names'))).toBe(info)
      expect(hex(deriveNamesKey(bytes(branch)))).toBe(key)
      for (const { kind, value, info, name, shift } of names) {
        expect(hex(encodeLabels('bulla/1/name', kind, value))).toBe(info)
        expect(nameUnder(bytes(key), kind, value)).toEqual({ name, shift })
      }
    },
  )

  it.each(events.names)('name $subject in events while $kid is primary', ({ subject, now, kid, key, name }) => {
    const { eventName, eventNames } = createKeyring(ringOf(events.ring), events.issuer)
    expect(eventName(subject, now)).toBe(name)
    expect(eventNames(subject).find((under) => under.kid === kid)?.name).toBe(name)
    expect(nameUnder(bytes(key), 'sub', subject).name).toBe(name)
  })

  const keyring = createKeyring(ringOf(direct.ring), direct.issuer)
  const expectations = (now: number, resource: string): Expectations => ({
    issuer: direct.issuer,
    resource,
    now,
    clockTolerance: 0,
    longestLife: 86_400,
    anonymous: true,
  })

  it.each(direct.tokens)('open a token of $name', async ({ enc, now, envelope, claims }) => {
    const leaves = keyring.leavesFor('access', direct.resource, enc as ContentEncryption, 86_400)
    expect((await openEnvelope(envelope, 'at+jwe', leaves, now)).facts).toEqual(claims)
    const expected = expectations(now, direct.resource)
    expect(await openEntitlement(envelope, leaves, expected)).toEqual(readClaims(claims, expected))
  })

  it.each(direct.refused)('refuse a token: $name', async ({ now, envelope, code, ...row }) => {
    const resource = row.resource ?? direct.resource
    const leaves = keyring.leavesFor('access', resource, 'A256GCM', 86_400)
    await expect(openEntitlement(envelope, leaves, expectations(now, resource))).rejects.toMatchObject({ code })
  })

  const branchLeaves = (enc: string, number: number) =>
    createKeyring(ringOf(branched.ring), branched.issuer).leavesFor(
      'access',
      branched.resource,
      enc as ContentEncryption,
      86_400,
      number,
    )

  it.each(branched.tokens)('open a token of $name', async ({ enc, number, now, envelope, claims }) => {
    const expected = expectations(now, branched.resource)
    expect(await openEntitlement(envelope, branchLeaves(enc, number), expected)).toEqual(readClaims(claims, expected))
  })

  it.each(branched.marked)('know the mark of a token of $name', async ({ enc, number, now, envelope, claims }) => {
    const marks = createKeyring(ringOf(branched.ring), branched.issuer).leavesFor('mark', '', 'A256GCM', 86_400)
    const expected = expectations(now, branched.resource)
    const { entitlement } = await openMarked(envelope, branchLeaves(enc, number), marks, expected)
    expect(entitlement).toEqual(readClaims(claims, expected))
  })

  it.each(branched.refused)('refuse a token $name', async ({ number, now, envelope, code }) => {
    const opening = openEntitlement(envelope, branchLeaves('A256GCM', number), expectations(now, branched.resource))
    await expect(opening).rejects.toMatchObject({ code })
  })

  it('export the keys of a branch', () => {
    const { issuer, resource } = branched
    const { number, now, keys, jwks } = branched.export
    const made = exportKeys(ringOf(branched.ring), { issuer, resource, branch: number, now })
    expect(JSON.parse(writeKeys(made))).toEqual(keys)
    expect(exportJwks(readKeys(JSON.stringify(keys)), now, 3)).toEqual(jwks)
  })

  const openOwn = (row: { readonly enc: string; readonly now: number; readonly envelope: string }) => {
    const own = createKeyring(ringOf(marked.ring), marked.issuer)
    const leaves = own.leavesFor('access', marked.resource, row.enc as ContentEncryption, 86_400)
    const marks = own.leavesFor('mark', '', 'A256GCM', 86_400)
    return openMarked(row.envelope, leaves, marks, expectations(row.now, marked.resource))
  }

  it.each(marked.tokens)('know the mark of a token of $name, which opens like any other', async (row) => {
    const expected = expectations(row.now, marked.resource)
    const { entitlement } = await openOwn(row)
    expect(entitlement).toEqual(readClaims(row.claims, expected))
    const leaves = keyring.leavesFor('access', marked.resource, row.enc as ContentEncryption, 86_400)
    expect(await openEntitlement(row.envelope, leaves, expected)).toEqual(entitlement)
  })

  it.each(marked.refused)('refuse as a subject a token $name', async ({ code, ...row }) => {
    await expect(openOwn(row)).rejects.toMatchObject({ code })
  })

  // promise: V02
  it.each(purposes.envelopes)('open an envelope for $purpose', async ({ purpose, now, envelope, facts }) => {
    const leaves = createKeyring(ringOf(purposes.ring), purposes.issuer).leavesFor(
      purpose as Purpose,
      '',
      'A256GCM',
      2_592_000,
    )
    expect(await openPurpose(purpose as EnvelopePurpose, envelope, leaves, now, 0)).toEqual(facts)
  })

  const settingsAt = (now: number, sealed: string) =>
    openSettings(sealed, createKeyring(ringOf(purposes.ring), purposes.issuer), now)

  it.each(purposes.settings)('open sealed settings $name', async ({ now, sealed, facts, root }) => {
    expect(await settingsAt(now, sealed)).toEqual({ facts, root })
  })

  it.each(purposes.refused_settings)('open no sealed settings $name', async ({ now, sealed, code }) => {
    await expect(settingsAt(now, sealed)).rejects.toMatchObject({ code })
  })

  it.each(registration.derivation)('derive the keys of registration at $issuer', ({ key, issuer, id, secret }) => {
    for (const [what, { info, key: derived }] of Object.entries({ id, secret })) {
      expect(hex(encodeLabels('bulla/1/registration', what, issuer))).toBe(info)
      expect(hex(hkdf(sha256, bytes(key), undefined, bytes(info), 32))).toBe(derived)
    }
  })

  it.each(registration.clients)('make and open the id of a client, and its secret: $name', (client) => {
    const ids = createDynamicIds(client.issuer, client.keys.map(bytes))
    expect(ids.make(client.facts as DynamicFacts)).toBe(client.id)
    const opened = ids.open(client.id)
    expect([opened?.facts, opened?.secret()]).toEqual([client.facts, client.secret])
  })

  it.each(registration.refused.ids)('refuse the id of a client with $name', ({ id }) => {
    const { issuer, keys } = registration.refused
    expect(createDynamicIds(issuer, keys.map(bytes)).open(id)).toBeUndefined()
  })

  it('export keys', () => {
    const { issuer, resource, now, keys, jwks } = exported
    const made = exportKeys(ringOf(exported.ring), { issuer, resource, now })
    expect(JSON.parse(writeKeys(made))).toEqual(keys)
    expect(exportJwks(readKeys(JSON.stringify(keys)), now, 3)).toEqual(jwks)
  })

  it.each(signing.cases)('derive the signing keys of $issuer', async ({ root, issuer, info, branch, keys }) => {
    expect(hex(encodeLabels('bulla/1', issuer, 'sign', ''))).toBe(info)
    expect(hex(deriveBranch(bytes(root), issuer, 'sign', ''))).toBe(branch)
    for (const { alg, period, kid, info: leafInfo, pkcs8, jwk, thumbprint } of keys) {
      expect(hex(encodeLabels('bulla/1/leaf', alg, String(period)))).toBe(leafInfo)
      const made = deriveSigningKey(bytes(branch), alg as 'ES256' | 'Ed25519', period)
      expect(hex(made)).toBe(pkcs8)
      const key = { kid, alg: alg as 'ES256' | 'Ed25519', material: { pkcs8: made }, nbf: 0, exp: 0 }
      expect((await readySigningKey(key)).publicJwk).toEqual(jwk)
      expect(await calculateJwkThumbprint(jwk)).toBe(thumbprint)
    }
  })

  it('tell the keys that sign nested tokens', async () => {
    const { signingKeys } = createKeyring(ringOf(nested.ring), nested.issuer)
    const now = nested.tokens[0]?.now ?? 0
    const told = (['ES256', 'Ed25519', 'RS256'] as const).flatMap((alg) => signingKeys.published(alg, now, 600))
    expect(await Promise.all(told.map(async (key) => (await readySigningKey(key)).publicJwk))).toEqual(nested.jwks.keys)
    for (const { alg, signer } of nested.tokens) expect(signingKeys.signing(alg as 'ES256', now)?.kid).toBe(signer)
  })

  /** Opens a nested token by the partner's private key, or under the leaf. */
  const openNestedVector = (
    { to, now, envelope }: { readonly to: string; readonly now: number; readonly envelope: string },
    enc: string,
    resource = nested.resource,
  ) => {
    const find = async (kid: string): Promise<Recipient | undefined> => {
      const jwk = nested.recipients[to as keyof typeof nested.recipients]
      if (jwk !== undefined) return jwk.kid === kid ? openerOf(jwk, enc as ContentEncryption) : undefined
      const leaves = createKeyring(ringOf(nested.ring), nested.issuer).leavesFor(
        'access',
        nested.resource,
        enc as ContentEncryption,
        86_400,
      )
      const leaf = leaves.opening(kid, now)
      return leaf === undefined ? undefined : leafRecipient(leaf)
    }
    return openNested(envelope, find, readVerificationKeys(nested.jwks), expectations(now, resource))
  }

  it.each(nested.tokens)('open a nested token: $name', async ({ enc, signer, claims, ...token }) => {
    expect(await openNestedVector(token, enc)).toMatchObject({
      entitlement: readClaims(claims, expectations(token.now, nested.resource)),
      kid: signer,
    })
  })

  it.each(nested.refused)('refuse a nested token: $name', async ({ code, ...row }) => {
    await expect(openNestedVector(row, 'A256GCM', row.resource)).rejects.toMatchObject({ code })
  })
})
