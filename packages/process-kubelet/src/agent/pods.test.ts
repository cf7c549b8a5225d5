import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { kinds } from '@kaito-ts/kube-runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  containerStatus,
  isReady,
  processesWith,
  readFromNode,
  waitFor,
} from '../testing/cluster-fixture.ts';
import { hostImage, podOf, shell, startNode, type NodeFixture } from '../testing/node-fixture.ts';

let node: NodeFixture;
beforeAll(async () => {
  node = await startNode();
});
afterAll(async () => {
  await node.close();
});

async function logOf(pod: string, query = ''): Promise<string> {
  return (await readFromNode(node.agent.port, `/containerLogs/default/${pod}/main?${query}`)).body;
}

describe('a pod', () => {
  test('runs init containers in order, then its container, and shows it', async () => {
    const mount = { volumeMounts: [{ name: 'v', mountPath: '/work' }] };
    const init = (name: string): ReturnType<typeof shell> => ({
      ...shell('', mount),
      name,
      command: ['/bin/sh', '-c', 'sleep 0.1; echo $1 >> $0', '/work/order', name],
    });
    await node.cluster.createPod('order', {
      ...podOf({ ...shell('', mount), command: ['sh', '-c', 'cat $0; exec sleep 71001', '/work/order'] }),
      initContainers: [init('one'), init('two')],
      volumes: [{ name: 'v', emptyDir: {} }],
    });
    const pod = await node.cluster.waitForPod('order', isReady);
    expect(pod.status?.phase).toBe('Running');
    expect(pod.status?.podIP).toMatch(/^127\.65\.0\./);
    expect(pod.status?.initContainerStatuses?.map(({ state }) => state.terminated?.reason)).toEqual([
      'Completed',
      'Completed',
    ]);
    expect(await waitFor(async () => ((await logOf('order')) === 'one\ntwo\n' ? true : undefined))).toBe(
      true,
    );
    expect(
      Object.fromEntries(pod.status?.conditions?.map(({ type, status }) => [type, status]) ?? []),
    ).toMatchObject({
      Initialized: 'True',
      ContainersReady: 'True',
      PodReadyToStartContainers: 'True',
      PodScheduled: 'True',
    });
    await node.cluster.deletePod('order');
    await node.cluster.waitUntilGone('order');
    expect(processesWith('71001')).toEqual([]);
  });

  test('gets the variables it asks for and nothing of the agent', async () => {
    await node.cluster.client.create(kinds.configMaps, {
      metadata: { name: 'env', namespace: 'default' },
      data: { color: 'blue' },
    });
    await node.cluster.client.create(kinds.secrets, {
      metadata: { name: 'env', namespace: 'default' },
      data: { token: Buffer.from('s3cret').toString('base64') },
    });
    process.env['LEAKED_FROM_AGENT'] = 'yes';
    await node.cluster.createPod('env', {
      ...podOf(
        shell('env | grep -v ^PWD | sort; exec sleep 71002', {
          resources: { limits: { 'nvidia.com/gpu': '1', memory: '1Gi' } },
          envFrom: [{ prefix: 'CM_', configMapRef: { name: 'env' } }],
          env: [
            { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            {
              name: 'MEMORY',
              valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } },
            },
            { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'env', key: 'token' } } },
            { name: 'NONE', valueFrom: { secretKeyRef: { name: 'absent', key: 'x', optional: true } } },
            { name: 'BOTH', value: '$(NAME)-$(CM_color)-$(NONE)-$$(NAME)' },
          ],
        }),
      ),
    });
    const pod = await node.cluster.waitForPod('env', isReady);
    const text = await waitFor(async () => {
      const lines = await logOf('env');
      return lines.includes('TOKEN') ? lines : undefined;
    });
    const variables = Object.fromEntries(
      (text ?? '')
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s, 2)),
    );
    expect(variables).toMatchObject({
      CM_color: 'blue',
      NAME: 'env',
      IP: pod.status?.podIP,
      MEMORY: '1024',
      TOKEN: 's3cret',
      BOTH: 'env-blue-$(NONE)-$(NAME)',
      FROM_TABLE: 'yes',
      CUDA_VISIBLE_DEVICES: '0',
    });
    expect(variables).not.toHaveProperty('LEAKED_FROM_AGENT');
    expect(variables).not.toHaveProperty('NONE');
    await node.cluster.deletePod('env');
  });

  test.each([
    ['Never', 'exit 0', 'Succeeded', 0, 'Completed'],
    ['Never', 'exit 3', 'Failed', 3, 'Error'],
    ['Never', 'kill -9 $$$$', 'Failed', 137, 'Error'],
    ['OnFailure', 'exit 0', 'Succeeded', 0, 'Completed'],
  ] as const)(
    'with policy %s after "%s" is %s',
    async (...[restartPolicy, script, phase, exitCode, reason]) => {
      const name = `end-${restartPolicy.toLowerCase()}-${script.replace(/\W+/g, '-')}0`;
      await node.cluster.createPod(name, { ...podOf(shell(script)), restartPolicy });
      const pod = await node.cluster.waitForPod(name, ({ status }) => status?.phase === phase);
      expect(containerStatus(pod)?.state.terminated).toMatchObject({ exitCode, reason });
      expect(containerStatus(pod)?.restartCount).toBe(0);
      expect(isReady(pod)).toBe(false);
    },
  );

  test('that crashes is restarted with growing back-off, and its last log stays', async () => {
    await node.cluster.createPod('crash', podOf(shell('echo run; exit 7')));
    const waiting = await node.cluster.waitForPod('crash', (pod) => {
      const status = containerStatus(pod);
      return status?.state.waiting?.reason === 'CrashLoopBackOff' && status.restartCount >= 1;
    });
    expect(containerStatus(waiting)?.state.waiting?.message).toMatch(
      /^back-off 1s restarting failed container=main pod=crash_default\(/,
    );
    expect(containerStatus(waiting)?.lastState.terminated).toMatchObject({ exitCode: 7 });
    expect(waiting.status?.phase).toBe('Running');
    await node.cluster.waitForPod('crash', (pod) => (containerStatus(pod)?.restartCount ?? 0) >= 2);
    expect(await logOf('crash', 'previous=true')).toBe('run\n');
    await node.cluster.deletePod('crash');
    await node.cluster.waitUntilGone('crash');
  });
});

