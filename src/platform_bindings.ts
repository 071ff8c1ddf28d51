/**
 * What the platform binds beside texts → settings: the guard, the list of revocations, where events go and sealed settings lie, and
 * what counts.
 *
 * @module
 */

import { checkMethods } from '../keys/check.ts'
import type { FaultList } from '../keys/faults.ts'
import { type EventDataset, type EventQueue, readEvents } from './events_on_workers.ts'
import { type HomeBindings, readHomeBindings } from './homes_on_workers.ts'
import { addressOf, allowBy, allowDeviceBy, countedBy, type RateLimit } from './rate_limit_on_workers.ts'
import type { IssuerSettings } from './settings/issuer_settings.ts'
import type { CountedBy, Limits } from './settings/limits.ts'
import { readSettingsBinding, type SettingsStore } from './settings_on_workers.ts'
import type { Guard } from './stores/guard.ts'
import { createDurableObjectGuard, type GuardNamespace, type RegionPlace } from './stores/guard_on_workers.ts'
import { createDurableObjectRevocations, type RevocationsNamespace } from './stores/revocations_on_workers.ts'

/** What the platform binds beside texts. */
export interface PlatformBindings extends HomeBindings {
  /** The guard's Durable Objects; or the text `"none"`. Needed for codes and assertions. Elsewhere than on Workers it is `--guard`. */
  readonly GUARD?: GuardNamespace | string
  /** The Durable Object of what was revoked; elsewhere it stands beside the guard. Default: none, and access tokens live until they end. */
  readonly REVOCATIONS?: RevocationsNamespace
  /** Where events go: a Queue, or a dataset of Analytics Engine; or the text `"none"`. Default: a line of the log each. */
  readonly EVENTS?: EventQueue | EventDataset | string
  /** Where settings lie that come sealed: a bucket of R2, a namespace of KV, or an https URL; elsewhere also a file. Needs a guard. Default: none do. */
  readonly SETTINGS?: SettingsStore | string
  /** The rate limit on failed client authentication. Default: none. */
  readonly FAILURES?: RateLimit
  /** The rate limit on clients that register. Default: none. */
  readonly REGISTRATIONS?: RateLimit
  /** The rate limit on codes for devices, by client and address. Default: none. */
  readonly DEVICES?: RateLimit
  /** The rate limit on what a client asks that has proved itself, or a function that counts by a key. Default: none. */
  readonly LIMITS_CLIENT?: RateLimit | CountedBy
  /** The same on what one address asks without a proof. Default: none. */
  readonly LIMITS_ADDRESS?: RateLimit | CountedBy
  /** The same on tokens of one person. Default: none. */
  readonly LIMITS_SUBJECT?: RateLimit | CountedBy
}

function readGuard(
  binding: PlatformBindings['GUARD'],
  regions: Readonly<Record<string, RegionPlace>>,
): Guard | 'none' | undefined {
  if (binding === undefined || binding === 'none') return binding
  if (typeof binding === 'string') throw new RangeError('"GUARD" expected Durable Objects, or "none"')
  checkMethods('GUARD', binding, ['getByName'], 'Durable Objects, or "none",')
  return createDurableObjectGuard(binding, { newId: () => crypto.randomUUID(), clock: () => Date.now(), regions })
}

/** Stands in for what cannot be read, so that who needs it is not at fault as well. Nobody is served by it, ever. */
const UNREAD = {
  getByName(): never {
    throw new TypeError('a stand-in')
  },
}

/** Reads what counts, by names of settings. */
function readCounters(env: PlatformBindings, faults: FaultList): Limits | undefined {
  const bound = { client: 'LIMITS_CLIENT', address: 'LIMITS_ADDRESS', subject: 'LIMITS_SUBJECT' } as const
  const counters = Object.entries(bound).flatMap(([name, binding]) => {
    const limits = env[binding]
    if (limits === undefined) return []
    faults.read(() => typeof limits === 'function' || checkMethods(binding, limits, ['limit'], 'a rate limit'))
    return [[name, countedBy(limits)] as const]
  })
  return counters.length === 0 ? undefined : Object.fromEntries(counters)
}

/** What decides how they are read, beside themselves. */
interface Place {
  readonly isLoopbackAllowed: boolean
  /** Whether clients walk in, whose documents are fetched for an address. */
  readonly hasWalkIns: boolean
}

/** The settings that the platform binds. */
type PlatformSettings = {
  readonly [Name in
    | 'guard'
    | 'homes'
    | 'revocations'
    | 'onEvent'
    | 'settingsBundle'
    | 'allowFailure'
    | 'addressOf'
    | 'limits'
    | 'allowRegistration'
    | 'allowDevice']: IssuerSettings[Name] | undefined
}

/**
 * Returns the settings in what the platform binds, as far as they can be read: what is wrong with the others is in the list.
 */
export function readPlatform(
  env: PlatformBindings,
  { isLoopbackAllowed, hasWalkIns }: Place,
  faults: FaultList,
): PlatformSettings {
  const { GUARD, REVOCATIONS, EVENTS, FAILURES, REGISTRATIONS, DEVICES } = env
  const revocations = faults.read(() => {
    if (REVOCATIONS !== undefined) checkMethods('REVOCATIONS', REVOCATIONS, ['getByName'], 'Durable Objects')
    return REVOCATIONS
  })
  for (const [name, limits] of Object.entries({ FAILURES, REGISTRATIONS, DEVICES }))
    faults.read(() => limits !== undefined && checkMethods(name, limits, ['limit'], 'a rate limit'))
  const { homes, regions } = faults.read(() => readHomeBindings(env)) ?? { homes: undefined, regions: {} }
  const guard = faults.read(() => readGuard(GUARD, regions))
  return {
    guard: guard ?? (GUARD === undefined ? undefined : readGuard(UNREAD, regions)),
    homes,
    revocations: REVOCATIONS === undefined ? undefined : createDurableObjectRevocations(revocations ?? UNREAD),
    onEvent: faults.read(() => readEvents(EVENTS)),
    settingsBundle: faults.read(() => readSettingsBinding(env.SETTINGS, isLoopbackAllowed)),
    allowFailure: FAILURES === undefined ? undefined : allowBy(FAILURES),
    addressOf: hasWalkIns || env.LIMITS_ADDRESS !== undefined ? addressOf : undefined,
    limits: readCounters(env, faults),
    allowRegistration: REGISTRATIONS === undefined ? undefined : allowBy(REGISTRATIONS),
    allowDevice: DEVICES === undefined ? undefined : allowDeviceBy(DEVICES),
  }
}
