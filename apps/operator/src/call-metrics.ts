import type { Transport, TransportRequest } from '@kaito-ts/kube-runtime';
import * as prometheus from 'prom-client';

/** What the API server is asked, and how fast it answers: client-go's names, since they mean the same. */
export function measureCalls(transport: Transport, registry: prometheus.Registry): Transport {
  const registers = [registry];
  const total = new prometheus.Counter({
    name: 'rest_client_requests_total',
    help: 'Calls of the API server, each try of its own; code is <error> for those without an answer',
    labelNames: ['code', 'method', 'resource'],
    registers,
  });
  const duration = new prometheus.Histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Time until the whole answer was there; of a watch, until it had begun',
    labelNames: ['verb', 'resource'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });

  async function measured<Answer extends { readonly status: number }>(
    request: TransportRequest,
    ask: () => Promise<Answer>,
  ): Promise<Answer> {
    const resource = resourceOf(request.path);
    const verb = request.query?.['watch'] === 'true' ? 'WATCH' : request.method;
    const end = duration.startTimer({ verb, resource });
    let code = '<error>';
    try {
      const answer = await ask();
      code = String(answer.status);
      return answer;
    } finally {
      end();
      total.inc({ code, method: request.method, resource });
    }
  }

  return {
    server: transport.server,
    send: (request) => measured(request, () => transport.send(request)),
    stream: (request) => measured(request, () => transport.stream(request)),
    close: () => transport.close(),
  };
}

/** Such as `deployments`, `workspaces/status`; names of objects would make a series of each. */
export function resourceOf(path: string): string {
  const [root, ...words] = path.split('/').filter(Boolean);
  if (root !== 'api' && root !== 'apis') return root ?? '';
  const below = words.slice(root === 'api' ? 1 : 2);
  const [resource = '', , subresource] =
    below[0] === 'namespaces' && below.length > 2 ? below.slice(2) : below;
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}
