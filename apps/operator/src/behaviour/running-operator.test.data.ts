import type { KubeClient } from '@kaito-ts/kube-runtime';
import type { OperatorOptions } from '../options.ts';
import type { TestCluster } from './cluster.test.data.ts';
import { systemClock } from '@kaito-ts/kube-runtime';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { createOperator } from '../operator.ts';
import { parseOptions } from '../options.ts';
import { catalogue } from '../plan/builders.test.data.ts';

/** A write that the operator made: `apply Deployment demo/phi`. Events and Leases are counted apart, as in the goals. */
export type Write = string;

export interface RunningOperator {
  readonly writes: readonly Write[];
  readonly stop: () => Promise<void>;
}

const writing = [
  'create',
  'update',
  'updateStatus',
  'patch',
  'patchStatus',
  'apply',
  'applyStatus',
  'delete',
] as const;

/** The whole operator in this process, with its writes on record. */
export async function runOperator(cluster: TestCluster): Promise<RunningOperator> {
  const writes: Write[] = [];
  const options: OperatorOptions = parseOptions([], {}, 'test');
  const stop = new AbortController();
  const listening = Promise.withResolvers<void>();
  const operator = createOperator({
    client: recording(await cluster.connect('kaito-operator/test'), writes),
    options,
    catalogue: catalogue(),
    recordTexts: [],
    identity: 'test',
    logger: pino({ level: process.env['KAITO_TEST_LOG'] ?? 'silent' }),
    clock: systemClock,
    registry: new Registry(),
    listening: () => listening.resolve(),
  });
  const running = operator.run(stop.signal);
  await Promise.race([listening.promise, running]);
  return {
    writes,
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

function recording(client: KubeClient, writes: Write[]): KubeClient {
  const wrapped: Record<string, unknown> = { ...client };
  for (const verb of writing) {
    const call = client[verb] as (...parameters: unknown[]) => unknown;
    wrapped[verb] = (...parameters: unknown[]): unknown => {
      const [kind, target] = parameters as [{ kind: string }, { name?: string; metadata?: { name: string } }];
      if (kind.kind !== 'Event' && kind.kind !== 'Lease')
        writes.push(`${verb} ${kind.kind} ${target.name ?? target.metadata?.name}`);
      return call(...parameters);
    };
  }
  return wrapped as unknown as KubeClient;
}
