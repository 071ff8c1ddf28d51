/** `npm run dev`: issuer and server by `wrangler dev`, each at a port of this machine. What is saved is in force at once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { watchFile, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ISSUER, localSettings, SERVER, writeSecrets } from './local.ts'

const PLACES = { issuer: ISSUER, server: SERVER }
const wrangler = fileURLToPath(new URL('../bin/wrangler.js', import.meta.resolve('wrangler')))
const children: ChildProcess[] = []

function end(code: number): void {
  for (const child of children) child.kill()
  process.exitCode ??= code
}

function writeConfigs(): void {
  for (const [folder, config] of Object.entries(localSettings()))
    writeFileSync(`${folder}/wrangler.dev.json`, JSON.stringify(config, undefined, 2))
}

writeSecrets()
if (!process.argv.includes('--secrets')) {
  writeConfigs()
  for (const [folder, url] of Object.entries(PLACES)) {
    watchFile(`${folder}/wrangler.toml`, { interval: 500, persistent: false }, () => {
      try {
        writeConfigs()
      } catch (error) {
        console.error(`wrangler.toml: ${(error as Error).message}`)
      }
    })
    const args = [
      wrangler,
      'dev',
      '-c',
      `${folder}/wrangler.dev.json`,
      '--port',
      new URL(url).port,
      '--inspector-port',
      '0',
    ]
    const env = { WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false', ...process.env }
    children.push(spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], env }))
  }
  for (const child of children) child.on('exit', (code) => end(code ?? 0))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end(0))
  const isUp = (url: string) =>
    fetch(url).then(
      () => true,
      () => false,
    )
  for (const url of Object.values(PLACES))
    while (process.exitCode === undefined && !(await isUp(url)))
      await new Promise((resolve) => setTimeout(resolve, 250))
  if (process.exitCode === undefined)
    console.log(`\nThe issuer is at ${ISSUER}, and what it protects at ${SERVER}: README.md says what to ask them.\n`)
}
