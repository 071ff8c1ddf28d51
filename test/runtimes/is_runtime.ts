/** Nothing is tested where the runtime is another than the one that was asked for. */
const wanted = process.env['RUNTIME'] ?? ''
if (!navigator.userAgent.startsWith(`${wanted}/`)) throw new Error(`not ${wanted}, but ${navigator.userAgent}`)
