import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineNames } from './engines/index.ts';
import { failureOf } from './failure/failure.ts';
import { writeTerminationLog } from './failure/termination-log.ts';
import { startLauncher } from './launcher.ts';
import { createLog } from './log.ts';
import { preparationArgument, prepareSeparately, serveParent } from './prepare/separate-process.ts';
import { settingDefinitions } from './settings/definitions.ts';
import { parseSettings } from './settings/parse-settings.ts';
import type { Settings } from './settings/settings.ts';
import { usage } from './settings/usage.ts';

const argv = process.argv.slice(2);

if (argv[0] === preparationArgument) {
  // Loaded only here, so that a serving launcher never holds schemas, catalogue and tensors.
  const { prepare } = await import('./prepare/prepare.ts');
  serveParent(prepare);
} else if (argv.includes('--help')) {
  process.stdout.write(usage());
} else {
  await serve();
}

async function serve(): Promise<void> {
  const log = createLog((line) => process.stdout.write(line));
  let settings: Settings;
  try {
    settings = parseSettings({
      argv,
      environment: process.env,
      engines: engineNames,
      temporaryDirectory: join(tmpdir(), 'kaito-launcher'),
    });
  } catch (error) {
    const failure = failureOf(error);
    log('failed', { class: failure.class, error: failure.message, hint: failure.hint });
    const file = process.env[settingDefinitions.terminationLog.environment];
    if (file !== undefined) writeTerminationLog(file, failure);
    process.exitCode = 2;
    return;
  }
  const launcher = startLauncher(settings, {
    environment: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    log,
    now: Date.now,
    prepare: (prepared, hooks) => prepareSeparately(prepared, { ...hooks, program: process.argv[1] ?? '' }),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => launcher.terminate());
  process.exit(await launcher.ended);
}
