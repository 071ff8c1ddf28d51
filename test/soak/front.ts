/**
 * How clients reach the issuer: by one of its processes, as a balancer sends them there, and by the link before it.
 *
 * @module
 */

import { Agent, request as requestOf } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { answerOf, forwarded } from '../parties/drive/transport.ts'
import type { Chance } from './chance.ts'
import type { Recorder } from './recorder.ts'
import type { Server } from './system.ts'

/** Milliseconds after which whoever asked gives up. */
const PATIENCE = 6_000

/** Milliseconds in which nobody is sent to a process that gave no answer, while another gives one: what a balancer does. */
const SPARED = 1_000

/** An answer, or that there is none. Instants are those of the history. */
export interface Heard {
  readonly at: number
  readonly until: number
  readonly to: string
  /** 0 where none came. */
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Who asks. */
export interface Asker {
  /** Whether it needs what the previous version has not. Default: false. */
  readonly isNew?: boolean
}

/** The way to the issuer. */
export interface Front {
  /** Asks one of its processes; it never throws. */
  ask(request: Request, asker?: Asker): Promise<Heard>
}

/** Asks by a link, and settles with the answer when all of it is there. */
async function askBy(port: number, agent: Agent, asked: Request): Promise<Response> {
  const { path, headers } = forwarded(asked)
  const { method } = asked
  const body = Buffer.from(await asked.arrayBuffer())
  const sent = body.length > 0 ? { ...headers, 'content-length': String(body.length) } : headers
  return new Promise<Response>((resolve, reject) => {
    const call = requestOf({ host: '127.0.0.1', port, path, method, headers: sent, agent }, (response) => {
      const pairs = response.rawHeaders.flatMap((name, at, all) =>
        at % 2 === 0 ? [[name, all[at + 1] ?? ''] as const] : [],
      )
      buffer(response)
        .then((text) => resolve(answerOf(response.statusCode ?? 0, pairs, text)), reject)
        .finally(() => clearTimeout(timer))
    })
    const timer = setTimeout(() => call.destroy(new Error('nobody answers')), PATIENCE)
    call.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    asked.signal.addEventListener('abort', () => call.destroy(new Error('given up')), { once: true })
    call.end(body)
  })
}

/** Returns the way to these processes. */
export function createFront(servers: readonly Server[], recorder: Recorder, chance: Chance): Front {
  const spared = new Map<string, number>()
  const agents = new Map(servers.map(({ name }) => [name, new Agent({ keepAlive: true, maxSockets: 200 })]))

  async function choose(isNew: boolean): Promise<Server> {
    for (;;) {
      const able = servers.filter(({ version }) => !isNew || version() === 'current')
      const well = able.filter(({ name }) => (spared.get(name) ?? 0) <= recorder.now())
      if (able.length > 0) return chance.pick(well.length > 0 ? well : able)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  return {
    async ask(request, { isNew = false } = {}) {
      const { name, link } = await choose(isNew)
      const at = recorder.now()
      try {
        const answer = await askBy(link.port, agents.get(name) ?? new Agent(), request)
        const text = await answer.text()
        return { at, until: recorder.now(), to: name, status: answer.status, headers: answer.headers, text }
      } catch {
        spared.set(name, recorder.now() + SPARED)
        return { at, until: recorder.now(), to: name, status: 0, headers: new Headers(), text: '' }
      }
    },
  }
}
