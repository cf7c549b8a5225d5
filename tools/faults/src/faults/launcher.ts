import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Fault } from '../fault.ts';
import { images } from '../images.ts';
import { putModelRecord } from '../model-records.ts';
import { faultKinds } from '../objects.ts';
import type { Scene } from '../scene.ts';

const inference = { condition: 'InferenceReady' } as const;
const object = /^Pod\/model-/;
const runtimeProcess = / --alias /;
const baseImage = { kind: 'image', reference: images.base } as const;

/** What the launcher finds out about model, adapters and runtime. */
export const launcherFaults: readonly Fault[] = [
  {
    name: 'adapter broken',
    engine: 'containers',
    inject: (scene) => scene.apply({ adapter: images.truncatedAdapter }),
    expect: { ...inference, reason: 'AdapterInvalid', object, message: /adapter_model\.safetensors/ },
    heal: (scene) => scene.apply({ adapter: images.pirate }),
  },
  {
    name: 'no weights in the image',
    engine: 'containers',
    inject: (scene) => scene.apply({ preset: 'faults-no-weights' }),
    expect: { ...inference, reason: 'ModelNotFound', object, message: /\/workspace\/weights\/model.*gguf/ },
    heal: ({ client }) => putModelRecord(client, 'faults-no-weights', baseImage),
  },
  {
    name: 'weights corrupt',
    engine: 'containers',
    inject: (scene) => scene.apply({ preset: 'faults-corrupt' }),
    expect: { ...inference, reason: 'ModelInvalid', object, message: /model/ },
    heal: ({ client }) => putModelRecord(client, 'faults-corrupt', baseImage),
  },
  {
    name: 'flag refused by the runtime',
    engine: 'containers',
    inject: async (scene) => {
      await scene.configMap('llamacpp:\n  ctx-size: -7\n');
      await scene.apply({ config: 'settings' });
    },
    expect: { ...inference, reason: 'FlagRejected', object, message: /ctx-size/ },
    heal: (scene) => scene.configMap('llamacpp:\n  ctx-size: 512\n'),
  },
  {
    name: 'program missing in the runtime image',
    engine: 'containers',
    inject: (scene) => scene.apply({ runtime: 'transformers' }),
    expect: { ...inference, reason: 'ProgramNotFound', object, message: /no program transformers on PATH/ },
    heal: (scene) => scene.apply({ runtime: 'llamacpp' }),
  },
  {
    name: 'port in use',
    engine: 'containers',
    serve: (scene) => scene.apply(),
    inject: async (scene) => {
      const { pid } = await scene.process(/launcher\.mjs/);
      const [pod] = await scene.pods();
      const holder = await holdPort(pid, pod?.status?.podIP ?? '');
      portHolders.set(scene, holder);
      scene.atEnd(() => void holder.kill('SIGKILL'));
      process.kill(pid, 'SIGKILL');
    },
    expect: { ...inference, reason: 'PortInUse', object, message: /cannot listen on .*:5000/ },
    heal: async (scene) => void portHolders.get(scene)?.kill('SIGKILL'),
  },
  {
    name: 'runtime killed',
    engine: 'containers',
    serve: (scene) => scene.apply(),
    inject: async (scene) => {
      const { pid } = await scene.process(runtimeProcess);
      process.kill(pid, 'SIGKILL');
    },
    expect: { ...inference, reason: 'RuntimeKilled', object, message: /killed from outside \(SIGKILL\)/ },
    heal: 'byItself',
  },
  {
    name: 'runtime hangs',
    engine: 'containers',
    serve: (scene) => scene.apply(),
    inject: async (scene) => {
      const { pid } = await scene.process(runtimeProcess);
      process.kill(pid, 'SIGSTOP');
    },
    expect: { ...inference, reason: 'RuntimeHung', object, message: /does not answer/ },
    heal: 'byItself',
  },
  {
    name: 'runtime out of memory',
    engine: 'scripted runtime',
    inject: async (scene) => {
      // Just more than a pod with vLLM asks for.
      const limits = [
        { type: 'Container', default: { memory: '2100Mi' }, defaultRequest: { memory: '16Mi' } },
      ];
      await scene.put(faultKinds.limitRanges, { metadata: { name: 'small' }, spec: { limits } });
      await scene.apply({ preset: 'faults-memory', runtime: 'vllm' });
    },
    expect: { ...inference, reason: 'OutOfMemory', object, message: /memory limit|out of memory/ },
    heal: (scene) => scene.apply({ preset: 'faults-memory', runtime: 'llamacpp' }),
  },
  {
    name: 'slow model',
    engine: 'scripted runtime',
    inject: (scene) => scene.apply({ preset: 'faults-slow', runtime: 'vllm' }),
    expect: {
      ...inference,
      reason: 'WorkspaceInferenceStatusPending',
      object,
      message: /is loading the model on Node\/real-node/,
    },
    heal: (scene) => scene.apply({ preset: 'faults-slow', runtime: 'llamacpp' }),
  },
  ...scripted([
    ['no GPU driver', 'faults-driver', 'DriverMissing', /Found no NVIDIA driver/],
    ['GPU memory held by another', 'faults-busy', 'GpuMemoryBusy', /Free memory on device cuda:0/],
    [
      'no room for the KV cache',
      'faults-cache',
      'KvCacheTooSmall',
      /No available memory for the cache blocks/,
    ],
    ['GPU fault', 'faults-gpu', 'GpuFault', /illegal memory access/],
    ['architecture unknown', 'faults-architecture', 'UnsupportedModel', /NewForCausalLM/],
    ['model gated', 'org/faults-gated', 'AccessDenied', /gated repo/],
    ['model repository unreachable', 'org/faults-offline', 'DownloadFailed', /Max retries exceeded/],
    ['runtime ends without an error', 'faults-leaves', 'RuntimeExited', /exit code 0/],
    ['runtime crashes at its start', 'faults-crash', 'RuntimeCrashed', /exit code 101: thread main panicked/],
  ]),
];

type ScriptedRow = readonly [name: string, preset: string, reason: string, message: RegExp];

function scripted(rows: readonly ScriptedRow[]): readonly Fault[] {
  return rows.map(([name, preset, reason, message]) => ({
    name,
    engine: 'scripted runtime',
    inject: (scene: Scene) => scene.apply({ preset, runtime: 'vllm' }),
    expect: { ...inference, reason, object, message },
  }));
}

/** Of util-linux. */
const inNetwork = 'nsenter';
const portHolders = new WeakMap<Scene, ChildProcess>();

/** Waits in the pod's network for the port to become free, and is faster than the next launcher. */
async function holdPort(pid: number, address: string): Promise<ChildProcess> {
  const script = `
    const { createServer } = require('node:net');
    const attempt = () => createServer().once('error', () => setTimeout(attempt, 5)).listen(5000, '${address}');
    attempt();
    process.stdout.write('waiting');`;
  const child = spawn(inNetwork, [`--net=/proc/${pid}/ns/net`, process.execPath, '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}
