/**
 * Grant types without their endpoint: what they decide for a client of the tests' settings, in a context that a test changes.
 *
 * @module
 */

import { createKeyring } from '../../keys/index.ts'
import type { Approval } from '../../src/grants/approval_facts.ts'
import type { GrantContext } from '../../src/grants/grant.ts'
import { OAuthError } from '../../src/protocol/error.ts'
import { type Parameters, readParameters } from '../../src/protocol/parameters.ts'
import { drawAnew, nameBy } from '../../src/randomness.ts'
import type { Client } from '../../src/registration/clients/client.ts'
import { createAssertions } from '../../src/remote/signer_keys.ts'
import type { IssuerSettings } from '../../src/settings/issuer_settings.ts'
import { type CheckedSettings, checkSettings } from '../../src/settings/settings.ts'
import { createMemoryGuard } from '../../src/stores/guard_memory.ts'
import { isConfirmation } from '../../src/token/claims.ts'
import { isConfirmedBy } from '../../src/token/confirmation.ts'
import type { Opened } from '../../src/token/entitlement.ts'
import { createPurposeEnvelopes, type PurposeEnvelopes } from '../../src/token/purpose.ts'
import { API, ISSUER, NOW, testRing, testSettings } from '../house.ts'
import { type Changes, formOf } from './person.ts'

/** What alice let `pub` have, five minutes ago and for an hour. */
export const APPROVAL: Approval = {
  gid: 'approval-of-alice',
  sid: 'session-of-alice',
  sub: 'alice',
  client_id: 'pub',
  scope: ['read', 'write'],
  resources: [API],
  approved_at: NOW - 300,
  grant_end: NOW + 3600,
}

/** What is around a grant. */
export interface Granting {
  readonly settings: CheckedSettings
  readonly guard: ReturnType<typeof createMemoryGuard>
  readonly context: GrantContext
  /** Returns what seals and opens at an instant. */
  envelopesAt(now: number): PurposeEnvelopes
  /** Returns a client of the settings, with changes. */
  client(id: string, changes?: Partial<Client>): Client
}

/** What a test wants otherwise. */
export interface GrantingChanges {
  /** Default: those of all tests. */
  readonly settings?: Partial<IssuerSettings>
  readonly context?: Partial<GrantContext>
  readonly approvals?: Partial<GrantContext['approvals']>
  /** Access tokens of ours, by what stands for them. */
  readonly tokens?: Readonly<Record<string, Opened['entitlement']>>
}

const USUAL: Partial<IssuerSettings> = {}
const read = new WeakMap<Partial<IssuerSettings>, CheckedSettings>()

/** Returns settings as the house uses them; the same ones are read once. */
function readSettings(changes: Partial<IssuerSettings> = USUAL): CheckedSettings {
  const settings = read.get(changes) ?? checkSettings(testSettings(changes))
  read.set(changes, settings)
  return settings
}

// Once, and for no test's time.
readSettings()

/** Returns what is around a grant at `NOW`: real settings, keys and a guard; and nothing is revoked. */
export function createGranting(changes: GrantingChanges = {}): Granting {
  const settings = readSettings(changes.settings)
  const { lives, homes, resources, approvable, userinfo, openid, pairwise, detailTypes, trustedIssuers } = settings
  const now = changes.context?.now ?? NOW
  const guard = createMemoryGuard(() => now, { single: true })
  const keyring = createKeyring(testRing(NOW), ISSUER)
  const envelopesAt = (at: number): PurposeEnvelopes => createPurposeEnvelopes(keyring, lives, at, homes)
  const { confirmation } = changes.context ?? {}
  const none = async (): Promise<never> => {
    throw new Error('no network here')
  }
  return {
    settings,
    guard,
    envelopesAt,
    context: {
      now,
      newId: () => nameBy(drawAnew),
      issuer: ISSUER,
      resources,
      detailTypes,
      guard,
      confirmation: undefined,
      isRevoked: async () => false,
      ...changes.context,
      approvals: {
        envelopes: envelopesAt(now),
        pairwise,
        resources: approvable,
        userinfo,
        openid,
        providerTokens: undefined,
        ...changes.approvals,
      },
      brought: {
        trustedIssuers,
        assertions: createAssertions(none, () => {}),
        async openOwn(token, of) {
          const entitlement = changes.tokens?.[token]
          const isFor = [...of].some(({ uri }) => uri === entitlement?.aud)
          return entitlement !== undefined && isFor ? { entitlement, kid: 'r1', leaf: 'r1.1' } : undefined
        },
        isProved: (bound) => isConfirmation(bound) && isConfirmedBy(bound, confirmation ?? {}),
        ...changes.context?.brought,
      },
    },
    client(id, others = {}) {
      const client = settings.clients.get(id)
      if (client === undefined) throw new Error(`no client is called ${id}`)
      return { ...client, ...others }
    },
  }
}

/** Returns the parameters of a token request. */
export function parametersOf(form: Changes): Parameters {
  return readParameters(formOf(form).toString())
}

/** Returns an error that something is refused with, which tells the operator what was wrong. */
export async function refusalOf(act: () => unknown): Promise<OAuthError> {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof OAuthError) || error.message === '') throw error
    return error
  }
  throw new Error('it is not refused')
}

/** Returns why something is refused: code and reason, such as `invalid_grant wrong_key`. */
export async function whyRefused(act: () => unknown): Promise<string> {
  const { code, reason } = await refusalOf(act)
  return `${code} ${reason}`
}
