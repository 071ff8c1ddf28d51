/**
 * JSON at URLs that strangers named: bounded in size, time and number, kept as long as it says, and never kept when it is wrong.
 *
 * @module
 */

import { hasElapsed } from '../../elapsed.ts'
import { parseUnique } from '../../jose/strict_json.ts'
import { JSON_TYPE } from '../../protocol/media_type.ts'
import { type Fetch, fetchText } from '../document.ts'
import { createSingleFlight, type SingleFlight } from '../single_flight.ts'
import type { Flights } from './flights.ts'
import { freshFor } from './freshness.ts'

/** Bytes that a document may have, unpacked. */
const LONGEST = 5120

/** Documents that are kept: those that were asked for last. */
const MOST = 500

/** Seconds that a document serves beyond its time, for whoever takes an old one. */
const OLD = 86_400

/** Seconds between two fetches for what is lacking. */
const COOLDOWN = 30

/** Statuses that say that the host cannot now, beside 500 and more. */
const PASSING: readonly number[] = [408, 425, 429]

/**
 * A document; or why there is none: `busy` and `unreachable` pass, `wrong` is what its owner published. The detail is for the log.
 * One is unsure that lacks what is looked for, while nobody looked whether it has that now.
 */
export type Told<Document> =
  | { readonly ok: true; readonly document: Document; readonly isUnsure?: boolean }
  | { readonly ok: false; readonly code: 'busy' | 'unreachable' | 'wrong'; readonly detail: string }

/** Who asks for a document, and what for. */
export interface Asking<Document> {
  /** Unix seconds. */
  readonly now: number
  /** From where it is asked for, as far as the platform tells. */
  readonly asker?: string | undefined
  /** Tells whether a document lacks what is looked for: then it is fetched once more, but not twice in 30 seconds. */
  readonly isLacking?: (document: Document) => boolean
  /** Whether one will do for a day beyond its time, while no other can be had. Default false. */
  readonly isOldTaken?: boolean
}

/** Documents of one kind. */
export interface StrangersDocuments<Document> {
  /** Returns a document as it is now, or was a moment ago. */
  get(url: string, asking: Asking<Document>): Promise<Told<Document>>
  /** Returns a document if it is here and still serves: nobody is asked. */
  peek(url: string, now: number): Document | undefined
}

/** What came well, and when. */
interface Kept<Document> {
  readonly document: Document
  readonly at: number
  readonly fresh: number
  /** When it was last asked for what it lacks. */
  soughtAt: number
}

/** What documents are made of. */
export interface StrangersDocumentsParts<Document> {
  /** Reaches the public Internet alone. */
  readonly fetch: Fetch
  /** Shared by all kinds of documents. */
  readonly flights: Flights
  /** Returns what a JSON object says; what it throws is for the log. */
  readonly read: (json: Readonly<Record<string, unknown>>, url: string) => Document
}

/** Returns the documents of a kind: none yet. */
export function createStrangersDocuments<Document>({
  fetch,
  flights,
  read,
}: StrangersDocumentsParts<Document>): StrangersDocuments<Document> {
  const kept = new Map<string, Kept<Document>>()
  const underWay = new Map<string, SingleFlight<Told<Document>>>()

  function keep(url: string, one: Kept<Document>): void {
    kept.delete(url)
    kept.set(url, one)
    for (const oldest of kept.keys()) {
      if (kept.size <= MOST) return
      kept.delete(oldest)
    }
  }

  async function load(url: string, now: number): Promise<Told<Document>> {
    const headers = { accept: 'application/json' }
    const fetched = await fetchText(url, fetch, { headers }, { type: JSON_TYPE, longest: LONGEST })
    if (!fetched.ok) {
      const { status = 503, detail } = fetched
      return { ok: false, code: status >= 500 || PASSING.includes(status) ? 'unreachable' : 'wrong', detail }
    }
    const json = parseUnique(fetched.text)
    if (json === undefined) return { ok: false, code: 'wrong', detail: 'no JSON object, or a member is there twice' }
    try {
      const document = read(json, url)
      keep(url, { document, at: now, fresh: freshFor(fetched.headers, now), soughtAt: now })
      return { ok: true, document }
    } catch (error) {
      return { ok: false, code: 'wrong', detail: (error as Error).message }
    }
  }

  /** Fetches a document, or waits for whoever does already: who waits counts for nothing. */
  async function fly(url: string, { now, asker }: Asking<Document>, isKnown: boolean): Promise<Told<Document>> {
    for (const [other, flight] of underWay) if (!flight.isUnderWay(now)) underWay.delete(other)
    const joined = underWay.get(url)
    if (joined !== undefined) return joined.wait(now)
    const flight = createSingleFlight(async (at: number): Promise<Told<Document>> => {
      const leave = flights.enter({ host: new URL(url).host, asker, isKnown }, at)
      if (leave === undefined) return { ok: false, code: 'busy', detail: 'as much is fetched for strangers as may be' }
      return load(url, at).finally(leave)
    })
    underWay.set(url, flight)
    return flight.wait(now)
  }

  return {
    async get(url, asking) {
      const { now, isLacking, isOldTaken = false } = asking
      const known = kept.get(url)
      if (known === undefined) return fly(url, asking, false)
      keep(url, known)
      const isUnsure = isLacking?.(known.document) === true
      const here: Told<Document> = { ok: true, document: known.document, ...(isUnsure && { isUnsure }) }
      const isFresh = !hasElapsed(known.at, known.fresh, now)
      if (isFresh && !(isUnsure && hasElapsed(known.soughtAt, COOLDOWN, now))) return here
      known.soughtAt = now
      const told = await fly(url, asking, !hasElapsed(known.at, known.fresh + OLD, now))
      if (told.ok) return told
      if (isFresh) return here
      // What its owner has published since counts, be it wrong; what just cannot be had is as it was.
      if (told.code === 'wrong') kept.delete(url)
      else if (isOldTaken && !hasElapsed(known.at, known.fresh + OLD, now)) return here
      return told
    },
    peek(url, now) {
      const known = kept.get(url)
      return known !== undefined && !hasElapsed(known.at, known.fresh, now) ? known.document : undefined
    },
  }
}
