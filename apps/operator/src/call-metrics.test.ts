import type { Transport } from '@kaito-ts/kube-runtime';
import * as prometheus from 'prom-client';
import { describe, expect, test } from 'vitest';
import { measureCalls, resourceOf } from './call-metrics.ts';

describe('calls of the API server', () => {
  test('are counted by method, resource and code, also those without an answer', async () => {
    const registry = new prometheus.Registry();
    const answers = [200, 409, 200];
    const transport: Transport = {
      server: 'https://api.example',
      send: async () => {
        const status = answers.shift();
        if (status === undefined) throw new Error('reset');
        return { status, headers: {}, body: '' };
      },
      stream: async () => ({ status: 200, headers: {}, body: nothing() }),
      close: async () => {},
    };
    const calls = measureCalls(transport, registry);
    const path = '/apis/apps/v1/namespaces/default/deployments/phi';
    await calls.send({ method: 'PATCH', path });
    await calls.send({ method: 'PATCH', path });
    await calls.send({ method: 'GET', path: '/readyz' });
    await calls.stream({ method: 'GET', path: '/api/v1/pods', query: { watch: 'true' } });
    await expect(calls.send({ method: 'GET', path: '/api/v1/nodes' })).rejects.toThrow('reset');
    const text = await registry.metrics();
    for (const line of [
      'rest_client_requests_total{code="200",method="PATCH",resource="deployments"} 1',
      'rest_client_requests_total{code="409",method="PATCH",resource="deployments"} 1',
      'rest_client_requests_total{code="200",method="GET",resource="readyz"} 1',
      'rest_client_requests_total{code="200",method="GET",resource="pods"} 1',
      'rest_client_requests_total{code="<error>",method="GET",resource="nodes"} 1',
      'rest_client_request_duration_seconds_count{verb="PATCH",resource="deployments"} 2',
      'rest_client_request_duration_seconds_count{verb="WATCH",resource="pods"} 1',
    ])
      expect(text).toContain(line);
  });

  test.each([
    ['/api/v1/pods', 'pods'],
    ['/api/v1/namespaces', 'namespaces'],
    ['/api/v1/namespaces/default', 'namespaces'],
    ['/api/v1/namespaces/default/pods/a', 'pods'],
    ['/apis/kaito.sh/v1beta1/namespaces/default/workspaces/a/status', 'workspaces/status'],
    ['/apis/kaito.sh/v1beta1/workspaces', 'workspaces'],
    ['/version', 'version'],
  ])('%s is of %s', (path, resource) => {
    expect(resourceOf(path)).toBe(resource);
  });
});

async function* nothing(): AsyncGenerator<Buffer> {}
