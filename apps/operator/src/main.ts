import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createClient, createTransport, loadKubeconfig, systemClock } from '@kaito-ts/kube-runtime';
import { embeddedCatalogue } from '@kaito-ts/preset-catalog';
import { destination } from 'pino';
import { Registry } from 'prom-client';
import packageJson from '../package.json' with { type: 'json' };
import type { RecordText } from './model-records.ts';
import { measureCalls } from './call-metrics.ts';
import { createLogger } from './logging.ts';
import { createOperator } from './operator.ts';
import { parseOptions } from './options.ts';
import { warmUp } from './warm-up.ts';

const { version } = packageJson;
const options = parseOptions(process.argv.slice(2), process.env, version);
const logger = createLogger({ logLevel: options.logLevel, version }, destination(2));
for (const notice of options.notices) logger.warn({ notice }, 'a setting does nothing');

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

try {
  const access = await loadKubeconfig({ path: options.kubeconfig, env: process.env });
  const registry = new Registry();
  const transport = measureCalls(
    createTransport(access, { userAgent: `kaito-operator/${version}` }),
    registry,
  );
  const catalogue = embeddedCatalogue();
  const operator = createOperator({
    client: createClient(transport),
    options,
    catalogue,
    recordTexts: options.modelRecords === undefined ? [] : await readRecords(options.modelRecords),
    identity: `${process.env['POD_NAME'] ?? hostname()}_${randomUUID().slice(0, 8)}`,
    logger,
    clock: systemClock,
    registry,
    listening: (urls) =>
      process.stdout.write(`${JSON.stringify({ listening: true, pid: process.pid, ...urls })}\n`),
  });
  const running = operator.run(stop.signal);
  // While the first connections are made.
  warmUp({ ...options, catalogue });
  await running;
  await transport.close();
} catch (error) {
  logger.fatal(
    { error: error instanceof Error ? error.message : String(error) },
    'the operator cannot go on',
  );
  process.exitCode = 1;
}

async function readRecords(directory: string): Promise<readonly RecordText[]> {
  const names = (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({ filename: name, text: await readFile(join(directory, name), 'utf8') })),
  );
}