describe('termination messages', () => {
  test.each([
    ['written to the file', `printf '{"class":"X"}' > "$LOG"; exit 1`, 'File', '{"class":"X"}'],
    [
      'taken from the log when there is none',
      'echo one; echo two >&2; sleep 0.1; exit 1',
      'FallbackToLogsOnError',
      'one\ntwo',
    ],
    ['not taken from the log of a success', 'echo one; exit 0', 'FallbackToLogsOnError', undefined],
  ] as const)('%s', async (what, script, terminationMessagePolicy, message) => {
    const name = `message-${what.replace(/\W+/g, '-')}`;
    const env = [{ name: 'LOG', value: '/dev/termination-log' }];
    await node.cluster.createPod(name, {
      ...podOf(shell(script, { env, terminationMessagePolicy })),
      restartPolicy: 'Never',
    });
    const pod = await node.cluster.waitForPod(
      name,
      (each) => containerStatus(each)?.state.terminated !== undefined,
    );
    const found = containerStatus(pod)?.state.terminated?.message;
    expect(found?.split('\n').sort().join('\n')).toBe(message);
  });
});

describe('the end of a pod', () => {
  test('SIGTERM is enough for a process that listens', async () => {
    await node.cluster.createPod(
      'polite',
      // Longer than any wait here: gone in time means that nobody waited for it to pass.
      podOf(shell(`trap 'echo bye; exit 0' TERM; echo up; sleep 71010 & wait`), {
        terminationGracePeriodSeconds: 600,
      }),
    );
    await node.cluster.waitForPod('polite', isReady);
    await waitFor(async () => ((await logOf('polite')).includes('up') ? true : undefined));
    await node.cluster.deletePod('polite');
    await node.cluster.waitUntilGone('polite');
    expect(processesWith('71010')).toEqual([]);
  });

  test('SIGKILL follows for one that does not, and for children in other sessions', async () => {
    const script = `trap '' TERM; setsid sh -c "trap '' TERM; while :; do sleep 71011; done" & setsid env -i /bin/sleep 71011 & while :; do sleep 71011; done`;
    await node.cluster.createPod('stubborn', podOf(shell(script), { terminationGracePeriodSeconds: 5 }));
    await node.cluster.waitForPod('stubborn', isReady);
    await waitFor(async () => (processesWith('71011').length >= 4 ? true : undefined));
    const began = performance.now();
    await node.cluster.deletePod('stubborn');
    await delay(300);
    expect(await node.cluster.pod('stubborn')).toBeDefined();
    await node.cluster.waitUntilGone('stubborn');
    expect(performance.now() - began).toBeGreaterThan(4_900);
    expect(processesWith('71011')).toEqual([]);
  });

  test('children of a container that crashed do not outlive it', async () => {
    await node.cluster.createPod('orphans', {
      ...podOf(shell('sleep 71012 & setsid sleep 71012 & sleep 0.2; exit 1')),
      restartPolicy: 'Never',
    });
    await node.cluster.waitForPod('orphans', ({ status }) => status?.phase === 'Failed');
    expect(processesWith('71012')).toEqual([]);
  });

  test('preStop runs first, and a forced deletion ends processes too', async () => {
    const lifecycle = {
      preStop: { exec: { command: ['/bin/sh', '-c', 'echo stopping > $0', '/work/note'] } },
    };
    const mount = { volumeMounts: [{ name: 'v', mountPath: '/work' }] };
    await node.cluster.createPod('hooks', {
      ...podOf(shell(`trap 'exit 0' TERM; sleep 71013 & wait`, { ...mount, lifecycle })),
      volumes: [{ name: 'v', hostPath: { path: node.directory } }],
    });
    await node.cluster.waitForPod('hooks', isReady);
    await node.cluster.deletePod('hooks', 5);
    await node.cluster.waitUntilGone('hooks');
    expect(readFileSync(join(node.directory, 'note'), 'utf8')).toBe('stopping\n');

    await node.cluster.createPod('forced', podOf(shell('exec sleep 71014')));
    await node.cluster.waitForPod('forced', isReady);
    await node.cluster.deletePod('forced', 0);
    await node.cluster.waitUntilGone('forced');
    expect(await waitFor(async () => (processesWith('71014').length === 0 ? true : undefined))).toBe(true);
  });
});

