/**
 * Who asks beside apps: services, devices, clients that walk in, thieves, and an operator.
 *
 * @module
 */

import { setTimeout } from 'node:timers/promises'
import { DEVICE_CODE } from '../parties/device.ts'
import { createProver } from '../parties/dpop.ts'
import { VERIFIER } from '../parties/person.ts'
import { METADATA } from '../parties/walk_in.ts'
import { type AppChoice, createApp, runApp } from './apps.ts'
import { askEnd, askedOf, askToken, insist, jsonOf, requestOf, textIn, type World } from './asking.ts'
import { nameOf } from './history.ts'
import type { Person } from './people.ts'
import { ACCESS_LIFE, CALLBACK, type Client, OPERATOR } from './settings.ts'

/** A client for itself: it asks for tokens, and takes some of them back. */
export async function runService(world: World, client: Client): Promise<void> {
  const by = `${client.id}/0`
  const chance = world.chance(by)
  while (world.goesOn(by)) {
    await world.pause(chance.integer(1000, 4000))
    const form = { grant_type: 'client_credentials' }
    const heard = await insist(world, chance, () => askToken(world, { by, client, grant: 'client_credentials', form }))
    if (heard?.access === undefined) continue
    const { access: token, at } = heard
    const name = await nameOf(token)
    world.seen.push({ token, name, prover: undefined, of: [client.id, name], end: at + ACCESS_LIFE * 1000 })
    if (!chance.oneIn(5)) continue
    await world.pause(chance.integer(0, 3000))
    const line = { by, how: 'revoke', of: name } as const
    await insist(world, chance, () => askEnd(world, requestOf(world, 'revoke', client, { token }), line))
    world.suspects.add(name)
  }
}

/** A device: it shows a code, a person lets it in, and it goes on as an app does. */
export async function runDevice(world: World, client: Client, people: readonly Person[]): Promise<void> {
  const by = `${client.id}/0`
  const chance = world.chance(by)
  const choice: AppChoice = { client, processes: 1, most: 1, isNew: true }
  const app = createApp(world, choice, [])

  async function begin(): Promise<void> {
    const begun = await insist(world, chance, async () => {
      const heard = await world.front.ask(requestOf(world, 'device_authorization', client, { scope: 'read' }), {
        isNew: true,
      })
      const code = textIn(heard, 'device_code')
      const named = code === undefined ? {} : { code: await nameOf(code) }
      world.recorder.write({ what: 'device', ...askedOf(by, heard), client: client.id, ...named })
      return heard
    })
    const [code, userCode] = begun ? [textIn(begun, 'device_code'), textIn(begun, 'user_code')] : []
    if (code === undefined || userCode === undefined) return
    const person = chance.pick(people)
    let isRefused = false
    const answered = person.letIn(client, userCode, code).then((isIn) => {
      isRefused = !isIn
    })
    const form = { grant_type: DEVICE_CODE, device_code: code }
    for (let interval = 5; ; ) {
      await setTimeout(interval * 1000)
      const heard = await insist(world, chance, () =>
        askToken(world, { by, client, grant: 'device_code', form, shown: code, isNew: true }),
      )
      const error = heard && textIn(heard, 'error')
      if (error === 'slow_down') interval += 5
      else if (error !== 'authorization_pending' || isRefused) {
        if (heard?.status === 200) await app.adopt(heard, [person.name, await nameOf(code)])
        break
      }
    }
    await answered
  }

  const running = runApp(world, choice, app, client.id)
  while (world.goesOn(by)) {
    await world.pause(chance.integer(1000, 5000))
    if (app.hasRoom() || world.isOver()) await begin()
  }
  await running
}

/** Clients that nobody configured: each registers, is let in, and after a while another one comes. */
export async function runWalkIn(world: World, name: string, people: readonly Person[]): Promise<void> {
  const chance = world.chance(name)
  while (!world.isOver()) {
    await world.pause(chance.integer(500, 5000))
    const heard = await insist(world, chance, async () => {
      const request = new Request(`${world.issuer}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...METADATA, redirect_uris: [CALLBACK] }),
      })
      const once = await world.front.ask(request, { isNew: true })
      const id = textIn(once, 'client_id')
      const named = id === undefined ? {} : { client: await nameOf(id) }
      world.recorder.write({ what: 'registered', ...askedOf(`${name}/0`, once), ...named })
      return once
    })
    const id = heard && jsonOf(heard)['client_id']
    if (typeof id !== 'string') continue
    const choice: AppChoice = { client: { id }, processes: 2, most: 1, isNew: true }
    const app = createApp(world, choice, people)
    const end = world.recorder.now() + chance.integer(20_000, 60_000)
    const goesOn = (by: string): boolean =>
      world.recorder.now() > end ? world.recorder.isInVain(by) && world.goesOn(by) : world.goesOn(by)
    await runApp({ ...world, goesOn }, choice, app, `${name} ${await nameOf(id)}`)
  }
}

/** A thief has no app's verifier. */
const OWN_VERIFIER = VERIFIER.toLowerCase()

/** A thief: shows what it has a copy of, when its owner has gone on with it or before, and goes on with what that brings. */
export async function runThief(world: World, name: string): Promise<void> {
  const by = `${name}/0`
  const chance = world.chance(by)
  const own = await createProver()
  while (!world.isOver()) {
    await world.pause(chance.integer(500, 3000))
    const loot = world.loot.shift()
    if (loot === undefined) continue
    const { client, grant, isNew } = loot
    // A code lives a minute; what an app has is good for as long as nobody notices.
    await world.pause(grant === 'authorization_code' ? chance.integer(0, 2000) : chance.integer(0, 40_000))
    const prover = chance.oneIn(4) ? own : undefined
    let { shown } = loot
    for (let rounds = 0; rounds < 4 && !world.isOver(); rounds++) {
      const isCode = grant === 'authorization_code' && rounds === 0
      const form = isCode
        ? { grant_type: grant, code: shown, code_verifier: OWN_VERIFIER }
        : { grant_type: 'refresh_token', refresh_token: shown }
      const heard = await insist(world, chance, () =>
        askToken(world, {
          ...{ by, form, shown, isNew, prover, isThief: true },
          client: { id: client.id },
          grant: isCode ? grant : 'refresh_token',
        }),
      )
      if (heard?.refresh === undefined) break
      shown = heard.refresh
      await world.pause(chance.integer(5000, 40_000))
    }
  }
}

/** People who log out now and then, and an operator who ends all of one. */
export async function runEndings(world: World, people: readonly Person[]): Promise<void> {
  const chance = world.chance('endings')
  while (!world.isOver()) {
    await world.pause(chance.integer(5000, 20_000))
    if (world.isOver()) break
    const person = chance.pick(people)
    if (chance.oneIn(2)) {
      await person.logOut()
      continue
    }
    const form = { kind: 'sub', value: person.name }
    const line = { by: OPERATOR.id, how: 'operator', of: person.name } as const
    const heard = await insist(world, chance, () =>
      askEnd(world, requestOf(world, 'revocations', OPERATOR, form), line),
    )
    if (heard?.status === 200) world.suspects.add(person.name)
  }
}
