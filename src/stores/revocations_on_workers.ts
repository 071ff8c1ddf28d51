/**
 * The revocations of an issuer on Workers.
 *
 * @module
 */

import type { Bundle } from '../token/revocations.ts'
import type { Addition, Outcome, Revocations } from './revocations.ts'

/** What a stub of the revocations' object can be asked; see `RevocationsObject`. */
export interface RevocationsStub {
  add(addition: Addition, now: number): Promise<Outcome>
  read(now: number, what: 'access tokens' | 'anything', isElse?: boolean): Promise<Bundle>
}

/** The binding of the revocations' object. */
export interface RevocationsNamespace {
  getByName(name: string): RevocationsStub
}

/** Returns the revocations: one list, so one object. */
export function createDurableObjectRevocations(namespace: RevocationsNamespace): Revocations {
  return {
    add: (addition, now) => namespace.getByName('revocations').add(addition, now),
    read: (now, what, isElse = false) => namespace.getByName('revocations').read(now, what, isElse),
  }
}
