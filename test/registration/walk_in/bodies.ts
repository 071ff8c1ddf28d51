/**
 * What clients in the field send when they register, as far as it is public: in their sources, or as servers wrote it down that
 * were asked. And what is different in the answer.
 *
 * @module
 */

/** A client that registers. */
export interface RegisteringClient {
  readonly client: string
  readonly body: Readonly<Record<string, unknown>>
  /** What the answer says otherwise than the body; `undefined` for what it does not say. */
  readonly answer: Readonly<Record<string, unknown>>
}

const GRANTS = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] }
const PUBLIC = { ...GRANTS, token_endpoint_auth_method: 'none' }

/** The scope that a client may have that asks for none, or for what nobody knows: at the issuer of the tests. */
const ALL = { scope: 'read write' }
const NONE = { scope: undefined }

/** The clients. */
export const REGISTERING_CLIENTS: readonly RegisteringClient[] = [
  {
    client: 'VS Code',
    body: {
      client_name: 'Visual Studio Code',
      client_uri: 'https://code.visualstudio.com',
      redirect_uris: [
        'https://insiders.vscode.dev/redirect',
        'https://vscode.dev/redirect',
        'http://127.0.0.1/',
        'http://127.0.0.1:33418/',
      ],
      ...PUBLIC,
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      application_type: 'native',
      scope: 'read offline_access',
    },
    answer: { client_uri: undefined, ...GRANTS, scope: 'read' },
  },
  {
    client: 'Cursor',
    body: {
      client_name: 'Cursor',
      redirect_uris: [
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'https://www.cursor.com/agents/mcp/oauth/callback',
        'http://localhost:8787/callback',
      ],
      ...PUBLIC,
      application_type: 'web',
    },
    answer: ALL,
  },
  {
    client: 'Cline',
    body: {
      client_name: 'Cline',
      client_uri: 'https://cline.bot',
      redirect_uris: ['vscode://saoudrizwan.claude-dev/mcp-auth/callback/9f86d081884c7d65'],
      ...PUBLIC,
      software_id: 'cline',
      scope: 'openid',
    },
    answer: { ...NONE, client_uri: undefined, software_id: undefined },
  },
  {
    client: 'claude.ai',
    body: {
      client_name: 'Claude',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      ...GRANTS,
      token_endpoint_auth_method: 'client_secret_post',
      scope: 'claudeai',
    },
    answer: NONE,
  },
  {
    client: 'Claude Code',
    body: {
      client_name: 'Claude Code (orders)',
      redirect_uris: ['http://localhost:3118/callback'],
      ...PUBLIC,
      application_type: 'native',
    },
    answer: ALL,
  },
  {
    client: 'ChatGPT',
    body: {
      client_name: 'ChatGPT',
      redirect_uris: ['https://chatgpt.com/connector/oauth/Hk3vYJq0tWcA'],
      ...GRANTS,
      token_endpoint_auth_method: 'client_secret_basic',
    },
    answer: ALL,
  },
  {
    client: 'Copilot Studio',
    body: {
      client_name: 'Orders',
      redirect_uris: ['https://global.consent.azure-apim.net/redirect/cr1a2b-5forders-5f0123456789abcdef'],
      ...GRANTS,
    },
    answer: { ...ALL, token_endpoint_auth_method: 'client_secret_basic' },
  },
  {
    client: 'Copilot CLI',
    body: {
      client_name: 'GitHub Copilot CLI',
      client_uri: 'https://github.com/github/copilot-cli',
      redirect_uris: ['http://127.0.0.1:33418/'],
      ...PUBLIC,
    },
    answer: { ...ALL, client_uri: undefined },
  },
  {
    client: 'Codex',
    body: {
      client_name: 'Codex',
      redirect_uris: ['http://127.0.0.1:37819/callback/6MFBM1In3Ey-'],
      ...PUBLIC,
      application_type: 'native',
    },
    answer: ALL,
  },
  {
    client: 'Gemini CLI',
    body: {
      client_name: 'Gemini CLI MCP Client',
      redirect_uris: ['http://localhost:7777/oauth/callback'],
      ...PUBLIC,
      code_challenge_method: ['S256'],
      scope: '',
    },
    answer: { ...ALL, code_challenge_method: undefined },
  },
  {
    client: 'goose',
    body: {
      client_name: 'goose',
      redirect_uris: ['http://127.0.0.1:54221/oauth_callback', 'http://[::1]:54221/oauth_callback'],
      ...PUBLIC,
      grant_types: ['authorization_code'],
    },
    answer: { ...ALL, ...GRANTS },
  },
  {
    client: 'the inspector',
    body: {
      client_name: 'MCP Inspector',
      client_uri: 'https://github.com/modelcontextprotocol/inspector',
      redirect_uris: ['http://localhost:6274/oauth/callback'],
      ...PUBLIC,
      scope: 'read write',
    },
    answer: { client_uri: undefined },
  },
  {
    client: "the inspector's CLI",
    body: { client_name: 'MCP Inspector', redirect_uris: ['http://127.0.0.1:6276/oauth/callback'], ...PUBLIC },
    answer: ALL,
  },
  {
    client: 'mcp-remote',
    body: {
      client_name: 'MCP CLI Client',
      client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
      redirect_uris: ['http://localhost:25198/oauth/callback'],
      ...PUBLIC,
      software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
      software_version: '0.15.1',
      scope: 'openid email profile',
    },
    answer: { ...NONE, client_uri: undefined, software_id: undefined, software_version: undefined },
  },
  {
    client: 'mcporter',
    body: { client_name: 'mcporter (orders)', redirect_uris: ['http://127.0.0.1:50123/callback'], ...PUBLIC },
    answer: ALL,
  },
  {
    client: "Python's mcp",
    body: {
      client_name: 'Orders agent',
      redirect_uris: ['http://localhost:3030/callback'],
      ...GRANTS,
    },
    answer: { ...ALL, token_endpoint_auth_method: 'client_secret_basic' },
  },
  {
    client: 'whoever writes null for what it has not',
    body: {
      client_name: null,
      redirect_uris: ['http://localhost:3030/callback'],
      ...GRANTS,
      token_endpoint_auth_method: null,
      scope: null,
      contacts: null,
      jwks: null,
    },
    answer: {
      ...ALL,
      client_name: undefined,
      token_endpoint_auth_method: 'client_secret_basic',
      contacts: undefined,
      jwks: undefined,
    },
  },
  {
    client: 'fastmcp',
    body: { client_name: 'FastMCP Client', redirect_uris: ['http://localhost:49999/callback'], ...GRANTS },
    answer: { ...ALL, token_endpoint_auth_method: 'client_secret_basic' },
  },
  {
    client: 'Home Assistant, and whoever sends members that are none',
    body: {
      redirect_uris: ['https://my.home-assistant.io/redirect/oauth'],
      ...PUBLIC,
      resource: 'https://api1.example',
      logo_uri: { a: [1] },
      require_auth_time: 'yes',
      jwks_uri: 7,
    },
    answer: {
      ...ALL,
      resource: undefined,
      logo_uri: undefined,
      require_auth_time: undefined,
      jwks_uri: undefined,
    },
  },
]
