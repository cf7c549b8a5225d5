import type { Clock, KubeClient, Logger, Manager, Readiness } from '@kaito-ts/kube-runtime';
import type { Catalogue } from '@kaito-ts/preset-catalog';
import type { RecordText } from './model-records.ts';
import type { OperatorOptions } from './options.ts';
import {
  createController,
  createManager,
  EventRecorder,
  keyOf,
  LeaderElector,
  prometheusMetrics,
} from '@kaito-ts/kube-runtime';
import * as prometheus from 'prom-client';
import { createAdmission, type Admission } from './admission/admission.ts';
import { createWriter } from './cluster/apply.ts';
import { fieldManager, modelRecordsConfigMap } from './cluster/kinds.ts';
import { OwnWrites } from './cluster/own-writes.ts';
import { connectTriggers } from './cluster/triggers.ts';
import { createWatches } from './cluster/watches.ts';
import { createHttpServers } from './http.ts';
import { measure, phaseHistogram } from './metrics.ts';
import { recordsOfConfigMap, withUserRecords } from './model-records.ts';
import { countPhases } from './phases/count-phases.ts';
import { measureRevision } from './phases/measure-revision.ts';
import { createProvisioning } from './provisioning.ts';
import { createReconcile } from './reconcile.ts';

const leaseName = 'kaito-operator';

export interface OperatorParts {
  readonly client: KubeClient;
  readonly options: OperatorOptions;
  readonly catalogue: Catalogue;
  /** Records from --model-records. */
  readonly recordTexts: readonly RecordText[];
  /** Name of this process, unique among replicas. */
  readonly identity: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Where everything is measured. */
  readonly registry: prometheus.Registry;
  readonly listening: (urls: { readonly health: string; readonly metrics: string }) => void;
}

/** The whole operator, wired but not started. */
export function createOperator(parts: OperatorParts): Manager {
  const { client, options, logger, clock, identity, registry } = parts;
  const provisioning = createProvisioning({ client, options: options.purchase, logger, clock });
  const watches = createWatches({
    client,
    logger,
    operatorNamespace: options.namespace,
    watchNamespace: options.watchNamespace,
    provisioner: provisioning.watches,
  });
  const ownWrites = new OwnWrites(clock);
  const recorder = new EventRecorder({ client, component: fieldManager, instance: identity, logger });

  let catalogue = withUserRecords(parts.catalogue, parts.recordTexts, logger);
  const settings = () => ({
    catalogue,
    defaultRuntime: options.defaultRuntime,
    runtimeImages: options.runtimeImages,
    launcherImage: options.launcherImage,
    provisioner: provisioning.provisioner,
  });

  const controller = createController({
    name: 'workspace',
    workers: options.workers,
    reconcile: createReconcile({
      watches,
      ownWrites,
      writer: countPhases(createWriter(client, ownWrites), {
        measure: (key) => measureRevision(key, watches),
        observe: phaseHistogram(registry),
        onDeleted: (forget) =>
          watches.workspaces.onChange(({ type, object }) => type === 'deleted' && forget(keyOf(object))),
        logger,
      }),
      recorder,
      settings,
      clock,
      logger,
    }),
    logger,
    metrics: prometheusMetrics(prometheus, registry),
  });

  connectTriggers(watches, ownWrites, controller.queue);
  watches.modelRecords.onChange(() => {
    const configMap = watches.modelRecords.store.get({
      namespace: options.namespace,
      name: modelRecordsConfigMap,
    });
    catalogue = withUserRecords(
      parts.catalogue,
      [...parts.recordTexts, ...recordsOfConfigMap(configMap)],
      logger,
    );
    for (const key of watches.workspaces.store.keys()) controller.queue.add(key);
  });

  const admission =
    options.webhook &&
    createAdmission({
      client,
      namespace: options.namespace,
      options: options.webhook,
      facts: () => ({ catalogue, validation: provisioning.provisioner.validation }),
      registry,
      clock,
      logger,
    });

  const elector = options.leaderElect
    ? new LeaderElector({
        client,
        lease: { namespace: options.namespace, name: leaseName },
        identity,
        logger,
      })
    : undefined;
  const manager: Manager = createManager({
    servers: [
      createHttpServers({
        ...options,
        registry,
        readiness: () => readinessOf(manager, elector, admission),
        listening: parts.listening,
      }),
      { name: 'events', run: async (signal) => closeAtEnd(recorder, signal) },
      ...(admission ? [admission.server] : []),
    ],
    caches: [...watches.all, ...(admission?.caches ?? [])],
    controllers: [controller, ...provisioning.controllers, ...(admission?.controllers ?? [])],
    ...(elector && { elector }),
    logger,
  });
  const { all: _all, provisioner, ...caches } = watches;
  measure(registry, {
    workspaces: () => watches.workspaces.store.list(),
    caches: { ...caches, ...(provisioner && { nodeClaims: provisioner.nodeClaims }) },
    lease: leaseName,
    isLeader: () => manager.isLeader,
  });
  return manager;
}

/** A follower is ready; a replica that knows of no leader is not, for then nobody works. */
function readinessOf(
  manager: Manager,
  elector: LeaderElector | undefined,
  admission: Admission | undefined,
): Readiness {
  const leaderless = elector !== undefined && elector.leader === undefined;
  const reasons = [
    ...manager.readiness().reasons,
    ...(leaderless ? [`the Lease ${leaseName} is nobody's yet`] : []),
    ...(admission?.readiness().reasons ?? []),
  ];
  return { ready: reasons.length === 0, reasons };
}

async function closeAtEnd(recorder: EventRecorder, signal: AbortSignal): Promise<void> {
  if (!signal.aborted) {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
  await recorder.close();
}
