import type { Observation, ConfigObservation, WorkspaceObject } from '../plan/observation.ts';
import type { OwnWrites } from './own-writes.ts';
import { dataKeys } from '@kaito-ts/api-types';
import { headlessServiceName } from '@kaito-ts/manifest-builder';
import { warningsAbout } from './pod-warnings.ts';
import { observeInfrastructure } from './observe-infrastructure.ts';
import { configNameOf, type Watches } from './watches.ts';

/** Reads all that a plan may depend on; undefined when there is no such Workspace. */
export function observe(key: string, watches: Watches, ownWrites: OwnWrites): Observation | undefined {
  const cached = watches.workspaces.store.get(key);
  if (cached === undefined) return undefined;
  const workspace = ownWrites.newest('Workspace', key, cached) ?? cached;
  const headlessKey = `${workspace.metadata.namespace}/${headlessServiceName(workspace.metadata.name)}`;
  return {
    workspace,
    deployment: ownWrites.newest('Deployment', key, watches.deployments.store.get(key)),
    statefulSet: ownWrites.newest('StatefulSet', key, watches.statefulSets.store.get(key)),
    service: ownWrites.newest('Service', key, watches.services.store.get(key)),
    headlessService: ownWrites.newest('Service', headlessKey, watches.services.store.get(headlessKey)),
    pods: watches.pods.store.byIndex('workspace', key),
    nodes: watches.nodes.store.list(),
    config: observeConfig(workspace, watches),
    infrastructure: watches.provisioner && observeInfrastructure(key, watches.provisioner, ownWrites),
    warningsOf: (pod) => warningsAbout(pod, watches),
    podsOn: (node) => watches.pods.store.byIndex('node', node),
  };
}

function observeConfig(workspace: WorkspaceObject, { configMaps }: Watches): ConfigObservation | undefined {
  const name = configNameOf(workspace);
  if (name === undefined) return undefined;
  const configMap = configMaps.store.get(`${workspace.metadata.namespace}/${name}`);
  if (configMap === undefined) return { name, state: 'missing', content: '' };
  const content = configMap.data?.[dataKeys.inferenceConfig];
  return content === undefined
    ? { name, state: 'keyless', content: '' }
    : { name, state: 'present', content };
}