describe('configuration', () => {
  test('a missing ConfigMap holds the container back, and it starts when the ConfigMap comes', async () => {
    const env = [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'late', key: 'x' } } }];
    await node.cluster.createPod('needs-env', podOf(shell('exec sleep 71020', { env })));
    const blocked = await node.cluster.waitForPod(
      'needs-env',
      (pod) => containerStatus(pod)?.state.waiting?.reason === 'CreateContainerConfigError',
    );
    expect(containerStatus(blocked)?.state.waiting?.message).toBe('configmap "late" not found');
    expect(blocked.status?.phase).toBe('Pending');
    await node.cluster.createPod('needs-volume', {
      ...podOf(shell('exec sleep 71020')),
      volumes: [{ name: 'v', configMap: { name: 'late' } }],
    });
    const creating = await node.cluster.waitForPod(
      'needs-volume',
      (pod) => containerStatus(pod)?.state.waiting?.message !== undefined,
    );
    expect(containerStatus(creating)?.state.waiting).toEqual({
      reason: 'ContainerCreating',
      message: 'MountVolume.SetUp failed for volume "v" : configmap "late" not found',
    });
    await node.cluster.client.create(kinds.configMaps, {
      metadata: { name: 'late', namespace: 'default' },
      data: { x: '1' },
    });
    await node.cluster.waitForPod('needs-env', isReady);
    await node.cluster.waitForPod('needs-volume', isReady);
    await Promise.all(['needs-env', 'needs-volume'].map(async (name) => node.cluster.deletePod(name)));
  });

  test('volumes show ConfigMaps, Secrets and the pod, and follow their changes', async () => {
    const client = node.cluster.client;
    await client.create(kinds.configMaps, {
      metadata: { name: 'live', namespace: 'default' },
      data: { 'a.yaml': 'one', gone: 'x' },
    });
    await node.cluster.createPod('volumes', {
      ...podOf(
        shell('', {
          command: [
            '/bin/sh',
            '-c',
            'while :; do cat $0/config/a.yaml $0/name; ls $0/config; sleep 0.1; done',
            '/all',
          ],
          volumeMounts: [{ name: 'all', mountPath: '/all' }],
        }),
      ),
      volumes: [
        {
          name: 'all',
          projected: {
            sources: [
              { configMap: { name: 'live', items: [{ key: 'a.yaml', path: 'config/a.yaml', mode: 0o600 }] } },
              { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
            ],
          },
        },
      ],
    });
    await node.cluster.waitForPod('volumes', isReady);
    expect(
      await waitFor(async () => ((await logOf('volumes')).includes('onevolumesa.yaml') ? true : undefined)),
    ).toBe(true);
    await client.patch(
      kinds.configMaps,
      { name: 'live', namespace: 'default' },
      { type: 'merge', value: { data: { 'a.yaml': 'two' } } },
    );
    expect(
      await waitFor(async () => ((await logOf('volumes')).includes('twovolumesa.yaml') ? true : undefined)),
    ).toBe(true);
    await node.cluster.deletePod('volumes');
  });

  test('a volume that needs storage is refused with the reason', async () => {
    await node.cluster.createPod('claim', {
      ...podOf(shell('exit 0')),
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'x' } }],
    });
    // A real scheduler would hold the pod back itself; what it binds anyway gets the node's own reason.
    const pod = await node.cluster.waitForPod(
      'claim',
      (each) => containerStatus(each)?.state.waiting?.reason === 'VolumeNotSupported',
    );
    expect(containerStatus(pod)?.state.waiting?.message).toContain('persistentVolumeClaim');
    await node.cluster.deletePod('claim');
    await node.cluster.waitUntilGone('claim');
  });
});

