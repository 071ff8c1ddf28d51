/**
 * People with a browser each: they log in, let apps and devices in, and log out.
 *
 * @module
 */

import { challengeOf } from '../../src/protocol/pkce.ts'
import { VARS } from '../fixtures.ts'
import { createBrowser, formOf, goesTo, hiddenField, signLogin, VERIFIER } from '../parties/person.ts'
import { askedOf, calledOf, insist, type World } from './asking.ts'
import type { Chance } from './chance.ts'
import type { Heard } from './front.ts'
import { nameOf } from './history.ts'
import { API, CALLBACK, type Client } from './settings.ts'

/** What a person let an app have. */
export interface Approval {
  readonly code: string
  readonly session: string
}

/** A person. */
export interface Person {
  readonly name: string
  /** Lets an app in, and tries again as the answers say; nothing where it is refused. */
  approve(client: Client, isNew: boolean): Promise<Approval | undefined>
  /** Lets a device in by the code that it shows. */
  letIn(client: Client, userCode: string, deviceCode: string): Promise<boolean>
  /** Ends the session of now, if there is one. */
  logOut(): Promise<void>
}

/** Thrown where no answer came, or none that leads on. */
class Stopped extends Error {
  readonly heard: Heard
  constructor(heard: Heard) {
    super('the way ends here')
    this.heard = heard
  }
}

const nowInSeconds = (): number => Math.floor(Date.now() / 1000)

/** Returns a person. */
export function createPerson(world: World, name: string): Person {
  const { issuer, front, recorder } = world
  const chance: Chance = world.chance(name)
  const cookies = new Map<string, string>()
  let logins = 0
  let last: Heard | undefined
  let isNewNow = false
  let before: Promise<unknown> = Promise.resolve()

  const browser = createBrowser(async (request) => {
    last = await front.ask(request, { isNew: isNewNow })
    if (last.status === 0 || last.status >= 500 || last.status === 429) throw new Stopped(last)
    return new Response([204, 304].includes(last.status) ? null : last.text, last)
  }, cookies)
  const session = (): string => `${name}/${logins}`

  /** One after the other: a person has two hands, and one browser. */
  function alone<Made>(act: () => Promise<Made>): Promise<Made> {
    const own = before.then(act, act)
    before = own
    return own
  }

  /** Goes to a page of the issuer, by a login where that is asked. */
  async function visit(url: string): Promise<Response> {
    let answer = await browser.get(url)
    for (let steps = 0; answer.status === 303 && steps < 5; steps++) {
      const location = answer.headers.get('location') ?? ''
      if (location.startsWith(VARS.LOGIN.url)) {
        logins++
        answer = await browser.get(await signLogin(location, name, { now: nowInSeconds(), issuer }))
      } else if (location.startsWith(`${issuer}/`)) answer = await browser.get(location)
      else break
    }
    return answer
  }

  /** Walks a way, and returns the last answer of it. */
  async function walk(isNew: boolean, way: () => Promise<void>): Promise<Heard> {
    isNewNow = isNew
    const at = recorder.now()
    try {
      await way()
    } catch (error) {
      if (!(error instanceof Stopped)) throw error
    }
    if (last === undefined) throw new Error('nothing was asked')
    return { ...last, at, until: recorder.now() }
  }

  const approve = (client: Client, isNew: boolean): Promise<Approval | undefined> =>
    alone(async () => {
      const asked = formOf({
        response_type: 'code',
        client_id: client.id,
        redirect_uri: CALLBACK,
        resource: API,
        scope: 'read',
        code_challenge: challengeOf(VERIFIER),
        code_challenge_method: 'S256',
      })
      let approval: Approval | undefined
      await insist(world, chance, async () => {
        let end: URL | undefined
        const heard = await walk(isNew, async () => {
          let answer = await visit(`${issuer}/authorize?${asked}`)
          const consent = hiddenField(answer.status === 200 ? await answer.clone().text() : '', 'consent')
          if (consent !== '') answer = await browser.post(`${issuer}/consent`, { consent, decision: 'allow' })
          const to = answer.headers.get('location') ?? goesTo(await answer.text())
          if (to.startsWith(CALLBACK)) end = new URL(to)
        })
        const [code, error] = [end?.searchParams.get('code'), end?.searchParams.get('error')]
        recorder.write({
          what: 'approved',
          ...askedOf(name, heard),
          client: await calledOf(client),
          session: session(),
          person: name,
          ...(error && { error }),
          ...(code && { code: await nameOf(code) }),
        })
        if (code) approval = { code, session: session() }
        // An app is told so by the redirect (OAuth 2.1 §4.1.2.1), and a person by a page: then they come again.
        const isLater = error === 'temporarily_unavailable' || heard.headers.has('retry-after')
        return isLater ? { ...heard, status: 503 } : heard
      })
      return approval
    })

  const letIn = (client: Client, userCode: string, deviceCode: string): Promise<boolean> =>
    alone(async () => {
      let isPressed = false
      await insist(world, chance, async () => {
        const once = await walk(true, async () => {
          const form = hiddenField(await (await visit(`${issuer}/device`)).text(), 'form')
          const question = await browser.post(`${issuer}/device`, { form, user_code: userCode })
          const consent = hiddenField(await question.text(), 'consent')
          isPressed = consent !== ''
          if (isPressed) await browser.post(`${issuer}/device`, { consent, decision: 'allow' })
        })
        recorder.write({
          what: 'device',
          ...askedOf(name, once),
          client: client.id,
          code: await nameOf(deviceCode),
          person: name,
          session: session(),
        })
        return once
      })
      return isPressed
    })

  const logOut = (): Promise<void> =>
    alone(async () => {
      if (logins === 0) return
      const of = session()
      await insist(world, chance, async () => {
        const heard = await walk(false, async () => {
          const token = hiddenField(await (await browser.get(`${issuer}/logout`)).text(), 'token')
          if (token !== '') await browser.post(`${issuer}/logout`, { token })
        })
        recorder.write({ what: 'ended', ...askedOf(name, heard), how: 'logout', of })
        return heard
      })
    })

  return { name, approve, letIn, logOut }
}
