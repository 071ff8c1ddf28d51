/** What login.mjs gives, as far as our tests use it. */
export function drive(
  url: string,
  redirectUri: string,
  options?: { hosts?: string[]; fields?: Record<string, string>; consent?: 'allow' | 'deny' },
): Promise<{ callback?: string; trace: string[]; html?: string; status?: number }>
