/**
 * The settings of now: those of the deploy, and in place of their entries what comes sealed, read anew every 30 seconds beside the
 * requests. What is read is checked as a whole; then one issuer takes the other's place.
 *
 * @module
 */

import { encodeBase64url } from '../keys/base64url.ts'
import { digestText } from '../keys/digest.ts'
import type { EndpointContext, Standing } from './context.ts'
import { hasElapsed } from './elapsed.ts'
import type { Events } from './events/events.ts'
import { inTime } from './in_time.ts'
import { TokenError } from './jose/error.ts'
import { explain } from './jose/explain.ts'
import { OAuthError, refusal } from './protocol/error.ts'
import type { Reason } from './protocol/reasons.ts'
import { describeFailure } from './remote/document.ts'
import { createSingleFlight } from './remote/single_flight.ts'
import { type BundleStatus, readerOf, type SettingsBundle } from './settings/bundle_source.ts'
import type { IssuerSettings } from './settings/issuer_settings.ts'
import { withBundle } from './settings/settings_bundle.ts'
import { isKeeping, isRaising } from './stores/guard.ts'
import { LONGEST_SETTINGS, openSettings, type SealedFacts } from './token/sealed_settings.ts'
import type { WaitUntil } from './wait_until.ts'

/** Seconds between two readings; and between two while none has been good. */
const EVERY = 30
const RETRY = 5

/** Milliseconds that sealed settings may take to come, and the guard to say that they are the newest. */
const PATIENCE = 2500

/** Faults that the log tells of settings that are wrong: a line of it has its limits. */
const MOST_FAULTS = 20

/** Seconds that the guard remembers which settings bore a number: longer than any root opens them. */
const TEN_YEARS = 315_360_000

/** What an issuer is made of. */
export interface Made {
  readonly context: EndpointContext
}

/** What is made of the settings of now. */
export interface LiveSettings<What> {
  /** Tells what happens to the settings. */
  readonly events: Events
  /** Returns it. Who asks first waits until sealed settings were read, or could not be; nobody else does. It never throws. */
  current(waitUntil: WaitUntil): Promise<What>
}

/** Sealed settings that are in force, and what was made of them. */
interface Taken<What> {
  readonly digest: string
  readonly facts: SealedFacts
  readonly root: string
  readonly made: What
}

function refuse(reason: Reason, detail: string): never {
  throw refusal('temporarily_unavailable', reason, `the sealed settings ${detail}`)
}

/** Reads sealed settings. */
async function readBundle(bundle: SettingsBundle): Promise<string> {
  let text: unknown
  try {
    text = await readerOf(bundle)()
  } catch (error) {
    if (error instanceof OAuthError) throw error
    refuse('settings_unread', `cannot be read: ${describeFailure(error)}`)
  }
  if (text === undefined) refuse('settings_unread', 'are not there')
  if (typeof text !== 'string') refuse('settings_unread', 'are no text')
  // A file ends with a line end.
  const sealed = text.trimEnd()
  return sealed.length <= LONGEST_SETTINGS ? sealed : refuse('too_long', 'are longer than 1 MB')
}

/** Returns the error of those that did not come in time. */
function late(): OAuthError {
  const detail = `the sealed settings are not there after ${PATIENCE} ms`
  return refusal('temporarily_unavailable', 'settings_unread', detail)
}

/** Opens sealed settings. */
async function open(sealed: string, { keyRing }: EndpointContext, now: number) {
  const keyring = keyRing.open(now)
  return openSettings(sealed, keyring, now).catch((error: unknown) => {
    if (!(error instanceof TokenError)) throw error
    return refuse('settings_unopened', `do not open: ${explain(error.code)}`)
  })
}

/** Refuses settings that the guard knows a later number than, or others of the same number. */
async function checkNumber(
  { settings: { guard, issuer } }: EndpointContext,
  seq: number,
  digest: string | undefined,
  now: number,
) {
  if (guard === undefined || !isRaising(guard)) throw new RangeError('a guard that raises nothing')
  if (digest !== undefined && isKeeping(guard)) {
    const left = await guard.leave(`settings ${issuer} ${seq}`, digest, now + TEN_YEARS)
    if (left === 'taken') refuse('settings_reused', `are others than those that bore the number ${seq} before`)
  }
  const highest = await guard.raise(`settings ${issuer}`, seq)
  if (highest !== seq) refuse('settings_older', `have the number ${seq}, and there were some with ${highest}`)
}

/**
 * Returns what is made of the settings of now.
 *
 * @param make makes it of settings; `standing` is for its context
 * @throws {TypeError | RangeError} when the settings of the deploy are wrong by themselves
 */