describe('images', () => {
  test('a missing one is named with the next step; once built, its files are found under their own paths', async () => {
    const adapter = {
      name: 'adapter',
      image: 'demo/adapter:1',
      command: ['/kaito/bin/copy', '/data/.', '--to=/mnt/adapter'],
      volumeMounts: [
        { name: 'kaito', mountPath: '/kaito' },
        { name: 'adapters', mountPath: '/mnt/adapter' },
      ],
    };
    const launcher = {
      name: 'launcher',
      image: hostImage,
      command: [
        '/bin/sh',
        '-c',
        `mkdir -p $0/bin; printf '#!/bin/sh\\ncp -r "$1" "\${2#--to=}"\\n' > $0/bin/copy; chmod +x $0/bin/copy`,
        '/kaito',
      ],
      volumeMounts: [{ name: 'kaito', mountPath: '/kaito' }],
    };
    await node.cluster.createPod('images', {
      ...podOf(
        shell('', {
          command: ['cat', '/mnt/adapter/weights'],
          volumeMounts: [{ name: 'adapters', mountPath: '/mnt/adapter' }],
        }),
      ),
      initContainers: [launcher, adapter],
      restartPolicy: 'Never',
      volumes: [
        { name: 'kaito', emptyDir: {} },
        { name: 'adapters', emptyDir: {} },
      ],
    });
    const waiting = await node.cluster.waitForPod(
      'images',
      (pod) => containerStatus(pod, 'adapter')?.state.waiting?.reason === 'ImagePullBackOff',
    );
    expect(containerStatus(waiting, 'adapter')?.state.waiting?.message).toContain(
      'kaito images build DIR --tag demo/adapter:1',
    );
    const directory = join(node.directory, 'adapter-image');
    mkdirSync(join(directory, 'data'), { recursive: true });
    writeFileSync(join(directory, 'data', 'weights'), 'heavy\n');
    const built = await node.images.build({ directory, tag: 'demo/adapter:1' });
    const done = await node.cluster.waitForPod('images', ({ status }) => status?.phase === 'Succeeded');
    expect(await logOf('images')).toBe('heavy\n');
    expect(containerStatus(done, 'adapter')?.imageID).toBe(`demo/adapter@${built.digest}`);
  });

  test.each([
    ['script', { command: ['/bin/sh', '-c', 'cat /work/x'] }, 'word 3 of its command holds the path /work'],
    ['variable', { env: [{ name: 'LIST', value: '/a:/work/b' }] }, 'variable LIST holds the path /work'],
  ] as const)('a path inside a longer %s is refused, with the reason', async (name, change, message) => {
    const container = shell('exec sleep 71030', {
      ...change,
      volumeMounts: [{ name: 'v', mountPath: '/work' }],
    });
    await node.cluster.createPod(`path-${name}`, {
      ...podOf(container),
      volumes: [{ name: 'v', emptyDir: {} }],
    });
    const pod = await node.cluster.waitForPod(
      `path-${name}`,
      (each) => containerStatus(each)?.state.waiting?.reason === 'PathNotTranslatable',
    );
    expect(containerStatus(pod)?.state.waiting?.message).toContain(message);
    await node.cluster.deletePod(`path-${name}`);
  });

  test('a program that is not there is a start error', async () => {
    await node.cluster.createPod('no-program', {
      ...podOf({ name: 'main', image: hostImage, command: ['no-such-program'] }),
      restartPolicy: 'Never',
    });
    const pod = await node.cluster.waitForPod('no-program', ({ status }) => status?.phase === 'Failed');
    expect(containerStatus(pod)?.state.terminated).toMatchObject({ reason: 'StartError', exitCode: 128 });
    expect(containerStatus(pod)?.state.terminated?.message).toContain(
      '"no-such-program": executable file not found in $PATH',
    );
  });
});

