import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { ask, bin, models, programStarter, untilLoaded } from './testing/start-program.ts';

const llamaServer = process.env['KAITO_TEST_LLAMA_SERVER'];
if (llamaServer === undefined)
  console.warn('skipped: KAITO_TEST_LLAMA_SERVER names no llama-server to compare with');

const questions = [
  'Hello',
  'what are you?',
  'What is a workspace',
  'what is an adapter?',
  'how are you',
  'Who made you?',
  'thank you!',
  'goodbye.',
];
const rounds = 2;
const start = programStarter();

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

async function answers(
  url: string,
): Promise<{ readonly texts: readonly string[]; readonly seconds: number }> {
  const started = performance.now();
  const texts: string[] = [];
  for (let round = 0; round < rounds; round += 1)
    for (const question of questions) texts.push(await ask(url, question));
  return { texts, seconds: (performance.now() - started) / 1000 };
}

describe.skipIf(llamaServer === undefined).each(['1', '0.25'])(
  'kaito-cpu-runtime beside llama-server, own-pirate at %s',
  (scale) => {
    const flags = [
      '--model',
      join(models, 'own-base.gguf'),
      '--threads',
      '1',
      '--lora-scaled',
      `${join(models, 'own-pirate.gguf')}:${scale}`,
    ];
    let ours = '';
    let theirs = '';
    beforeAll(async () => {
      ({ url: ours } = await untilLoaded(start(process.execPath, [bin, ...flags, '--port', '0'])));
      const port = await freePort();
      theirs = `http://127.0.0.1:${port}`;
      const child = start(llamaServer as string, [...flags, '--host', '127.0.0.1', '--port', String(port)]);
      let log = '';
      child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
      const deadline = performance.now() + 120_000;
      while (!(await fetch(`${theirs}/health`).catch(() => undefined))?.ok) {
        if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline)
          throw new Error(`llama-server is not healthy, exit code ${child.exitCode}\n${log.slice(-4_000)}`);
        await setTimeout(100);
      }
    }, 240_000);

    it('gives the same answers', async () => {
      const [ourAnswers, theirAnswers] = [await answers(ours), await answers(theirs)];
      expect(ourAnswers.texts).toEqual(theirAnswers.texts);
      const tokens = ourAnswers.texts.join('').length;
      const speed = ({ seconds }: { readonly seconds: number }): string =>
        `${Math.round(tokens / seconds)} tokens/s`;
      console.info(`kaito-cpu-runtime ${speed(ourAnswers)}, llama-server ${speed(theirAnswers)}`);
    }, 240_000);
  },
);
