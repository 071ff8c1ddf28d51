/**
 * The libraries by which agents connect to MCP servers, each used as its documentation says.
 *
 * @module
 */

import { auth as aiAuth, createMCPClient } from '@ai-sdk/mcp'
import { Client as Client2, StreamableHTTPClientTransport as Transport2 } from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { App } from './app.ts'

/** Calls the server's tool as an app, and returns what it said; whoever must log in for that does. */
export type CallTool = (url: string, app: App) => Promise<Caller>

/** What the tool says of who called. */
export interface Caller {
  readonly sub: string
  readonly client_id: string
  readonly scope: readonly string[]
}

const WHO = { name: 'an-agent', version: '1.0.0' } as const

/** A client of one of MCP's own SDKs. */
interface SdkClient<Transport> {
  connect(transport: Transport): Promise<void>
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>
  close(): Promise<void>
}

function read(result: unknown): Caller {
  const { content } = result as { content: [{ text: string }] }
  return JSON.parse(content[0].text)
}

/** Tells whether a person has been sent for since, and came back with an answer. */
function answerOf(app: App, before: number): URLSearchParams {
  if (app.sent === before || app.arrived?.status !== 0) throw new Error(`nobody came back: ${app.arrived?.text}`)
  return app.arrived.url.searchParams
}

/** Returns how a client of one of MCP's own SDKs calls a tool. */
function bySdk<Transport>(
  newClient: () => SdkClient<Transport>,
  newTransport: (url: URL, authProvider: object) => Transport,
  finish: (transport: Transport, answer: URLSearchParams) => Promise<void>,
): CallTool {
  return async (url, app) => {
    const once = async (): Promise<{ called: Caller } | { transport: Transport; error: unknown }> => {
      const client = newClient()
      const transport = newTransport(new URL(url), app.provider)
      try {
        await client.connect(transport)
        return { called: read(await client.callTool({ name: 'whoami', arguments: {} })) }
      } catch (error) {
        return { transport, error }
      } finally {
        await client.close()
      }
    }
    const before = app.sent
    const first = await once()
    if ('called' in first) return first.called
    if (app.sent === before) throw first.error
    await finish(first.transport, answerOf(app, before))
    const second = await once()
    if ('called' in second) return second.called
    throw second.error
  }
}

async function byAiSdk(url: string, app: App): Promise<Caller> {
  const authProvider = app.provider as never
  const once = async (): Promise<Caller> => {
    const client = await createMCPClient({ transport: { type: 'http', url, authProvider } })
    try {
      const { whoami } = await client.tools()
      return read(await whoami?.execute?.({}, { toolCallId: '1', messages: [] } as never))
    } finally {
      await client.close()
    }
  }
  const before = app.sent
  try {
    return await once()
  } catch (error) {
    if (app.sent === before) throw error
  }
  const answer = answerOf(app, before)
  const said = {
    authorizationCode: answer.get('code') ?? '',
    callbackState: answer.get('state') ?? '',
    callbackIssuer: answer.get('iss') ?? '',
  }
  await aiAuth(authProvider, { serverUrl: url, ...said })
  return once()
}

/** The libraries, by name and version. */
export const LIBRARIES: Readonly<Record<string, CallTool>> = {
  '@modelcontextprotocol/sdk 1.32': bySdk(
    () => new Client1(WHO) as SdkClient<Transport1>,
    (url, authProvider) => new Transport1(url, { authProvider: authProvider as never }),
    (transport, answer) => transport.finishAuth(answer.get('code') ?? ''),
  ),
  '@modelcontextprotocol/client 2.4': bySdk(
    () => new Client2(WHO) as SdkClient<Transport2>,
    (url, authProvider) => new Transport2(url, { authProvider: authProvider as never }),
    (transport, answer) => transport.finishAuth(answer),
  ),
  '@ai-sdk/mcp 2.0': byAiSdk,
}
