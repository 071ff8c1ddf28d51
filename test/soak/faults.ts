/**
 * What is done to an issuer, when, and to which of its parts: all of it comes of the seed, and all of it is healed.
 *
 * @module
 */

import { createChance } from './chance.ts'
import type { Fault } from './history.ts'
import type { Recorder } from './recorder.ts'
import type { Server, System } from './system.ts'

/** Kinds of faults, and how often each comes beside the others. */
const KINDS = {
  'kill issuer': 4,
  'kill store': 3,
  'stop issuer': 3,
  'stop store': 2,
  'cut client': 5,
  'cut store': 4,
  'delay client': 2,
  'delay store': 3,
  'hold client': 2,
  'hold store': 2,
  clock: 3,
  rotate: 2,
  settings: 2,
  'previous version': 1,
} as const

/** A kind of fault, and what it is done to. */
export type FaultKind = keyof typeof KINDS

/** A fault that is to come. Milliseconds. */
export interface PlannedFault {
  readonly kind: FaultKind
  /** Since the history began. */
  readonly at: number
  readonly lasts: number
  /** Of which server, counted from 0. */
  readonly server: number
  /** By how many seconds a clock is set off. */
  readonly offset: number
}

/** Returns what can be done to a system. */
export function kindsFor({ servers, store }: System): readonly FaultKind[] {
  const hasLink = servers.some(({ storeLink }) => storeLink !== undefined)
  return (Object.keys(KINDS) as FaultKind[]).filter((kind) => {
    if (kind === 'kill store') return store.restart !== undefined
    if (kind === 'stop store') return store.pause !== undefined
    return !kind.endsWith(' store') || hasLink
  })
}

/** Returns what is done from `from` to `to`, in the order in which it begins. */
export function planFaults(
  seed: number,
  kinds: readonly FaultKind[],
  { from, to, servers }: { readonly from: number; readonly to: number; readonly servers: number },
): readonly PlannedFault[] {
  const chance = createChance(seed, 'faults')
  const weighted = kinds.flatMap((kind) => Array.from({ length: KINDS[kind] }, () => kind))
  const planned: PlannedFault[] = []
  for (let at = from; at < to; at += chance.integer(600, 3000)) {
    const kind = chance.pick(weighted)
    const isLong = kind === 'clock' || kind === 'previous version'
    const lasts = isLong ? chance.integer(5000, 15_000) : chance.integer(300, 5000)
    const offset = chance.integer(5, 25) * (chance.oneIn(2) ? 1 : -1)
    planned.push({ kind, at, lasts, server: chance.integer(0, servers - 1), offset })
  }
  return planned
}

/** Milliseconds after which what was to be healed never will. */
const HEALING = 60_000

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)))

/** Does what is planned, each in its time, and settles when all of it is healed. What cannot be done then, as something else is, is left out. */
export async function runFaults(system: System, plan: readonly PlannedFault[], to: number, recorder: Recorder) {
  const { servers, store } = system
  const busy = new Set<string>()
  // One process at a time: where both are down nothing is promised, and nothing would be seen.
  const down = 'a process'

  /** Does something to parts alone, and tells the history when it is healed; tells whether it could be done. */
  async function alone(
    parts: readonly string[],
    line: Pick<Fault, 'to' | 'fault' | 'seconds'> | undefined,
    act: () => Promise<unknown>,
  ): Promise<boolean> {
    if (parts.some((part) => busy.has(part))) return false
    for (const part of parts) busy.add(part)
    const at = recorder.now()
    try {
      const done = await act()
      if (done !== false && line) recorder.write({ what: 'fault', at, until: recorder.now(), ...line })
      return true
    } finally {
      for (const part of parts) busy.delete(part)
    }
  }

  /** Cuts a few answers short, in the middle of each; where none comes in time, all that is under way breaks. */
  async function cut(link: Server['link'], lasts: number): Promise<void> {
    const all = Promise.all([link.cutAnswer(), link.cutAnswer(), link.cutAnswer()])
    await Promise.race([all, wait(lasts)])
    link.cutAll()
  }

  const hinder = async (link: Server['link'], lasts: number, isHeld: boolean): Promise<void> => {
    if (isHeld) link.hold()
    else link.delay(300 + (lasts % 1000))
    await wait(lasts)
    if (isHeld) link.release()
    else link.delay(0)
  }

  async function act({ kind, lasts, server: index, offset }: PlannedFault): Promise<unknown> {
    const server = servers[index] as Server
    const { name, link, storeLink = link } = server
    const isOfStore = kind.endsWith(' store')
    const [way, to] = isOfStore ? [storeLink, `${name}-store`] : [link, `client-${name}`]
    switch (kind) {
      case 'kill issuer':
        return alone([name, down], { to: name, fault: 'kill' }, async () => {
          await server.kill()
          await wait(lasts / 2)
          await server.start()
        })
      case 'stop issuer':
        return alone([name, down], { to: name, fault: 'stop' }, () => server.pause(lasts))
      case 'kill store':
        return alone(['store'], { to: 'store', fault: 'kill' }, async () => store.restart?.(lasts / 2))
      case 'stop store':
        return alone(['store'], { to: 'store', fault: 'stop' }, async () => store.pause?.(lasts))
      case 'cut client':
      case 'cut store':
        return alone([to], { to, fault: 'cut' }, () => cut(way, lasts))
      case 'delay client':
      case 'delay store':
      case 'hold client':
      case 'hold store': {
        const seconds = Math.round(lasts / 100) / 10
        return alone([to], { to, fault: 'delay', seconds }, () => hinder(way, lasts, kind.startsWith('hold')))
      }
      // One clock at a time: two may differ by the skew, and what is promised for 30 seconds is to be seen to hold for a part of them.
      case 'clock':
        return alone(['clock', `${name}'s clock`], { to: name, fault: 'clock', seconds: offset }, async () => {
          await server.setClock(offset)
          await wait(lasts)
          await server.setClock(0)
        })
      case 'rotate':
        return alone([...servers.map((one) => one.name), 'version'], { to: 'all', fault: 'rotate' }, () =>
          system.rotate(),
        )
      case 'settings':
        return alone(
          servers.map((one) => one.name),
          { to: 'all', fault: 'settings' },
          () => system.swapSettings(),
        )
      // While two versions are live nobody rotates (docs/guides/runbooks.md#upgrade-and-back). 0.1.0 takes no revocation of what a clock ahead
      // of its own has made, and says that all is well: so its clock is right.
      case 'previous version':
        return alone(['version', `${name}'s clock`], { to: name, fault: 'previous version' }, async () => {
          if (!(await alone([name, down], undefined, () => server.turnTo('previous')))) return false
          await wait(lasts)
          while (!(await alone([name, down], { to: name, fault: 'current version' }, () => server.turnTo('current'))))
            await wait(100)
          return true
        })
    }
  }

  const under: Promise<unknown>[] = []
  for (const planned of plan) {
    await wait(planned.at - recorder.now())
    if (recorder.now() > to) break
    under.push(act({ ...planned, lasts: Math.max(300, Math.min(planned.lasts, to - recorder.now())) }))
  }
  await wait(to - recorder.now())
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not healed: ${[...busy].join(', ')}`)), HEALING)
  })
  await Promise.race([Promise.all(under), late]).finally(() => clearTimeout(timer))
}
