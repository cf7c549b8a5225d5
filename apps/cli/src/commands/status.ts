import { Command } from 'commander';
import { connect, workspaces, type StoredWorkspace } from '../cluster.ts';
import { CommandError } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { kubeconfigOption, namespaceOption, outputOption, stateOption } from '../options.ts';
import { renderTable, writeOutput, type OutputFormat } from '../output.ts';
import { isSameProcess } from '../system/leftovers.ts';
import { readProcess } from '../system/process-table.ts';
import { defaultStateRoot, readSystemRecord, systemLayout } from '../system/state.ts';

interface StatusOptions {
  readonly kubeconfig?: string;
  readonly namespace?: string;
  readonly system?: boolean;
  readonly state?: string;
  readonly output: OutputFormat;
}

/** `kaito status [NAME]`: conditions as sentences; `--system`: the processes of `kaito up`. */
export function statusCommand(context: CommandContext): Command {
  return new Command('status')
    .description('say how Workspaces are doing and what they wait for')
    .argument('[name]', 'one Workspace; all of the namespace unless given')
    .option('--system', 'show the processes of a local kaito up instead')
    .addOption(kubeconfigOption())
    .addOption(namespaceOption())
    .addOption(stateOption())
    .addOption(outputOption())
    .action(async (name: string | undefined, options: StatusOptions) => {
      if (options.system === true) await showSystem(context, options);
      else await showWorkspaces(context, name, options);
    });
}

async function showWorkspaces(
  context: CommandContext,
  name: string | undefined,
  options: StatusOptions,
): Promise<void> {
  const connection = await connect({ kubeconfigPath: options.kubeconfig, environment: context.environment });
  try {
    const namespace = options.namespace ?? connection.namespace;
    const found =
      name === undefined
        ? (await connection.client.list(workspaces, { namespace })).items
        : [await connection.client.get(workspaces, { namespace, name })];
    writeOutput(context, options.output, name === undefined ? found : found[0], () =>
      found.map(describe).join('\n'),
    );
  } finally {
    await connection.close();
  }
}

function describe(workspace: StoredWorkspace): string {
  const { metadata, status } = workspace;
  const conditions = status?.conditions ?? [];
  const stale = conditions.some(({ observedGeneration }) => observedGeneration !== metadata.generation);
  const head = `${metadata.namespace}/${metadata.name}: ${status?.state ?? 'not seen by an operator yet'}${stale ? ' (of an earlier version)' : ''}\n`;
  const table = renderTable(
    [
      { title: 'CONDITION', value: ({ type }) => type },
      { title: 'STATUS', value: ({ status: value }) => value },
      { title: 'REASON', value: ({ reason }) => reason },
      { title: 'MESSAGE', value: ({ message }) => message ?? '' },
    ],
    conditions,
  );
  return conditions.length === 0 ? head : `${head}${table}`;
}

async function showSystem(context: CommandContext, options: StatusOptions): Promise<void> {
  const layout = systemLayout(options.state ?? defaultStateRoot(context.environment));
  const record = await readSystemRecord(layout);
  if (record === undefined) {
    throw new CommandError({
      code: 'NO_SYSTEM',
      message: `no kaito system was started from ${layout.root}`,
      next: 'start one with kaito up, or name its folder with --state',
    });
  }
  const rows = await Promise.all(
    [{ name: 'supervisor', pid: record.pid, startTime: record.startTime, log: '' }, ...record.processes].map(
      async (each) => ({
        name: each.name,
        pid: each.pid,
        log: each.log,
        running: await isSameProcess(each.pid, each.startTime),
        rssMiB: Math.round(((await readProcess(each.pid))?.residentBytes ?? 0) / 1024 / 1024),
      }),
    ),
  );
  const value = { kubeconfig: record.kubeconfig, endpoints: record.endpoints, processes: rows };
  writeOutput(context, options.output, value, () =>
    renderTable(
      [
        { title: 'PROCESS', value: ({ name }) => name },
        { title: 'PID', value: ({ pid }) => String(pid) },
        { title: 'RUNNING', value: ({ running }) => (running ? 'yes' : 'no') },
        { title: 'RSS', value: ({ rssMiB }) => `${rssMiB} MiB` },
        { title: 'LOG', value: ({ log }) => log },
      ],
      rows,
    ),
  );
}
