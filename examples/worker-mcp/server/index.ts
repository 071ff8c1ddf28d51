/** The Worker of the MCP server. */
import { createServer, type Settings } from './mcp.ts'

let server: ReturnType<typeof createServer> | undefined

export default {
  fetch(request: Request, env: Settings): Response | Promise<Response> {
    server ??= createServer(env)
    return server.fetch(request)
  },
}
