import { readFileSync, readdirSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createClient,
  createTransport,
  ignoreNotFound,
  loadKubeconfig,
  type KubeClient,
  type Transport,
} from '@kaito-ts/kube-runtime';
import { podKind } from '../agent/pod-api.ts';
import type { ContainerStatus, Pod, PodSpec } from '../pod/pod.ts';

/** A client with the few verbs that tests of a node agent need. */
export class ClusterFixture {
  readonly client: KubeClient;
  readonly transport: Transport;

  private constructor(transport: Transport) {
    this.transport = transport;
    this.client = createClient(transport);
  }

  static async open(kubeconfig: string): Promise<ClusterFixture> {
    const access = await loadKubeconfig({ path: kubeconfig, env: {} });
    return new ClusterFixture(createTransport(access, { userAgent: 'process-kubelet-test' }));
  }

  async createPod(name: string, spec: PodSpec): Promise<Pod> {
    return this.client.create(podKind, { metadata: { name, namespace: 'default' }, spec });
  }

  async pod(name: string): Promise<Pod | undefined> {
    return ignoreNotFound(this.client.get(podKind, { name, namespace: 'default' }));
  }

  async deletePod(name: string, gracePeriodSeconds?: number): Promise<void> {
    const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    await this.client.delete(podKind, { name, namespace: 'default' }, options);
  }

  async waitForPod(name: string, what: (pod: Pod) => boolean): Promise<Pod> {
    let last: Pod | undefined;
    const found = await waitFor(async () => {
      last = await this.pod(name);
      return last !== undefined && what(last) ? last : undefined;
    });
    if (found !== undefined) return found;
    throw new Error(
      `pod ${name} never came to ${String(what)}; its status is ${JSON.stringify(last?.status, undefined, 2)}`,
    );
  }

  async waitUntilGone(name: string): Promise<void> {
    const gone = await waitFor(async () => ((await this.pod(name)) === undefined ? true : undefined));
    if (gone === undefined) throw new Error(`pod ${name} is still there`);
  }
}

/** Polls until `attempt` gives something; undefined after two minutes. */
export async function waitFor<T>(
  attempt: () => Promise<T | undefined>,
  milliseconds = 120_000,
): Promise<T | undefined> {
  const deadline = performance.now() + milliseconds;
  do {
    const result = await attempt();
    if (result !== undefined) return result;
    await delay(40);
  } while (performance.now() < deadline);
  return undefined;
}

export function containerStatus(pod: Pod, name = 'main'): ContainerStatus | undefined {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].find(
    (each) => each.name === name,
  );
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

/** Pids of living processes whose command line holds this text: independent of everything the agent records. */
export function processesWith(text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text) &&
          !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Reads an HTTPS answer of the node's own server, whose certificate nobody signed. */
export async function readFromNode(
  port: number,
  path: string,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, rejectUnauthorized: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}
