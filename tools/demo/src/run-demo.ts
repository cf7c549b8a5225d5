import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoImageList, startSystem, type CommandContext, type RunningSystem } from '@kaito-ts/cli';
import { ask, type Question } from './ask.ts';
import { applyExample, setStrength, waitUntilReady } from './demo-workspace.ts';
import { readMemory, type DemoMemory } from './memory.ts';

export interface DemoOptions {
  readonly once: boolean;
  readonly output: 'text' | 'json';
  readonly question: string;
  readonly installSeconds: number;
  readonly secondsSinceStart: () => number;
  readonly context: CommandContext;
}

export interface DemoResult {
  readonly answers: readonly Question[];
  readonly seconds: {
    readonly install: number;
    readonly cluster: number;
    readonly ready: number;
    readonly total: number;
  };
  readonly rssMiB: DemoMemory;
}

/** Brings the system up, serves the demo Workspace three ways, asks each time, and prints what came of it. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { context, secondsSinceStart } = options;
  const note = (message: string): void =>
    context.writeNote(`[${secondsSinceStart().toFixed(1).padStart(5)} s] ${message}\n`);
  const stateRoot = await mkdtemp(join(tmpdir(), 'kaito-demo-'));
  let system: RunningSystem | undefined;
  try {
    const clusterStarted = secondsSinceStart();
    system = await startSystem({
      stateRoot,
      defaultRuntime: 'llamacpp',
      programs: [],
      gpus: 0,
      environment: context.environment,
      onProgress: note,
      imageList: demoImageList(),
    });
    const cluster = secondsSinceStart() - clusterStarted;
    note(`kubeconfig: ${system.kubeconfigPath}`);
    const answers = await Promise.race([
      serveThreeWays(system, options, note),
      system.failed,
      aborted(context.signal),
    ]);
    const result: DemoResult = {
      answers: answers.questions,
      seconds: {
        install: options.installSeconds,
        cluster: rounded(cluster),
        ready: rounded(answers.readySeconds),
        total: rounded(secondsSinceStart()),
      },
      rssMiB: await readMemory(system),
    };
    context.writeResult(
      options.output === 'json' ? `${JSON.stringify(result)}\n` : describe(result, answers.url),
    );
    if (options.once) return;
    note(
      `serving at ${answers.url} until Ctrl-C; try: kubectl --kubeconfig ${system.kubeconfigPath} get workspaces`,
    );
    await Promise.race([aborted(context.signal).catch(() => {}), system.failed]);
  } finally {
    if (system !== undefined) {
      note('stopping');
      await system.stop();
    }
    await rm(stateRoot, { recursive: true, force: true });
  }
}

interface Served {
  readonly questions: readonly Question[];
  readonly readySeconds: number;
  readonly url: string;
}

async function serveThreeWays(
  system: RunningSystem,
  { question, context, secondsSinceStart }: DemoOptions,
  note: (message: string) => void,
): Promise<Served> {
  const questions: Question[] = [];
  const applied = secondsSinceStart();
  let readySeconds = 0;
  let url = '';
  const steps = [
    { title: 'without adapter', change: () => applyExample(system.client, 'workspace.yaml') },
    { title: 'own-pirate at 0.25', change: () => applyExample(system.client, 'workspace-pirate.yaml') },
    { title: 'own-pirate at 1.0', change: () => setStrength(system.client, '1.0') },
  ];
  for (const { title, change } of steps) {
    note(`Workspace demo, ${title}`);
    await change();
    const workspace = await waitUntilReady(system.client, { note, signal: context.signal });
    url = await system.endpoints.urlOf('default/demo', context.signal);
    const answer = await ask({ url, question, workspace, signal: context.signal });
    if (questions.length === 0) {
      readySeconds = secondsSinceStart() - applied;
      note(`first answer ${secondsSinceStart().toFixed(1)} s after the start, from ${url}`);
    }
    note(`"${question}" → "${answer.answer}"`);
    questions.push(answer);
  }
  return { questions, readySeconds, url };
}

function describe({ answers, seconds, rssMiB }: DemoResult, url: string): string {
  const lines = answers.map(({ adapters, question, answer }) => {
    const over = adapters.map(({ name, strength }) => `${name} at ${strength}`).join(', ') || 'no adapter';
    return `  ${over.padEnd(20)} ${question} → ${answer}`;
  });
  return [
    '',
    ...lines,
    '',
    `  endpoint  ${url}/v1`,
    `  seconds   install ${seconds.install}, cluster ${seconds.cluster}, first answer after apply ${seconds.ready}, all ${seconds.total}`,
    `  memory    operator ${rssMiB.operator} MiB, launcher ${rssMiB.launcher} MiB, runtime ${rssMiB.runtime} MiB`,
    '',
  ].join('\n');
}

async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

function rounded(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
