/**
 * A pool of Vitest with one thread, which outlives a run: what its files import is read once.
 *
 * @module
 */

import { type PoolOptions, type PoolWorker, ThreadsPoolWorker } from 'vitest/node'

/** A thread that is kept from run to run. */
export interface KeptThread {
  /** What `pool` takes, of Vitest's settings. */
  readonly pool: { readonly name: string; createPoolWorker(options: PoolOptions): PoolWorker }
  /** Has what is run meanwhile run in a thread of its own, which ends then. */
  withOther<Result>(run: () => Promise<Result>): Promise<Result>
  /** Ends the thread: the next run has a new one. */
  drop(): Promise<void>
  /** Tells whether the last run was ended because its thread said nothing for too long. */
  wasSilent(): boolean
}

type Listener = Parameters<PoolWorker['on']>

const NAME = 'kept'

/** What Vitest's worker answers when it has stopped. */
const STOPPED = { type: 'stopped', __vitest_worker_response__: true }

/**
 * Returns a pool whose thread lives until it is dropped.
 *
 * @param patience milliseconds for which a thread that runs may say nothing: one that loops is ended then
 */
export function keepThread(patience: number): KeptThread {
  let thread: ThreadsPoolWorker | undefined
  let isSilent = false
  let over: Promise<void> = Promise.resolve()

  async function end(): Promise<void> {
    const ended = thread
    thread = undefined
    await ended?.stop()
  }

  /** Vitest has a worker for each run: here they share one thread, one after the other. */
  function createPoolWorker(options: PoolOptions): PoolWorker {
    const { promise, resolve } = Promise.withResolvers<void>()
    const before = over
    over = promise
    const listeners: Listener[] = []
    let mine: ThreadsPoolWorker | undefined
    let isOver = false
    let watch: NodeJS.Timeout | undefined
    return {
      name: NAME,
      async start() {
        await before
        isSilent = false
        if (thread === undefined) {
          thread = new ThreadsPoolWorker(options)
          await thread.start()
        }
        mine = thread
        watch = setTimeout(() => {
          isSilent = true
          void end()
        }, patience)
        this.on('message', () => watch?.refresh())
        // Vitest does not stop a worker that is gone.
        this.on('exit', () => {
          clearTimeout(watch)
          if (thread === mine) thread = undefined
          resolve()
        })
      },
      async stop() {
        clearTimeout(watch)
        if (thread === mine) for (const listener of listeners) mine?.off(...listener)
        // One that Vitest gave up is of no use to the next.
        if (!isOver) await end()
        resolve()
      },
      on(...listener) {
        listeners.push(listener)
        mine?.on(...listener)
      },
      off(...listener) {
        if (thread === mine) mine?.off(...listener)
      },
      send(message) {
        // A thread that was told to stop listens no more.
        if (message.type !== 'stop') {
          if (thread === mine) mine?.send(message)
          return
        }
        isOver = true
        for (const [event, listener] of [...listeners]) if (event === 'message') listener(STOPPED)
      },
      deserialize: (data) => data,
    }
  }

  return {
    pool: { name: NAME, createPoolWorker },
    async withOther(run) {
      await over
      const kept = thread
      thread = undefined
      try {
        return await run()
      } finally {
        await over
        await end()
        thread = kept
      }
    },
    async drop() {
      await over
      await end()
    },
    wasSilent: () => isSilent,
  }
}
