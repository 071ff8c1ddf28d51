/**
 * The walk of an MCP client that knows nothing but a URL, up to where a person would log in.
 *
 * @module
 */

import { type Bounds, createAsk } from './ask.ts'
import { askAsPage } from './ask_as_page.ts'
import { authorize, redeem, register } from './be_client.ts'
import { findIssuer, isIssuer } from './find_issuer.ts'
import { type FoundResource, findResource, isDocumented, NO_RESOURCE } from './find_resource.ts'
import { meet } from './meet_api.ts'
import type { Challenged } from './rules/api.ts'
import { type Finding, isBroken, STEPS, type Step, shownUrl, warns } from './rules/finding.ts'
import type { Outcome, Walking } from './walking.ts'

/** What a step came to. */
export interface StepReport {
  readonly step: Step
  readonly state: 'ok' | 'warning' | 'break' | 'not_tried'
  /** What was found, in words. */
  readonly detail: string
  readonly findings: readonly Finding[]
}

/** What the walk came to. */
export interface Report {
  /** The URL that was typed, without its query. */
  readonly url: string
  readonly kind: 'api' | 'issuer'
  /** Whether no step breaks. */
  readonly ok: boolean
  readonly steps: readonly StepReport[]
  /** The client that was registered, to be deleted. */
  readonly client_id?: string
}

/** What a walk is made with. */
export interface WalkOptions extends Bounds {
  /** Whether a client may be registered. */
  readonly registers: boolean
  /** Seconds since the login that the API demands at the most. Default: what its challenge says, if it does. */
  readonly maxAge?: number
  /** Tells a person something beforehand. */
  readonly say: (words: string) => void
  /** Hears of each request, before it is made. */
  readonly progress: (url: string) => void
  /** Returns a text that nobody guesses: 43 characters of base64url. */
  readonly random: () => string
}

/** The steps as they are made; none is after one that breaks. */
interface Steps {
  readonly done: readonly StepReport[]
  /** Notes a step, and returns whether the next can be made. */
  note(step: Step, outcome: Pick<Outcome<unknown>, 'detail' | 'findings'>): boolean
  /** Notes that steps were not made, and why. */
  skip(steps: readonly Step[], detail: string): void
}

function createSteps(): Steps {
  const done: StepReport[] = []
  return {
    done,
    note(step, { detail, findings }) {
      const state = isBroken(findings) ? 'break' : findings.length > 0 ? 'warning' : 'ok'
      done.push({ step, state, detail, findings })
      return state !== 'break'
    },
    skip(steps, detail) {
      for (const step of steps) done.push({ step, state: 'not_tried', detail, findings: [] })
    },
  }
}

/** Walks up to the issuer; returns what is known of the API, and of the issuer what it is called. */
async function walkApi(
  walking: Walking,
  steps: Steps,
): Promise<(FoundResource & Pick<Challenged, 'scope' | 'maxAge'> & { readonly isApi: boolean }) | undefined> {
  const met = await meet(walking)
  const { found } = met
  if (found.kind === 'broken') return void steps.note('challenge', met)
  if (found.kind === 'other') {
    if ((await isDocumented(walking)) || !(await isIssuer(walking)))
      return void steps.note('challenge', { detail: found.status, findings: [...met.findings, found.finding] })
    steps.skip(['challenge', 'resource'], 'an issuer, and no API')
    return { ...NO_RESOURCE, issuer: walking.typed.href, scope: undefined, maxAge: undefined, isApi: false }
  }
  const isOpen = found.kind === 'open'
  if (isOpen && !(await isDocumented(walking))) {
    steps.note('challenge', { detail: `${met.detail}: clients need no token here`, findings: met.findings })
    return undefined
  }
  const findings = isOpen
    ? [
        ...met.findings,
        warns(
          'api',
          'open',
          'The API lets in who has no token, though it has a document: clients ask for a login at 401 alone.',
          'Answer 401 to what has no token, if it needs one.',
        ),
      ]
    : met.findings
  steps.note('challenge', { detail: met.detail, findings })
  const told = found.kind === 'challenge' ? found.challenged : undefined
  const outcome = await findResource(walking, told?.metadata)
  if (!steps.note('resource', outcome)) return undefined
  return { ...outcome.found, scope: told?.scope, maxAge: told?.maxAge, isApi: true }
}

/** Walks as a client does that knows nothing but a URL. It never throws, whatever the servers answer. */
export async function walk(
  typed: URL,
  { registers, maxAge, say, progress, random, ...bounds }: WalkOptions,
): Promise<Report> {
  const steps = createSteps()
  const { ask, place } = createAsk(typed, bounds, progress)
  const walking: Walking = { ask, place, typed, say, random }
  const client = await walkAll(walking, steps, { registers, maxAge })
  steps.skip(
    STEPS.slice(steps.done.length),
    steps.done.some(({ state }) => state === 'break') ? 'not tried' : 'not needed',
  )
  const isApi = steps.done[0]?.state !== 'not_tried'
  return {
    url: shownUrl(typed.href),
    kind: isApi ? 'api' : 'issuer',
    ok: steps.done.every(({ state }) => state !== 'break'),
    steps: steps.done,
    ...(client !== undefined && { client_id: client }),
  }
}

/** Makes the steps, and returns the id of the client that was registered. */
async function walkAll(
  walking: Walking,
  steps: Steps,
  { registers, maxAge: told }: { readonly registers: boolean; readonly maxAge: number | undefined },
): Promise<string | undefined> {
  const api = await walkApi(walking, steps)
  if (api?.issuer === undefined) return undefined
  const scopes = api.scope?.split(' ').filter(Boolean) ?? api.scopes
  const { resource, isApi } = api
  // A person may type a slash too many; an API's list is held letter by letter.
  const issuer = await findIssuer(walking, { called: api.issuer, isApis: isApi, resource, scopes })
  if (!steps.note('issuer', issuer) || issuer.found === undefined) return undefined
  const known = issuer.found.issuer
  const client = await register(walking, known, scopes, registers)
  const id = client.found?.id
  if (!steps.note('register', client)) return id
  if (client.found === undefined) steps.skip(['authorize'], 'it takes a client, and none was registered')
  else {
    const scope = scopes.length === 0 ? undefined : scopes.join(' ')
    const maxAge = told ?? api.maxAge
    if (!steps.note('authorize', await authorize(walking, known, client.found, api, { scope, maxAge }))) return id
  }
  if (!steps.note('token', await redeem(walking, known, client.found, api))) return id
  const asking = {
    api: isApi ? walking.typed.href : undefined,
    resourceAt: api.at,
    issuerAt: issuer.found.at,
    issuer: known,
  }
  steps.note('browsers', await askAsPage(walking, asking))
  return id
}
