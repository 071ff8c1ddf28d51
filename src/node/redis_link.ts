/**
 * A connection to Redis that does not stay a dead one: one that says nothing any more is given up, and another one made.
 *
 * @module
 */

import { type SendCommand, StoreError } from '../stores/index.ts'

/** The driver. */
type Redis = typeof import('redis')

/** Milliseconds after which an answer is of no use any more: whoever asks a guard has given up. */
const PATIENCE = 1400

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
 * @throws {StoreError} when it cannot be reached
 */
export async function openRedisLink({ createClient }: Redis, url: string): Promise<RedisLink> {
  /** Whether it was reached once: then it is tried for ever. */
  let isOpen = false

  function make() {
    const made = createClient({
      url,
      // What waits for a connection would be sent when nobody waits for it any more.
      disableOfflineQueue: true,
      socket: { connectTimeout: PATIENCE, reconnectStrategy: (tries) => isOpen && Math.min(50 * 2 ** tries, 1000) },
    })
    // What is wrong is heard by who asks; without a listener the process would end.
    made.on('error', () => {})
    made.on('connect', () => setTimeout(() => !made.isReady && giveUp(made), PATIENCE).unref())
    return made
  }

  let client = make()
  /** Takes another connection for one that says nothing. The driver would wait until the system sees that nobody is there, for minutes. */
  function giveUp(silent: typeof client): void {
    if (silent !== client || !isOpen) return
    silent.destroy()
    client = make()
    client.connect().catch(() => {})
  }

  const send: SendCommand = async (command) => {
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
