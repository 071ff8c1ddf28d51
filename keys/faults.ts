/**
 * All that is wrong with what the operator wrote, at once: who mends a line at a time deploys as often.
 *
 * @module
 */

/** Several faults; the message has a line for each. */
export class Faults extends TypeError {
  readonly faults: readonly Error[]

  constructor(faults: readonly Error[]) {
    super(faults.map(({ message }) => message).join('\n'))
    this.faults = faults
  }
}

/** Reads one thing after the other, and keeps what is wrong until all was looked at. */
export interface FaultList {
  /** Returns what is read; nothing where that is wrong. */
  read<Value>(read: () => Value): Value | undefined
  /**
   * Throws what was wrong, if anything was.
   *
   * @throws {TypeError | RangeError} the one fault, or all as {@link Faults}
   */
  settle(): void
}

/** Returns a list without faults. What is thrown and is no word to the operator goes on its way. */
export function createFaultList(): FaultList {
  const found: Error[] = []
  return {
    read(read) {
      try {
        return read()
      } catch (error) {
        if (error instanceof Faults) found.push(...error.faults)
        else if (error instanceof TypeError || error instanceof RangeError) found.push(error)
        else throw error
        return undefined
      }
    },
    settle() {
      const [first, ...others] = found
      if (first !== undefined) throw others.length === 0 ? first : new Faults(found)
    },
  }
}

/**
 * Reads all of these, each by its name.
 *
 * @throws {TypeError | RangeError} all that is wrong with any
 */
export function readAll<Readers extends Readonly<Record<string, () => unknown>>>(
  readers: Readers,
): { readonly [Name in keyof Readers]: ReturnType<Readers[Name]> } {
  const faults = createFaultList()
  const values = Object.entries(readers).map(([name, read]) => [name, faults.read(read)] as const)
  faults.settle()
  return Object.fromEntries(values) as never
}

/**
 * Reads each of a list.
 *
 * @throws {TypeError | RangeError} all that is wrong with any
 */
export function readEach<Item, Value>(
  items: readonly Item[],
  read: (item: Item, index: number) => Value,
): readonly Value[] {
  const faults = createFaultList()
  const values = items.map((item, index) => faults.read(() => read(item, index)))
  faults.settle()
  return values as readonly Value[]
}
