/**
 * What one process does to the same thing at the same time, one after the other.
 *
 * @module
 */

/** Runs when all have settled that came before under the same name, or their time is over. */
export type InTurn = <Answer>(name: string, run: () => Promise<Answer>) => Promise<Answer>

/**
 * Returns what takes turns by name.
 *
 * @param patience milliseconds that others wait for one that does not settle
 */
export function createTurns(patience: number): InTurn {
  const last = new Map<string, Promise<void>>()
  return (name, run) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(run)
    const settled = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patience)
      const settle = (): void => {
        clearTimeout(timer)
        resolve()
      }
      turn.then(settle, settle)
    }).then(() => {
      if (last.get(name) === settled) last.delete(name)
    })
    last.set(name, settled)
    return turn
  }
}
