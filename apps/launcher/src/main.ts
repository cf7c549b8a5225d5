import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineNames } from './engines/index.ts';
import { failureOf, type Failure } from './failure/failure.ts';
import { writeTerminationLog } from './failure/termination-log.ts';
import { listenWidely } from './http/listen-widely.ts';
import { startLauncher } from './launcher.ts';
import { createLog } from './log.ts';
import { preparationArgument, prepareSeparately, serveParent } from './prepare/separate-process.ts';
import { settingDefinitions } from './settings/definitions.ts';
import { parseSettings } from './settings/parse-settings.ts';
import type { Settings } from './settings/settings.ts';
import { usage } from './settings/usage.ts';

const argv = process.argv.slice(2);
const log = createLog((line) => process.stdout.write(line));

if (argv[0] === preparationArgument) {
  // Loaded only here, so that a serving launcher never holds schemas, catalogue and tensors.
  const { prepare } = await import('./prepare/prepare.ts');
  serveParent(prepare);
} else if (argv.includes('--help')) {
  process.stdout.write(usage());
} else {
  await serve();
}

function reportFailure(failure: Failure, terminationLog: string | undefined): void {
  log('failed', { class: failure.class, error: failure.message, hint: failure.hint });
  if (terminationLog !== undefined) writeTerminationLog(terminationLog, failure);
}

async function serve(): Promise<void> {
  let settings: Settings;
  try {
    settings = parseSettings({
      argv,
      environment: process.env,
      engines: engineNames,
      temporaryDirectory: join(tmpdir(), 'kaito-launcher'),
    });
  } catch (error) {
    reportFailure(failureOf(error), process.env[settingDefinitions.terminationLog.environment]);
    process.exitCode = 2;
    return;
  }
  // The orphan guard ends the runtime when this process is gone.
  process.once('uncaughtException', (error) => {
    reportFailure(failureOf(error), settings.terminationLog);
    process.exit(1);
  });
  const listenAddress = listenWidely(settings.listenAddress, networkInterfaces());
  const launcher = startLauncher(
    { ...settings, listenAddress },
    {
      environment: process.env,
      stdout: process.stdout,
      stderr: process.stderr,
      log,
      now: Date.now,
      prepare: (prepared, hooks) => prepareSeparately(prepared, { ...hooks, program: process.argv[1] ?? '' }),
    },
  );
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => launcher.terminate());
  process.exit(await launcher.ended);
}
