/**
 * A wire that breaks on demand: between a driver and its server, or between two servers.
 *
 * @module
 */

import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A proxy of TCP to one port of this machine. */
export interface CuttingProxy {
  readonly port: number
  /** Breaks the connection in the middle of the next answer: what was asked is done, and nobody hears of it. Settles then. */
  cutAnswer(): Promise<void>
  /** Breaks every connection, now, and no answer later: who waits for one that is cut short waits no more. */
  cutAll(): void
  /** Swallows the next question with these letters in it, and lets nothing through any more. Settles then. */
  holdAt(letters: string): Promise<void>
  /** Lets nothing through any more, though all connections stand. */
  hold(): void
  /** Lets through what was held, and all that comes. */
  release(): void
  /** Lets nothing through any more by the connections that stand, though nobody hears of that; new ones are as ever. */
  forget(): void
  /** Lets everything through so many milliseconds later, in its order; 0 at once again. */
  delay(milliseconds: number): void
  /** How many connections there were until now. */
  connections(): number
  stop(): Promise<void>
}

/** Returns what does one thing after the other, each as late as it is to be when it comes. */
function createLateness(milliseconds: () => number): (act: () => void) => void {
  let before: Promise<void> | undefined
  return (act) => {
    const wait = milliseconds()
    if (wait === 0 && before === undefined) return act()
    const due = performance.now() + wait
    const own: Promise<void> = (before ?? Promise.resolve()).then(async () => {
      const left = due - performance.now()
      if (left > 0) await new Promise((resolve) => setTimeout(resolve, left))
      act()
      if (before === own) before = undefined
    })
    before = own
  }
}

/** Starts a proxy before a port. */
export async function startCuttingProxy(before: number): Promise<CuttingProxy> {
  const pairs = new Map<Socket, Socket>()
  const cuts: (() => void)[] = []
  let isHeld = false
  let lateness = 0
  let count = 0
  let awaited: { readonly letters: string; readonly swallowed: () => void } | undefined

  const server = createServer((client) => {
    const upstream = connect(before, '127.0.0.1')
    pairs.set(client, upstream)
    count++
    const end = (): void => {
      pairs.delete(client)
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true).on('error', end).on('close', end)
      if (isHeld) socket.pause()
    }
    const [there, back] = [createLateness(() => lateness), createLateness(() => lateness)]
    client.on('data', (asked) => {
      if (awaited === undefined || !asked.includes(awaited.letters)) return there(() => upstream.write(asked))
      const { swallowed } = awaited
      awaited = undefined
      hold()
      swallowed()
    })
    upstream.on('data', (answer) => {
      const cut = cuts.shift()
      if (cut === undefined) return back(() => client.write(answer))
      upstream.removeAllListeners('data').resume()
      client.write(answer.subarray(0, Math.floor(answer.length / 2)), () => {
        end()
        cut()
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const each = (act: (socket: Socket) => void): void => {
    for (const pair of pairs) for (const socket of pair) act(socket)
  }
  function hold(): void {
    isHeld = true
    each((socket) => socket.pause())
  }
  return {
    port: (server.address() as AddressInfo).port,
    cutAnswer: () => new Promise((resolve) => cuts.push(resolve)),
    cutAll() {
      each((socket) => socket.destroy())
      for (const cut of cuts.splice(0)) cut()
    },
    holdAt: (letters) =>
      new Promise((swallowed) => {
        awaited = { letters, swallowed }
      }),
    hold,
    release() {
      isHeld = false
      each((socket) => socket.resume())
    },
    forget: () => each((socket) => socket.removeAllListeners('data').removeAllListeners('end').pause()),
    delay(milliseconds) {
      lateness = milliseconds
    },
    connections: () => count,
    async stop() {
      const stopped = new Promise((resolve) => server.close(resolve))
      each((socket) => socket.destroy())
      await stopped
    },
  }
}
