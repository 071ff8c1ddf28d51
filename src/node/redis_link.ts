/**
 * A connection to Redis that does not stay a dead one: one that says nothing any more is given up, and another one made.
 *
 * @module
 */

import { type SendCommand, StoreError } from '../stores/index.ts'
import { PATIENCE } from '../stores/store_calls.ts'

/** The driver. */
type Redis = typeof import('redis')

/**
 * Milliseconds that a command waits for a connection that is made anew: so a call that is tried once more finds one. What waits is sent while its
 * asker waits for it, or never; a queue of the driver's would send it whenever there is a connection again.
 */
const WAIT = 600

/** Milliseconds between two looks at a connection by which nobody asks. */
const LOOK = 5000

/** A connection. */
export interface RedisLink {
  readonly send: SendCommand
  close(): void
}

/**
 * Connects to Redis.
 *
 * @param url its URL, as the driver takes it
 * @throws {RangeError} when the driver cannot read the URL
 * @throws {StoreError} when it cannot be reached
 */
export async function openRedisLink({ createClient }: Redis, url: string): Promise<RedisLink> {
  /** Whether it was reached once: then it is tried for ever. */
  let isOpen = false
  const waiting = new Set<() => void>()

  function make() {
    const made = createClient({
      url,
      // What waits for a connection would be sent when nobody waits for it any more.
      disableOfflineQueue: true,
      socket: { connectTimeout: PATIENCE, reconnectStrategy: (tries) => isOpen && Math.min(50 * tries, 1000) },
    })
    // What is wrong is heard by who asks; without a listener the process would end.
    made.on('error', () => {})
    made.on('ready', () => {
      for (const go of waiting) go()
    })
    made.on('connect', () => setTimeout(() => !made.isReady && giveUp(made), PATIENCE).unref())
    return made
  }

  let client: ReturnType<typeof make>
  try {
    client = make()
  } catch {
    throw new RangeError(
      'the URL of Redis cannot be read: a % that is none is %25, and its path is the number of a database',
    )
  }
  /** Takes another connection for one that says nothing. The driver would wait until the system sees that nobody is there, for minutes. */
  function giveUp(silent: typeof client): void {
    if (silent !== client || !isOpen) return
    silent.destroy()
    client = make()
    client.connect().catch(() => {})
  }

  async function connected(): Promise<void> {
    if (client.isReady) return
    await new Promise<void>((resolve) => {
      const go = (): void => {
        clearTimeout(timer)
        waiting.delete(go)
        resolve()
      }
      const timer = setTimeout(go, WAIT)
      waiting.add(go)
    })
  }

  const send: SendCommand = async (command) => {
    await connected()
    const asked = client
    const timer = setTimeout(() => giveUp(asked), PATIENCE)
    try {
      return await asked.sendCommand([...command])
    } finally {
      clearTimeout(timer)
    }
  }

  try {
    await client.connect()
  } catch (cause) {
    client.destroy()
    throw new StoreError('connection', 'Redis cannot be reached', { cause })
  }
  isOpen = true
  const looking = setInterval(() => void send(['PING'], '').catch(() => {}), LOOK).unref()
  return {
    send,
    close() {
      isOpen = false
      clearInterval(looking)
      client.destroy()
    },
  }
}