export function createLiveSettings<What extends Made>(
  settings: IssuerSettings & { readonly settingsBundle: SettingsBundle },
  make: (settings: IssuerSettings, standing: Standing) => What,
): LiveSettings<What> {
  const base = make(settings, { isWhole: false, bundle: status })
  const { context } = base
  const { events, log } = context
  let taken: Taken<What> | undefined
  let readAt: number | undefined
  let begun: number | undefined
  let refused: { readonly reason: Reason; readonly detail: string; readonly since: number } | undefined
  /** What was made last, or why it could not be: of what lies there unchanged, and is passed over, it is made once. */
  let last: { readonly digest: string; readonly made: What | string } | undefined
  let hasLooked = false
  let stayAwake: WaitUntil = () => undefined

  function status(): BundleStatus {
    const until = taken && context.keyRing.opensUntil(taken.root, context.now())
    return {
      ...(taken && { seq: taken.facts.seq, issued_at: taken.facts.issued_at, root: taken.root }),
      ...(readAt !== undefined && { read_at: readAt }),
      ...(until !== undefined && { opens_until: until }),
      ...(refused && { refused: { reason: refused.reason, since: refused.since } }),
    }
  }

  function makeOnce(facts: SealedFacts): What | string {
    try {
      return make(withBundle(settings, facts), { isWhole: true, bundle: status })
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error
      const faults = error.message.split('\n')
      const more = faults.length > MOST_FAULTS ? [`and ${faults.length - MOST_FAULTS} more`] : []
      return `${facts.seq} would stop the issuer from starting: ${[...faults.slice(0, MOST_FAULTS), ...more].join('\n')}`
    }
  }

  function makeOf(facts: SealedFacts, digest: string): What {
    if (last?.digest !== digest) last = { digest, made: makeOnce(facts) }
    const { made } = last
    return typeof made === 'string' ? refuse('settings_invalid', made) : made
  }

  function good(now: number): void {
    readAt = now
    refused = undefined
  }

  /** Reads, checks, and takes what is good: what comes late is as good. */
  async function take(now: number): Promise<void> {
    const sealed = await readBundle(settings.settingsBundle)
    const digest = encodeBase64url(digestText(sealed))
    if (taken?.digest === digest) {
      await checkNumber(context, taken.facts.seq, undefined, now)
      return good(now)
    }
    const { facts, root } = await open(sealed, context, now)
    const { seq } = facts
    if (taken !== undefined && seq <= taken.facts.seq) {
      const [reason, detail] =
        seq === taken.facts.seq
          ? (['settings_reused', `are others than those with the number ${seq}, which are in force`] as const)
          : (['settings_older', `have the number ${seq}, and ${taken.facts.seq} is in force`] as const)
      refuse(reason, detail)
    }
    const made = makeOf(facts, digest)
    await checkNumber(context, seq, digest, now)
    // Another one, begun later, was faster.
    if (taken !== undefined && taken.facts.seq >= seq) return
    good(now)
    taken = { digest, facts, root, made }
    last = undefined
    log({ level: 'info', event: 'settings', detail: `the sealed settings ${seq} are in force` })
    events.tell('settings.loaded', { kid: root, method: 'bundle' })
  }

  /** Says what is wrong, once for as long as it is the same. */
  function tell({ reason, message: detail }: OAuthError, now: number): void {
    if (refused?.detail !== detail) {
      const words = `${detail}; ${taken === undefined ? 'what they alone know is answered by 503' : 'those of before go on'}`
      log({ level: 'error', event: 'settings', reason, detail: words })
      events.tell('settings.refused', { reason, method: 'bundle' })
    }
    refused = { reason, detail, since: refused?.since ?? now }
  }

  const flight = createSingleFlight((now: number) => {
    begun = now
    const before = taken
    return events.within({ headers: new Headers(), waitUntil: stayAwake }, async () => {
      try {
        await inTime(take(now), PATIENCE, late)
      } catch (error) {
        // Another reading, begun later, was faster: what this one brings is older than what is in force, and no fault.
        if (taken !== before) return
        tell(
          error instanceof OAuthError
            ? error
            : refusal(
                'server_error',
                'unexpected',
                `the sealed settings met a fault of ours: ${describeFailure(error)}`,
              ),
          now,
        )
      }
      hasLooked = true
    })
  })

  /** Lets it go on beside the request; where the platform does not, the request waits. */
  async function goOn(looking: Promise<void>, waitUntil: WaitUntil): Promise<void> {
    try {
      waitUntil(looking)
    } catch {
      await looking
    }
  }

  return {
    events,
    async current(waitUntil) {
      const now = context.now()
      const isDue = begun === undefined || hasElapsed(begun, taken === undefined ? RETRY : EVERY, now)
      if (!hasLooked || (isDue && !flight.isUnderWay(now))) {
        stayAwake = waitUntil
        const looking = flight.wait(now)
        await (hasLooked ? goOn(looking, waitUntil) : looking)
      }
      return taken?.made ?? base
    },
  }
}
