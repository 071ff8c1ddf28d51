import { expect, it } from 'vitest'
import { carryProviderToken } from '../../src/token/entitlement.ts'

it('the access token of a provider is read by its name, and in no copy, JSON or list of an entitlement', () => {
  const entitlement: { sub: string; providerToken?: string } = { sub: 'alice' }
  const carrying = carryProviderToken(entitlement, 'p')
  expect([carrying === entitlement, carrying.providerToken]).toEqual([true, 'p'])
  expect([{ ...carrying }, JSON.stringify(carrying), Object.keys(carrying)]).toStrictEqual([
    { sub: 'alice' },
    '{"sub":"alice"}',
    ['sub'],
  ])
})
