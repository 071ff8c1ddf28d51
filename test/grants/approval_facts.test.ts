import { expect, it } from 'vitest'
import { approvalOf, approvedResources, loginOf } from '../../src/grants/approval_facts.ts'
import { API, API2, PARTNER } from '../house.ts'
import { APPROVAL } from '../parties/granting.ts'

const LOGIN = { auth_time: 7, acr: 'mfa', amr: ['pwd'] }
const MORE = {
  ...LOGIN,
  details: [{ detail: { type: 'payment' }, at: [API] }],
  handed: [API],
  claims: { name: 'Alice' },
  asked: { userinfo: ['name'] },
  client_proof: 'none',
}

it('a login is told as far as it is known', () => {
  expect(loginOf({ ...LOGIN, ...APPROVAL })).toStrictEqual(LOGIN)
  for (const name of ['auth_time', 'acr', 'amr'] as const)
    expect(loginOf({ [name]: LOGIN[name] })).toStrictEqual({ [name]: LOGIN[name] })
  expect(loginOf({})).toStrictEqual({})
})

it('an approval is what there is of it, and nothing of what carries it', () => {
  const carried = { jti: 'x', iat: 1, exp: 2, redirect_uri: 'https://app.example', nonce: 'n', generation: 3 }
  expect(approvalOf({ ...APPROVAL, ...carried } as typeof APPROVAL)).toStrictEqual(APPROVAL)
  expect(approvalOf({ ...APPROVAL, ...MORE, ...carried } as typeof APPROVAL)).toStrictEqual({ ...APPROVAL, ...MORE })
  for (const [name, value] of Object.entries(MORE))
    expect(approvalOf({ ...APPROVAL, [name]: value })).toStrictEqual({ ...APPROVAL, [name]: value })
})

it('the resources of an approval are those of its scope and of its details, each once', () => {
  expect(approvedResources(APPROVAL)).toEqual([API])
  const details = [
    { detail: { type: 'payment' }, at: [API, API2] },
    { detail: { type: 'account' }, at: [API2, PARTNER] },
  ]
  expect(approvedResources({ ...APPROVAL, details })).toEqual([API, API2, PARTNER])
  expect(approvedResources({ ...APPROVAL, resources: [], details })).toEqual([API, API2, PARTNER])
})
