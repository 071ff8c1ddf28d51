/**
 * A world in which every promise is kept, but for the one that is broken on purpose: it makes histories that are right, with all
 * that right histories have: overlaps, lost answers, thieves, clocks that differ, processes that stop. The rules are written here
 * anew, from `docs/design.md` §5.
 *
 * @module
 */

import type { Begun, Fault, Line, Token } from './history.ts'

export const BEGUN: Begun = {
  what: 'begun',
  at: 0,
  system: 'sqlite',
  seed: 1,
  grace: 30,
  revocationBound: 20,
  maxStale: 60,
  skew: 10,
  accessLife: 300,
  codeLife: 60,
  graceUses: 10,
}

/** What can be switched off. */
export type Broken =
  | 'code'
  | 'device code'
  | 'grace'
  | 'generations'
  | 'reuse'
  | 'binding'
  | 'secret'
  | 'lost answer'
  | 'burnt code'
  | 'revocation'
  | 'logout'
  | 'operator'
  | 'list'
  | 'opening'
  | 'deaf verifier'
  | 'status'
  | 'retry-after'
  | 'answer'
  | 'way on'

/** What somebody does. Milliseconds. */
export interface Move {
  /** After the move before. */
  readonly wait: number
  readonly does:
    | 'approve'
    | 'device'
    | 'redeem'
    | 'refresh'
    | 'steal'
    | 'revoke'
    | 'revoke access'
    | 'logout'
    | 'operator'
    | 'open'
    | 'clock'
    | 'cut'
  /** From the question to its effect, and from there to its answer. */
  readonly there: number
  readonly back: number
  readonly fate: 'answered' | 'lost there' | 'lost back' | '503 there' | '503 back' | 'late'
  /** Chooses among what there is. */
  readonly pick: number
  readonly process: 0 | 1
}

type Kind = 'public' | 'bound' | 'moving' | 'confidential'

interface Grant {
  readonly client: string
  readonly kind: Kind
  readonly session: string
  readonly person: string
  readonly outlives: boolean
  readonly approvedAt: number
  generation: number
  since: number
  bound: string
  uses: number
  isEnded: boolean
}

interface Code {
  readonly name: string
  readonly grant: Grant
  readonly exp: number
  readonly isDevice: boolean
  isAllowed: boolean
  given?: { readonly at: number; readonly key: string }
}

interface Refresh {
  readonly name: string
  readonly grant: Grant
  readonly generation: number
  readonly key?: string
}

interface Access {
  readonly name: string
  readonly grant: Grant
  readonly iat: number
  readonly exp: number
}

/** What somebody has: the newest last. */
interface Wallet {
  readonly by: string
  readonly isThief: boolean
  readonly key?: string
  readonly codes: Code[]
  readonly refresh: Refresh[]
}

/** What was asked has this effect, at the clock of the process that was asked: what the answer has beside its instants. */
type Effect = (
  clock: number,
  at: number,
) => { readonly answer: Partial<Token> & { status: number }; readonly keep?: () => void }

const KINDS: readonly Kind[] = ['public', 'bound', 'moving', 'confidential']
const PATIENCE = 4000

