/**
 * Says at once what survives, while the rest still runs.
 *
 * @module
 */

import { relative } from 'node:path'

/** What is used here of Stryker's `MutantResult`. */
interface Tested {
  readonly fileName: string
  readonly location: { readonly start: { readonly line: number } }
  readonly replacement?: string
  readonly status: string
}

/** Plugins of Stryker: one, a reporter. */
export const strykerPlugins: readonly object[] = [
  {
    kind: 'Reporter',
    name: 'survivors',
    value: {
      onMutantTested({ fileName, location, replacement = '', status }: Tested): void {
        if (status === 'Survived' || status === 'NoCoverage' || status === 'Timeout')
          process.stderr.write(
            `${status} ${relative('.', fileName)}:${location.start.line} ${replacement.replace(/\s+/g, ' ')}\n`,
          )
      },
    },
  },
]
