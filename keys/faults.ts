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
  /** What was wrong until now. */
  readonly faults: readonly Error[]
  /** Returns what is read; nothing where that is wrong. */
  read<Value>(read: () => Value): Value | undefined
}

/** Returns a list without faults. What is thrown and is no word to the operator goes on its way. */
export function createFaultList(): FaultList {
  const faults: Error[] = []
  return {
    faults,
    read(read) {
      try {
        return read()
      } catch (error) {
        if (error instanceof Faults) faults.push(...error.faults)
        else if (error instanceof TypeError || error instanceof RangeError) faults.push(error)
        else throw error
        return undefined
      }
    },
  }
}

/**
 * Reads all of these, each by its name.
 *
 * @param list has what was wrong before; all is thrown together. Default: nothing was
 * @throws {TypeError | RangeError} the one fault, or all as {@link Faults}
 */
export function readAll<Readers extends Readonly<Record<string, () => unknown>>>(
  readers: Readers,
  list: FaultList = createFaultList(),
): { readonly [Name in keyof Readers]: ReturnType<Readers[Name]> } {
  const values = Object.entries(readers).map(([name, read]) => [name, list.read(read)] as const)
  const [first, ...others] = list.faults
  if (first !== undefined) throw others.length === 0 ? first : new Faults(list.faults)
  return Object.fromEntries(values) as never
}

/**
 * Reads each of a list.
 *
 * @throws {TypeError | RangeError} as {@link readAll}
 */
export function readEach<Item, Value>(
  items: readonly Item[],
  read: (item: Item, index: number) => Value,
): readonly Value[] {
  return Object.values(readAll(Object.fromEntries(items.map((item, index) => [index, () => read(item, index)]))))
}
