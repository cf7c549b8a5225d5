import { fieldsAt, listAt, textAt, valueAt, type Fields } from '../json.ts';
import type { Connection } from './connection.ts';
import { ok } from './context.ts';

export interface FakeNode {
  readonly name: string;
  /** Pods of images with this in their name never become ready. */
  readonly brokenImage: string;
  readonly stop: () => Promise<void>;
}

interface FakeNodeOptions {
  readonly name: string;
  readonly labels?: Fields;
  readonly allocatable?: Fields;
  readonly taints?: readonly Fields[];
}

const heartbeatMilliseconds = 5000;
let address = 10;

/** A node whose pods run at once in name only: enough for whoever waits for Ready. */
export async function startFakeNode(api: Connection, options: FakeNodeOptions): Promise<FakeNode> {
  const {
    name,
    labels = {},
    allocatable = { cpu: '8', memory: '16Gi', pods: '50', 'nvidia.com/gpu': '2' },
  } = options;
  const path = `/api/v1/nodes/${name}`;
  const node = {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: options.taints ? { taints: options.taints } : {},
  };
  ok(await api.post('/api/v1/nodes', { ...node, status: nodeStatus(allocatable) }), 201);
  await api.post('/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', {
    metadata: { name },
    spec: lease(name),
  });
  await api.patch(`${path}/status`, 'merge', { status: nodeStatus(allocatable) });
  const beat = setInterval(() => {
    void api.patch(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`, 'merge', {
      spec: lease(name),
    });
  }, heartbeatMilliseconds);
  const stream = api.watch(`/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3D${name}`);
  const running = (async (): Promise<void> => {
    for (;;) {
      const event = await stream.next().catch(() => ({ type: 'QUIET', object: {} }));
      if (!event) return;
      if (['ADDED', 'MODIFIED'].includes(event.type)) await serve(api, event.object);
    }
  })();
  const stop = async (): Promise<void> => {
    clearInterval(beat);
    stream.close();
    await running;
    await api.delete(path);
    await api.delete(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`);
  };
  return { name, brokenImage: 'broken', stop };
}

function lease(name: string): Fields {
  return {
    holderIdentity: name,
    leaseDurationSeconds: 40,
    renewTime: new Date().toISOString().replace('Z', '000Z'),
  };
}

function nodeStatus(allocatable: Fields): Fields {
  const now = new Date().toISOString().replace(/\.\d+/, '');
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    message: 'ready',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  return {
    allocatable,
    capacity: allocatable,
    conditions: [ready],
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
  };
}

async function serve(api: Connection, pod: Fields): Promise<void> {
  const path = `/api/v1/namespaces/${textAt(pod, 'metadata', 'namespace')}/pods/${textAt(pod, 'metadata', 'name')}`;
  const phase = textAt(pod, 'status', 'phase');
  if (valueAt(pod, 'metadata', 'deletionTimestamp') !== undefined) {
    await api.delete(path, { gracePeriodSeconds: 0, preconditions: { uid: textAt(pod, 'metadata', 'uid') } });
    return;
  }
  if (phase !== 'Pending') return;
  const images = listAt(pod, 'spec', 'containers').map((c) => textAt(c, 'image'));
  const isBroken = images.some((image) => image.includes('broken'));
  const ends = textAt(pod, 'spec', 'restartPolicy') !== 'Always';
  const now = new Date().toISOString().replace(/\.\d+/, '');
  const state = ends
    ? { terminated: { exitCode: isBroken ? 1 : 0, finishedAt: now, startedAt: now } }
    : { running: { startedAt: now } };
  const ready = !isBroken && !ends;
  const conditions = ['Initialized', 'ContainersReady', 'Ready'].map((type) => ({
    type,
    status: ready || type === 'Initialized' ? 'True' : 'False',
    lastTransitionTime: now,
  }));
  const podIP = `10.244.0.${address++ % 250}`;
  const containerStatuses = listAt(pod, 'spec', 'containers').map((c) => ({
    name: valueAt(c, 'name'),
    image: valueAt(c, 'image'),
    imageID: '',
    ready,
    restartCount: 0,
    state,
  }));
  const scheduled = listAt(pod, 'status', 'conditions').filter((c) => valueAt(c, 'type') === 'PodScheduled');
  const status = {
    ...fieldsAt(pod, 'status'),
    phase: ends ? (isBroken ? 'Failed' : 'Succeeded') : 'Running',
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: now,
    conditions: [...scheduled, ...conditions],
    containerStatuses,
  };
  await api.patch(`${path}/status`, 'merge', { status });
}
