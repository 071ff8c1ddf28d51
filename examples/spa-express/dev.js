/** Starts the issuer, the API and the app. Ctrl-C ends all three, and so does the end of one. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const BIN = 'node_modules/.bin/'
const options = { stdio: 'inherit', env: { ...process.env, KEY_RING_FILE: 'ring.json' } }

if (!existsSync('ring.json'))
  spawnSync(`${BIN}bulla`, ['keys', 'init', '--out', 'ring.json'], { ...options, stdio: 'ignore' })

const programs = [
  [`${BIN}bulla`, 'serve', '--settings', 'bulla.toml'],
  ['node', 'server.ts'],
  [`${BIN}vite`, '--port', '5173', '--strictPort'],
]
for (const [program, ...args] of programs) {
  const child = spawn(program, args, options)
  child.on('error', () => process.exit(1)).on('exit', () => process.exit(1))
  process.on('exit', () => child.kill())
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0))
