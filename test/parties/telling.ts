/**
 * An issuer that tells what happens, and who reads it.
 *
 * @module
 */

import type { IssuerEvent, IssuerSettings } from '../../src/index.ts'
import { NOW, testIssuer } from '../fixtures.ts'
import type { Ask } from './person.ts'

/** Both sides. */
export interface Telling {
  readonly ask: Ask
  readonly now: () => number
  /** Returns what was told since it was asked last. */
  take(): Promise<readonly IssuerEvent[]>
}

/** Returns an event in a line: its type, and where it did not go well, how it ended and why. */
export function lineOf({ type, outcome, reason }: IssuerEvent): string {
  return [type, ...(outcome === 'ok' ? [] : [outcome, reason])].join(' ')
}

/** Takes events, and waits for those of answers that were given. */
export function createReader() {
  let told: IssuerEvent[] = []
  return {
    onEvent: (event: IssuerEvent): void => void told.push(event),
    async take(): Promise<readonly IssuerEvent[]> {
      // They are handed over after the answer: two turns later they all are there.
      for (const _ of [1, 2, 3]) await new Promise((resolve) => setTimeout(resolve))
      const taken = told
      told = []
      return taken
    },
  }
}

/** Returns an issuer at `NOW` that tells what happens. */
export function createTelling(changes: Partial<IssuerSettings> = {}): Telling {
  const { onEvent, take } = createReader()
  const issuer = testIssuer({ ...changes, onEvent })
  return { ask: (request) => issuer.fetch(request), now: changes.now ?? (() => NOW), take }
}
