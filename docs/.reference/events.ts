/**
 * The events: each type, what an event has, and why something was refused.
 *
 * @module
 */

import type { EventType } from '../../src/events/event.ts'
import { EVENT_TYPES } from '../../src/events/event.ts'
import { REASONS } from '../../src/protocol/reasons.ts'
import { readSource } from './source.ts'
import { tableOf } from './table.ts'

const RELOADED =
  'settings that were read anew: `method` is `bundle` for [sealed ones](../guides/sealed-settings.md), at their first reading, too, and then when they change; `file` for what `bulla serve` reads at each `SIGHUP`'

/** What happened. The compiler asks for each type. */
const HAPPENED: Readonly<Record<EventType, string>> = {
  'token.issued': '`/token` gave a token: [Grants](../guides/clients.md#grants)',
  'token.refused': '`/token` gave none: [Errors](errors.md#what-a-client-is-told)',
  'code.replayed':
    "a code, or a device's, came again: all that had come of it has ended. It comes beside `token.refused`, and somebody has a copy of the code",
  'refresh.reused':
    'an old refresh token came, or one with another key: its [family](../guides/clients.md#refreshing) has ended. It comes beside `token.refused`',
  'authorization.refused':
    '`/authorize`, `/consent` or `/device` led to nothing, though no person said no; whether the client, or a page alone, says so',
  'login.succeeded': 'somebody [logged in](../guides/people-and-login.md); `method` names the provider, of several',
  'login.failed': 'somebody did not: [When the provider refuses](../guides/providers.md#when-the-provider-refuses)',
  'consent.given':
    "a person said yes to a client. `method`: `asked`, `remembered` from before, `skipped` by the client's settings, `device`. Its `gid` is that of its tokens: [Consent](../guides/people-and-login.md#consent)",
  'consent.denied': 'a person said no to a client',
  'session.ended':
    'a person logged out (`method` `logout`), ended all at `/apps` (`apps`), or another one logged in (`another_login`) in the same browser. A [session](../guides/people-and-login.md#sessions) that merely runs out tells nobody',
  'token.introspected':
    'a resource server asked what is in a token; of one that is active it says whose, which and for what: [Introspection](endpoints.md#introspection)',
  'token.revoked':
    'a client took back a token, or an operator a client, a grant, a key or branches of a resource; `method` says which: [Revoking](../guides/revocation.md)',
  'subject.revoked':
    'an operator revoked a person, or a person took back at `/apps` what an `app`, or `all`, had: `method` says which',
  'keys.delivered': 'a resource server fetched its [keys](../start/other-languages.md#any-other-language)',
  'client.failed':
    'a client did not [prove itself](../guides/clients.md#how-clients-prove-themselves), wherever; at `/token` beside `token.refused`',
  'client.registered': '`/register` gave a client an id: [Let clients walk in](../guides/registration.md)',
  'device.started': '`/device_authorization` gave a [device](../guides/devices.md) its codes',
  'par.accepted': '`/par` took a [request](../guides/clients.md#pushing)',
  'userinfo.told': '`/userinfo` told a client of its person: [Userinfo](endpoints.md#userinfo)',
  'settings.loaded': `${RELOADED}. They are in force`,
  'settings.refused':
    'the same, and those of before go on. An issuer that does not start has nobody to tell: the log has a line, `settings`',
  'ring.changed': 'another root seals, or none can any more: [Keys and rotation](../guides/keys-and-rotation.md)',
  'guard.failed':
    'the guard, or the list of revocations, did not answer; `method` says which: [When the guard does not answer](errors.md#when-the-guard-does-not-answer)',
  'remote.failed': 'what is fetched from elsewhere did not come; `method` says what',
  'limit.reached': 'somebody asked too often: [How often](settings.md#how-often)',
}

/** The parts of the page of events. */
export const EVENT_PARTS = {
  'event-types': () =>
    tableOf(
      ['type', 'what happened'],
      EVENT_TYPES.map((type) => [`\`${type}\``, HAPPENED[type]]),
    ),
  'event-members': () =>
    tableOf(
      ['member', 'what it is', 'always'],
      readSource()
        .membersOf('src/events/event.ts', 'IssuerEvent')
        .map(({ name, meaning, without }) => [`\`${name}\``, meaning, without === 'needed' ? 'yes' : '']),
    ),
  reasons: () =>
    tableOf(
      ['`reason`', 'what it means'],
      Object.entries(REASONS).map(([word, meaning]) => [`\`${word}\``, meaning]),
    ),
}
