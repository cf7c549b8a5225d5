import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { callsOf, release, run } from '@kaito-ts/chart';
import { ignoreNotFound, kinds, type Deployment } from '@kaito-ts/kube-runtime';
import { kubectlPath } from '@kaito-ts/real-cluster';
import type { NodeEngine } from './node.ts';
import { patienceSeconds, until } from './until.ts';
import { getWorkspace, podsOf } from './verbs.ts';

/** The state once it has stood still: the cluster's controllers write about a model for a moment after it is ready. */
export async function settledState(engine: NodeEngine, name: string): Promise<object> {
  let last: object = {};
  return until(
    patienceSeconds,
    () => `nothing of ${name} changes any more; last seen: ${JSON.stringify(last)}`,
    async () => {
      const before = await stateOf(engine, name);
      await delay(2000);
      last = await stateOf(engine, name);
      return isDeepStrictEqual(before, last) && last;
    },
  );
}

/** Everything of a model that a restart, a rollout or a write would change. */
export async function stateOf(engine: NodeEngine, name: string): Promise<object> {
  const [workspace, pods, deployment, processes] = await Promise.all([
    getWorkspace(engine, name),
    podsOf(engine, name),
    deploymentOf(engine, name),
    engine.podProcesses(),
  ]);
  return {
    workspace: workspace.metadata.resourceVersion,
    deployment: deployment?.metadata.resourceVersion,
    pods: pods.map(({ metadata, status }) => [
      metadata.uid,
      status?.containerStatuses?.map(({ restartCount }) => restartCount),
    ]),
    processes: processes.map(({ pid, startTime }) => `${pid} ${startTime}`).toSorted(),
  };
}

export async function deploymentOf({ client }: NodeEngine, name: string): Promise<Deployment | undefined> {
  return ignoreNotFound(client.get(kinds.deployments, { namespace: 'default', name }));
}

/** What the operator serves its webhook under, and what the API server trusts. */
export async function certificateOf({ client }: NodeEngine): Promise<object> {
  const { name, namespace } = release;
  const [secret, webhook] = await Promise.all([
    client.get(kinds.secrets, { namespace, name: `${name}-webhook` }),
    client.get(kinds.validatingWebhookConfigurations, { name: `${name}-validation` }),
  ]);
  return {
    secret: secret.data,
    caBundle: webhook.webhooks?.map(({ clientConfig }) => clientConfig.caBundle),
  };
}

/** The release's objects of all kinds that its chart makes, as kubectl names them. */
export async function objectsOfRelease({ kubeconfigPath }: NodeEngine): Promise<string> {
  const namespaced = 'deployment,service,secret,role,rolebinding,serviceaccount,networkpolicy,pdb';
  const ofCluster = 'clusterrole,clusterrolebinding,validatingwebhookconfiguration';
  const program = await kubectlPath();
  const where = ['--kubeconfig', kubeconfigPath, '--namespace', release.namespace];
  const labelled = ['-l', `app.kubernetes.io/instance=${release.name}`, '-o', 'name'];
  const answers = await Promise.all(
    [namespaced, ofCluster].map((names) => run(program, [...where, 'get', names, ...labelled])),
  );
  return answers.map(({ stdout, stderr }) => stdout + stderr).join('');
}

/** The resources that the operator wrote, one by one, without its Lease and its Events. */
export async function writesOf({ cluster, username }: NodeEngine): Promise<readonly string[]> {
  const writing = new Set(['create', 'update', 'patch', 'delete']);
  return (await callsOf(cluster.auditLogPath, username))
    .filter(({ verb }) => writing.has(verb))
    .map(({ objectRef }) => objectRef?.resource ?? '')
    .filter((resource) => resource !== 'leases' && resource !== 'events');
}
