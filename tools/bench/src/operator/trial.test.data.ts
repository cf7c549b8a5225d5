import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import {
  isAlreadyExists,
  isTransient,
  kinds,
  type KubeClient,
  type ResourceKind,
} from '@kaito-ts/kube-runtime';
import { startRealCluster, type RealCluster } from '@kaito-ts/real-cluster';
import { AuditLog, type AuditEntry } from './audit-log.ts';
import { prepareCluster } from './bring-up.ts';
import { connect, type Connection } from './connection.ts';
import { createWorkspace, ensureNamespace } from './fleet.ts';
import { observe, within, type Observer } from './observer.ts';
import { startOwnOperator, type OperatorProcess } from './operator-process.ts';

const program = fileURLToPath(new URL('../../../../apps/operator/bin/kaito-operator.mjs', import.meta.url));

/** A real control plane, and all that operators do on it. */
export interface TrialCluster extends AsyncDisposable {
  readonly cluster: RealCluster;
  readonly connection: Connection;
  startOperator(name: string, kubeconfigPath?: string): Promise<OperatorProcess>;
}

export async function startTrialCluster(): Promise<TrialCluster> {
  const cluster = await startRealCluster({ kwokNodes: 4 });
  const operators = new Set<OperatorProcess>();
  try {
    await prepareCluster(cluster.kubeconfigPath);
    const connection = await connect(cluster.kubeconfigPath);
    return {
      cluster,
      connection,
      startOperator: async (name, kubeconfigPath = cluster.kubeconfigPath) => {
        const operator = await startOwnOperator({
          program,
          kubeconfigPath,
          logFile: join(cluster.directory, `operator-${name}.log`),
          args: ['--leader-elect=true'],
          env: { ...process.env, POD_NAME: name },
        });
        operators.add(operator);
        return operator;
      },
      [Symbol.asyncDispose]: async () => {
        await Promise.all([...operators].map((operator) => operator.stop('SIGKILL')));
        await connection.close();
        await cluster.stop();
      },
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** One namespace's Workspaces, what is seen of them, and what the operators wrote there. */
export interface Trial extends AsyncDisposable {
  readonly namespace: string;
  readonly observer: Observer;
  /** Creates the Workspaces whatever happens to the API server meanwhile. */
  create(names: readonly string[], perSecond?: number): Promise<void>;
  /** What operators wrote about this namespace's objects since the trial began. */
  writes(): Promise<readonly AuditEntry[]>;
}

export async function startTrial({ connection, cluster }: TrialCluster, namespace: string): Promise<Trial> {
  const { client } = connection;
  await ensureNamespace(client, namespace);
  const observer = await observe(client, namespace);
  const audit = await AuditLog.from(cluster.auditLogPath, 'kaito-operator');
  const fleet = {
    client,
    namespace,
    preset: 'phi-4-mini-instruct',
    nodeLabels: { apps: 'gpu-test' },
  };
  return {
    namespace,
    observer,
    create: async (names, perSecond = 1_000) => {
      const begun = performance.now();
      await Promise.all(
        names.map(async (name, index) => {
          await wait(Math.max(0, begun + (index * 1000) / perSecond - performance.now()));
          await untilDone(() => createWorkspace(fleet, name));
        }),
      );
    },
    writes: async () => (await audit.take()).filter(({ objectRef }) => objectRef?.namespace === namespace),
    [Symbol.asyncDispose]: () => observer.stop(),
  };
}

async function untilDone(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (isAlreadyExists(error)) return;
      if (!isTransient(error)) throw error;
      await wait(100);
    }
  }
}

export function namesOf(count: number, prefix: string): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

/** Of two busy cores; how long it took is told beside. */
const longestMilliseconds = 180_000;

/** Waits; fails with what is missing. */
export async function expectWorkloads({ observer }: Trial, names: readonly string[]): Promise<void> {
  await expectEach(names, (name) => observer.workloadSeenAt.has(name), 'a workload');
}

export async function expectRunning({ observer }: Trial, names: readonly string[]): Promise<void> {
  await expectEach(names, (name) => observer.running.has(name), 'a running pod');
}

async function expectEach(
  names: readonly string[],
  has: (name: string) => boolean,
  what: string,
): Promise<void> {
  const without = (): readonly string[] => names.filter((name) => !has(name));
  await expectWithin(
    () => without().length === 0,
    () => `${names.length} have ${what}; ${without().length} have none: ${without().slice(0, 3).join(', ')}`,
  );
}

export async function expectWithin(holds: () => boolean, what: string | (() => string)): Promise<void> {
  if (await within(longestMilliseconds, holds)) return;
  throw new Error(`not within ${longestMilliseconds} ms: ${typeof what === 'string' ? what : what()}`);
}

/**
 * The time is told beside its goal, which is for a machine that has nothing else to do. This is the bound beyond which
 * not the machine is slow: thrice the goal, and more where processes queue for the cores.
 */
export function patience(goalMilliseconds: number): number {
  const [load = 0] = loadavg();
  return 3 * goalMilliseconds * Math.max(1, load / availableParallelism());
}

export interface Doubles {
  readonly workloads: number;
  readonly services: number;
  /** More than one would mean that a workload's template was changed after it was made. */
  readonly replicaSets: number;
  readonly createdTwice: readonly string[];
  readonly deletes: number;
}

/** What would show that something was done twice. */
export async function lookForDoubles(
  client: KubeClient,
  namespace: string,
  writes: readonly AuditEntry[],
): Promise<Doubles> {
  const count = async (kind: ResourceKind): Promise<number> =>
    (await client.list(kind, { namespace })).items.filter(
      ({ metadata }) => (metadata.ownerReferences ?? []).length > 0,
    ).length;
  const created = writes
    .filter(({ responseStatus }) => responseStatus?.code === 201)
    .map(({ objectRef }) => `${objectRef?.resource}/${objectRef?.name}`)
    .filter((name) => !name.startsWith('events/'));
  return {
    workloads: (await count(kinds.deployments)) + (await count(kinds.statefulSets)),
    services: await count(kinds.services),
    replicaSets: await count(replicaSets),
    createdTwice: created.filter((name, index) => created.indexOf(name) !== index),
    deletes: writes.filter(({ verb }) => verb.startsWith('delete')).length,
  };
}

const replicaSets: ResourceKind = {
  group: 'apps',
  version: 'v1',
  plural: 'replicasets',
  kind: 'ReplicaSet',
  namespaced: true,
};
