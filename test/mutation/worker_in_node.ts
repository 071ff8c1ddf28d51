/**
 * What stands for `cloudflare:workers` while mutants are asked: the issuer that the Worker's bindings make, in Node, with a guard and a
 * list in memory, so that tests of the protocols may ask it, too. What they promise of the real Worker, they show in workerd.
 *
 * @module
 */

import { writeRing } from '../../keys/index.ts'
import {
  type Bindings,
  createIssuer,
  createMemoryGuard,
  createMemoryRevocations,
  type Issuer,
  readBindings,
} from '../../src/index.ts'
import { testRing, VARS } from '../fixtures.ts'

export const env: Bindings = {
  ...JSON.parse(JSON.stringify(VARS)),
  KEY_RING: writeRing(testRing(Math.floor(Date.now() / 1000))),
  KEY_RING_NEXT: '',
  DEVELOPMENT: 'false',
  EVENTS: 'none',
}

let issuer: Issuer | undefined

/** The entrypoints of the Worker: the one that there is. */
export const exports = {
  default: {
    async fetch(url: Request | string, init?: RequestInit): Promise<Response> {
      issuer ??= createIssuer({
        ...readBindings(env),
        guard: createMemoryGuard(),
        revocations: createMemoryRevocations('salt'),
      })
      return issuer.fetch(new Request(url, init), env)
    },
  },
}

export class DurableObject {}
