/**
 * What events say of a person, and of what an app asks the person for.
 *
 * @module
 */

import type { EventFacts } from '../events/event.ts'
import type { Person } from '../login/authenticate.ts'
import type { Asked } from './authorization_request.ts'

/** Returns what events say of somebody who logged in. */
export function toldOfPerson({ sub, acr }: Pick<Person, 'sub' | 'acr'>): EventFacts {
  return { subject: sub, ...(acr === undefined ? {} : { acr }) }
}

/** Returns what events say of a client before it proves itself, which it does where it redeems what it got. */
export function toldOfClient({ id }: { readonly id: string }): EventFacts {
  return { client: id, proved: false }
}

/** Returns what events say of a request of an app's. */
export function toldOfRequest({ destination, resources, scope }: Asked): EventFacts {
  return {
    ...toldOfClient(destination.client),
    ...(resources.length === 0 ? {} : { resource: resources.join(' ') }),
    ...(scope.length === 0 ? {} : { scope: scope.join(' ') }),
  }
}
