/**
 * `bulla completion`: what a shell needs to complete calls of `bulla`. All that it knows stands in the script: no TAB starts Node.
 *
 * @module
 */

import type { Command } from './command.ts'
import { completeBash } from './completion_bash.ts'
import { completeFish } from './completion_fish.ts'
import { completeZsh } from './completion_zsh.ts'
import { EVERYWHERE } from './help.ts'

const SHELLS: Readonly<Record<string, (commands: readonly Command[], about: (first: string) => string) => string>> = {
  bash: completeBash,
  zsh: completeZsh,
  fish: completeFish,
}

/**
 * Returns the command that prints completions.
 *
 * @param commands all commands, this one among them
 * @param about what is said of a first word that begins several
 */
export function completionOf(commands: () => readonly Command[], about: (first: string) => string): Command {
  return {
    call: 'completion',
    operand: 'SHELL',
    choices: Object.keys(SHELLS),
    summary: 'prints what bash, zsh or fish needs to complete calls of bulla',
    details: [
      'bash: write the example into ~/.bashrc.',
      'zsh: bulla completion zsh > ~/.zsh/_bulla, where ~/.zsh is in fpath; or the example, with zsh, behind compinit in ~/.zshrc.',
      'fish: bulla completion fish > ~/.config/fish/completions/bulla.fish',
    ].join('\n'),
    options: {},
    example: { line: 'eval "$(bulla completion bash)"' },
    async run(_values, shell, io) {
      const all = commands().map((command) => ({
        ...command,
        options: { ...command.options, ...EVERYWHERE, ...command.options },
      }))
      io.out(SHELLS[shell]?.(all, about) ?? '')
      return 0
    },
  }
}