describe('the node', () => {
  test('is registered with what it has', async () => {
    const found = await node.cluster.client.get(kinds.nodes, { name: 'test-node' });
    expect(found.metadata.labels).toMatchObject({
      'kubernetes.io/hostname': 'test-node',
      'nvidia.com/gpu.product': 'Test-GPU',
      'nvidia.com/gpu.count': '2',
    });
    expect(found.status?.allocatable).toMatchObject({ 'nvidia.com/gpu': '2', pods: '110' });
    expect(found.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    expect(found.status?.daemonEndpoints?.kubeletEndpoint?.Port).toBe(node.agent.port);
    const lease = await node.cluster.client.get(kinds.leases, {
      name: 'test-node',
      namespace: 'kube-node-lease',
    });
    expect(lease.spec?.holderIdentity).toBe('test-node');
  });

  test('serves health, pods and an honest no', async () => {
    expect(await readFromNode(node.agent.port, '/healthz')).toEqual({ status: 200, body: 'ok' });
    expect(JSON.parse((await readFromNode(node.agent.port, '/pods')).body)).toMatchObject({
      kind: 'PodList',
    });
    expect((await readFromNode(node.agent.port, '/exec/default/x/main')).status).toBe(501);
    expect((await readFromNode(node.agent.port, '/containerLogs/default/nobody/main')).status).toBe(404);
  });
});
