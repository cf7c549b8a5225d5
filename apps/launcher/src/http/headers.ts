import type { IncomingHttpHeaders } from 'node:http';

/** RFC 9110 §7.6.1: these speak of one connection, not of the message. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

type Headers = Record<string, string | string[]>;

/** `expect` was answered by our own server; `host` names us, not the runtime. */
const requestOnly: ReadonlySet<string> = new Set(['expect', 'host', 'content-length']);

/** Lets exactly one request through before readiness: the launcher's own, with a secret of this process. */
export const canaryHeader = 'x-kaito-canary';

export function requestHeaders(incoming: IncomingHttpHeaders): Headers {
  const headers = endToEnd(incoming);
  for (const name of requestOnly) delete headers[name];
  delete headers[canaryHeader];
  return headers;
}

export function responseHeaders(incoming: IncomingHttpHeaders): Headers {
  return endToEnd(incoming);
}

function endToEnd(incoming: IncomingHttpHeaders): Headers {
  const named = new Set((incoming.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const headers: Headers = {};
  for (const [name, value] of Object.entries(incoming)) {
    if (value === undefined || hopByHop.has(name) || named.has(name)) continue;
    headers[name] = value;
  }
  return headers;
}
