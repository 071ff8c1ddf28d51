/** The same `fetch` handler in Node. */
import { readFileSync } from 'node:fs'
import { serve } from '@hono/node-server'
import worker from './fetch.ts'

const { ISSUER = '', PORT } = process.env
const env = { ISSUER, KEYS: readFileSync('keys.json', 'utf8') }

serve({ fetch: (request) => worker.fetch(request, env), port: Number(PORT) })