/** Plays moves in a world; returns its history. */
export function play(moves: readonly Move[], broken?: Broken): Line[] {
  const lines: { readonly order: number; readonly line: Line }[] = []
  const queue: { readonly at: number; readonly run: () => void }[] = []
  const faults: Fault[] = []
  const wallets: Wallet[] = []
  const access: Access[] = []
  const endedSessions = new Set<string>()
  const endedPersons: { readonly person: string; readonly at: number; readonly clock: number }[] = []
  const list: { readonly at: number; readonly hits: (token: Access) => boolean }[] = []
  let [now, count, grants] = [0, 0, 0]
  const name = (kind: string) => `${kind}${++count}`
  const at = (time: number, run: () => void) => void queue.push({ at: time, run })
  const write = (order: number, line: Line) => void lines.push({ order, line })
  const offset = (process: number, time: number) =>
    faults.find((one) => one.fault === 'clock' && one.to === `p${process}` && one.at <= time && time <= one.until)
      ?.seconds ?? 0
  const chosen = <Of>(of: readonly Of[], pick: number): Of | undefined => of[pick % Math.max(1, of.length)]
  /** Mostly the newest. */
  const newest = <Of>(of: readonly Of[], pick: number): Of | undefined => of.at(pick % 4 === 3 ? -2 : -1) ?? of.at(-1)

  /** Asks something: the effect comes in its time, or never; and so does the answer. */
  function ask(
    move: Move,
    line: { readonly what: string; readonly by: string; readonly [more: string]: unknown },
    effect: Effect,
  ): void {
    const begun = now
    const { fate, process } = move
    const asked = { ...line, at: begun, to: `p${process}` }
    if (fate === 'late') {
      const until = begun + PATIENCE + 1000 + move.back * 10
      const fault: Fault = { what: 'fault', at: begun, until, to: `p${process}`, fault: 'stop' }
      write(begun, fault)
      faults.push(fault)
      at(until + move.there, () => effect(Math.floor(now / 1000) + offset(process, now), now))
      at(begun + PATIENCE, () => write(now, { ...asked, until: now, status: 0 } as unknown as Line))
      return
    }
    const isThere = fate !== 'lost there' && fate !== '503 there'
    // What is done, and yet answered so, is lost between process and store.
    if (fate === '503 back' && broken !== 'burnt code')
      write(begun, { what: 'fault', at: begun, until: begun + move.there, to: `p${process}-store`, fault: 'cut' })
    at(begun + move.there, () => {
      const { answer, keep } = isThere
        ? effect(Math.floor(now / 1000) + offset(process, now), now)
        : { answer: { status: 0 } }
      const isAnswered = fate === 'answered'
      at(isAnswered || fate.startsWith('503') ? now + move.back : begun + PATIENCE, () => {
        if (isAnswered) keep?.()
        const away = fate.startsWith('503')
          ? broken === 'status'
            ? { status: 500 }
            : { status: 503, ...(broken === 'retry-after' ? {} : { retryAfter: 2 }) }
          : { status: 0 }
        write(now, { ...asked, until: now, ...(isAnswered ? answer : away) } as unknown as Line)
      })
    })
  }

  const isOver = (grant: Grant, clock: number, time: number, outlives: boolean) =>
    (grant.isEnded && broken !== 'revocation') ||
    (!outlives && endedSessions.has(grant.session) && broken !== 'logout') ||
    // Each process has looked some time in the last five seconds.
    endedPersons.some(
      (one) =>
        one.person === grant.person &&
        grant.approvedAt < one.clock + 10 &&
        time - one.at > (clock % 5) * 1000 &&
        broken !== 'operator',
    )
  const refusal = (error = 'invalid_grant', status = 400) => ({ answer: { status, error } })

  function give(
    wallet: Wallet,
    grant: Grant,
    clock: number,
    refresh: Omit<Refresh, 'name' | 'grant'> | Refresh,
  ): ReturnType<Effect> {
    const token: Access = { name: name('a'), grant, iat: clock, exp: clock + BEGUN.accessLife }
    const next: Refresh = 'name' in refresh ? refresh : { name: name('r'), grant, ...refresh }
    const lacks = broken === 'answer' && count % 3 === 0
    return {
      answer: { status: 200, access: token.name, ...(lacks ? {} : { refresh: next.name }) },
      keep() {
        access.push(token)
        if (!lacks) wallet.refresh.push(next)
      },
    }
  }

  function redeem(wallet: Wallet, code: Code, key: string): Effect {
    return (clock, time) => {
      const { grant, isDevice } = code
      if (wallet.isThief && !isDevice) return refusal()
      if (!code.isAllowed) return refusal('authorization_pending')
      if (!isDevice && clock > code.exp) return refusal()
      if (isOver(grant, clock, time, false)) return refusal()
      const isGivenAgain = isDevice && Math.abs(clock - (code.given?.at ?? 0)) <= 30 && code.given?.key === key
      const isTwice = (broken === 'code' && !isDevice) || (broken === 'device code' && isDevice)
      if (code.given !== undefined && !isGivenAgain && !isTwice) {
        grant.isEnded = true
        return refusal()
      }
      code.given ??= { at: clock, key }
      if (grant.kind === 'bound') grant.bound = key
      return give(wallet, grant, clock, { generation: 0, ...(grant.kind === 'bound' ? { key } : {}) })
    }
  }

  function refresh(wallet: Wallet, shown: Refresh, key: string): Effect {
    return (clock, time) => {
      const { grant, generation } = shown
      if (isOver(grant, clock, time, grant.outlives)) return refusal()
      if (grant.kind === 'confidential') {
        return wallet.isThief && broken !== 'secret'
          ? refusal('invalid_client', 401)
          : give(wallet, grant, clock, shown)
      }
      if (shown.key !== undefined) {
        return shown.key === key || broken === 'binding' ? give(wallet, grant, clock, shown) : refusal()
      }
      const isItsKey = key === grant.bound || broken === 'binding'
      const next = { generation: generation + 1, ...(key === '' ? {} : { key }) }
      if (generation === grant.generation && (isItsKey || grant.bound === '')) {
        Object.assign(grant, { generation: generation + 1, since: clock, bound: key, uses: 0 })
        return give(wallet, grant, clock, next)
      }
      const isInGrace = Math.abs(clock - grant.since) <= BEGUN.grace && broken !== 'lost answer'
      const isBefore = generation === grant.generation - 1 || (broken === 'generations' && isInGrace)
      if (isBefore && isItsKey && (isInGrace || broken === 'grace')) {
        if (grant.uses >= (BEGUN.graceUses ?? 0)) return refusal()
        grant.uses += 1
        return give(wallet, grant, clock, next)
      }
      if (broken !== 'reuse') grant.isEnded = true
      return refusal()
    }
  }

  function approve(move: Move, isDevice: boolean, kind: Kind, person: string): void {
    const number = grants++
    const client = `app-${number}`
    const session = `s-${number % 3}-${endedSessions.size}`
    const outlives = move.pick % 5 === 0
    const origin = { client, session, person, outlives }
    const name1 = name(isDevice ? 'd' : 'c')
    const asked = isDevice ? { what: 'device', by: `${client}/0`, client } : { what: 'approved', by: person, ...origin }
    ask(move, asked, (clock) => {
      if (endedSessions.has(session)) return { answer: { status: 303, error: 'login_required' } }
      const grant: Grant = {
        ...origin,
        kind,
        approvedAt: clock,
        generation: 0,
        since: 0,
        bound: '',
        uses: 0,
        isEnded: false,
      }
      const code: Code = { name: name1, grant, exp: clock + (BEGUN.codeLife ?? 0), isDevice, isAllowed: !isDevice }
      return {
        answer: { status: isDevice ? 200 : 303, code: name1 } as Partial<Token> & { status: number },
        keep() {
          const key = kind === 'bound' || kind === 'moving' ? { key: `k-${number}` } : {}
          wallets.push({ by: client, isThief: false, ...key, codes: [code], refresh: [] })
          if (!isDevice) return
          ask({ ...move, fate: 'answered' }, { what: 'device', by: person, ...origin, code: name1 }, () => {
            code.isAllowed = true
            return { answer: { status: 200 } }
          })
        },
      }
    })
  }

  function act(move: Move): void {
    const { does, pick } = move
    const owner = chosen(
      wallets.filter(({ isThief }) => !isThief),
      pick,
    )
    switch (does) {
      case 'approve':
      case 'device':
        approve(move, does === 'device', KINDS[pick % 4] as Kind, `person-${pick % 2}`)
        break
      case 'clock':
      case 'cut':
        harm(move, does)
        break
      case 'steal':
        if (owner !== undefined) steal(owner, pick)
        break
      case 'redeem':
      case 'refresh':
        show(move, does)
        break
      case 'open':
        open(move)
        break
      case 'revoke access':
        takeBack(move, owner)
        break
      default:
        end(move, does, owner)
    }
  }

  function harm({ pick, process }: Move, does: 'clock' | 'cut'): void {
    const lasts = 1000 + (pick % 300) * 1000
    // A clock may be off by as much as was promised, and now and then by more.
    const seconds = (pick % 2 === 0 ? 1 : -1) * (pick % 7 === 0 ? 40 : pick % 10)
    const what = does === 'clock' ? { to: `p${process}`, fault: does, seconds } : { to: 'verifier', fault: does }
    const fault: Fault = { what: 'fault', at: now, until: now + lasts, ...what }
    faults.push(fault)
    write(now, fault)
  }

  function steal(owner: Wallet, pick: number): void {
    const has = { codes: [...owner.codes], refresh: [...owner.refresh] }
    const key = pick % 3 === 0 ? { key: 'k-thief' } : {}
    wallets.push({ by: `thief-${count++}`, isThief: true, ...key, ...has })
  }

  function show(move: Move, does: 'redeem' | 'refresh'): void {
    const { pick, process } = move
    const wallet = chosen(wallets, pick)
    const shown = does === 'redeem' ? wallet?.codes.at(-1) : newest(wallet?.refresh ?? [], Math.floor(pick / 8))
    if (wallet === undefined || shown === undefined) return
    const { client, kind } = shown.grant
    // Who moves into a key proves it from some time on.
    const isMoved = kind === 'moving' && does === 'refresh' && (wallet.refresh.length > 1 || pick % 2 === 0)
    const key = wallet.isThief || kind === 'bound' || isMoved ? (wallet.key ?? '') : ''
    const isFirst = 'isDevice' in shown
    const grant = isFirst ? (shown.isDevice ? 'device_code' : 'authorization_code') : 'refresh_token'
    const line = {
      what: 'token',
      by: wallet.isThief ? wallet.by : `${client}/${process}`,
      client,
      grant,
      shown: shown.name,
      isThief: wallet.isThief,
      ...(key === '' ? {} : { key }),
      ...(kind === 'confidential' ? { isConfidential: true } : {}),
    }
    ask(move, line, isFirst ? redeem(wallet, shown, key) : refresh(wallet, shown, key))
  }

  function tellVerifiers(hits: (token: Access) => boolean): void {
    if (broken !== 'list') list.push({ at: now, hits })
  }

  function takeBack(move: Move, owner: Wallet | undefined): void {
    const { client } = owner?.refresh.at(-1)?.grant ?? {}
    const one = chosen(
      access.filter(({ grant }) => grant.client === client),
      move.pick,
    )
    if (one === undefined) return
    ask(move, { what: 'ended', by: `${client}/0`, how: 'revoke', of: one.name }, () => {
      tellVerifiers((other) => other === one)
      return { answer: { status: 200 } }
    })
  }

  function end(move: Move, does: 'revoke' | 'logout' | 'operator', owner: Wallet | undefined): void {
    const token = owner?.refresh.at(-1)
    if (token === undefined) return
    const { grant } = token
    const of = { revoke: token.name, logout: grant.session, operator: grant.person }[does]
    const by = does === 'revoke' ? `${grant.client}/0` : 'somebody'
    ask(move, { what: 'ended', by, how: does, of }, (clock) => {
      if (does === 'logout') endedSessions.add(of)
      if (does === 'revoke') grant.isEnded = true
      if (does === 'revoke') tellVerifiers((other) => other.grant === grant)
      if (does === 'operator') endedPersons.push({ person: grant.person, at: now, clock })
      if (does === 'operator') tellVerifiers((other) => other.grant.person === of && other.iat < clock + 10)
      return { answer: { status: 200 } }
    })
  }

  function open(move: Move): void {
    const token = chosen(access, move.pick)
    if (token === undefined) return
    const begun = now
    const cut = faults.find((one) => one.fault !== 'clock' && one.at <= now && now <= one.until)
    const hears = move.pick % 5 !== 0
    // The list is some seconds old; where nothing can be heard, from before that.
    const heardAt = Math.min(now, cut?.at ?? now) - (move.pick % BEGUN.revocationBound) * 1000
    const isStale = hears && now - heardAt > BEGUN.maxStale * 1000 && broken !== 'deaf verifier'
    const clock = Math.floor(now / 1000)
    const isLive = clock <= token.exp && token.iat <= clock + BEGUN.skew
    const isHit = hears && list.some((one) => one.at <= heardAt && one.hits(token))
    const status = isStale ? 503 : isLive && !isHit && !(broken === 'opening' && move.pick % 3 === 0) ? 200 : 401
    at(begun + 1, () =>
      write(now, {
        what: 'opened',
        at: begun,
        until: now,
        by: 'api',
        to: hears ? 'v1' : 'v2',
        status,
        access: token.name,
        hears,
      }),
    )
  }

  function run(): void {
    while (queue.length > 0) {
      queue.sort((one, other) => one.at - other.at)
      const next = queue.shift()
      now = next?.at ?? now
      next?.run()
    }
  }

  write(-1, BEGUN)
  let time = 0
  for (const move of moves) {
    time += move.wait
    at(time, () => act(move))
  }
  run()
  now += 100_000
  write(now, { what: 'quiet', at: now })
  for (const move of moves.filter(({ does }) => does === 'approve')) {
    const more = { ...move, wait: 0, there: 5, back: 5 }
    at(now + 10, () => {
      const by = `again-${count++}`
      const asked = { what: 'registered', by, client: name('client') }
      const failed = broken === 'way on' ? move.pick % 3 !== 0 : false
      ask({ ...more, fate: '503 there' }, asked, () => ({ answer: { status: 201 } }))
      if (failed) at(now + 1500, () => ask({ ...more, fate: '503 there' }, asked, () => ({ answer: { status: 201 } })))
      at(now + 3000, () =>
        ask({ ...more, fate: failed ? '503 there' : 'answered' }, asked, () => ({ answer: { status: 201 } })),
      )
    })
  }
  run()
  write(now + 1, { what: 'over', at: now + 1 })
  return lines.map(({ line }) => line)
}
