import type { RuntimeName } from '@kaito-ts/api-types';
import type { WebhookOptions } from './admission/admission.ts';
import { runtimeNames } from '@kaito-ts/api-types';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  idleFlags,
  provisionerOptions,
  purchaseOptions,
  type NodeProvisionerName,
  type ProvisionerFlags,
  type PurchaseOptions,
} from './provisioner-options.ts';
import { namespaceOf, portOf, readUpstreamEnvironment, upstreamOptions } from './upstream-settings.ts';

/** What main.ts wires the operator from; everything is checked and nothing is optional by accident. */
export interface OperatorOptions {
  /** Undefined: as kubectl finds it (KUBECONFIG, ~/.kube/config, the pod's service account). */
  readonly kubeconfig: string | undefined;
  readonly nodeProvisioner: NodeProvisionerName;
  /** Undefined: nodes exist already. */
  readonly purchase: PurchaseOptions | undefined;
  readonly defaultRuntime: RuntimeName;
  readonly launcherImage: string;
  readonly runtimeImages: ReadonlyMap<RuntimeName, string>;
  readonly modelRecords: string | undefined;
  readonly metricsAddress: ListenAddress;
  readonly healthAddress: ListenAddress;
  /** Namespace of the operator's own objects: its Lease and the ConfigMap with model records. */
  readonly namespace: string;
  /** Undefined: Workspaces of all namespaces. */
  readonly watchNamespace: string | undefined;
  readonly leaderElect: boolean;
  /** Undefined: no webhook. */
  readonly webhook: WebhookOptions | undefined;
  readonly workers: number;
  readonly logLevel: (typeof logLevels)[number];
  /** Settings that were given and do nothing, for the log. */
  readonly notices: readonly string[];
}

export interface ListenAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

const logLevels = ['debug', 'info', 'warn', 'error'] as const;
const environmentPrefix = 'KAITO_OPERATOR_';

type Environment = Readonly<Record<string, string | undefined>>;

/** Flags win over KAITO_OPERATOR_<FLAG>; unknown ones of either kind end the program with what is wrong. */
export function parseOptions(
  argv: readonly string[],
  environment: Environment,
  version: string,
): OperatorOptions {
  const command = operatorCommand(environment, version);
  refuseUnknownVariables(command, environment);
  const { refusals, notices } = readUpstreamEnvironment(environment);
  if (refusals.length > 0) command.error(`error: ${refusals.join('; ')}`);
  for (const option of command.options) applyVariable(command, option, environment);
  command.parse([...argv], { from: 'user' });
  const parsed = command.opts<ParsedOptions>();
  const { runtimeImage, webhook, metricsBindAddress, healthProbeBindAddress, ...options } = parsed;
  return {
    ...options,
    purchase: purchaseOf(command, parsed, environment),
    metricsAddress: metricsBindAddress ?? options.metricsAddress,
    healthAddress: healthProbeBindAddress ?? options.healthAddress,
    runtimeImages: runtimeImage,
    webhook: webhook ? webhookOptions(parsed) : undefined,
    notices: [...notices, ...idleFlags(givenFlags(command), parsed.nodeProvisioner)],
  };
}

function purchaseOf(
  command: Command,
  flags: ProvisionerFlags,
  environment: Environment,
): PurchaseOptions | undefined {
  try {
    return purchaseOptions(flags, environment['CLOUD_PROVIDER'] ?? '');
  } catch (error) {
    return command.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Those that somebody gave a value other than nothing. */
function givenFlags(command: Command): readonly string[] {
  const values = command.opts<Record<string, unknown>>();
  return command.options
    .filter((option) => {
      const source = command.getOptionValueSource(option.attributeName());
      const value = values[option.attributeName()];
      const empty = value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
      return (source === 'cli' || source === 'env') && !empty;
    })
    .map((option) => option.name());
}

/** What commander makes of the flags, where that differs from what the operator is wired from. */
interface ParsedOptions
  extends Omit<OperatorOptions, 'runtimeImages' | 'webhook' | 'notices' | 'purchase'>, ProvisionerFlags {
  readonly runtimeImage: OperatorOptions['runtimeImages'];
  readonly webhook: boolean;
  readonly webhookAddress: ListenAddress;
  readonly webhookSecret: string;
  readonly webhookConfiguration: string;
  readonly webhookCertificates: WebhookOptions['certificates'];
  readonly metricsBindAddress?: ListenAddress;
  readonly healthProbeBindAddress?: ListenAddress;
}

function webhookOptions(parsed: ParsedOptions): WebhookOptions {
  return {
    address: parsed.webhookAddress,
    secret: parsed.webhookSecret,
    configuration: parsed.webhookConfiguration,
    certificates: parsed.webhookCertificates,
  };
}

function operatorCommand(environment: Environment, version: string): Command {
  const command = new Command('kaito-operator')
    .description('Brings Workspaces to life: one model, on the nodes it selects, behind one Service.')
    .version(version)
    .allowExcessArguments(false)
    .option('--kubeconfig <file>', 'kubeconfig of the cluster; otherwise as kubectl finds it')
    .addOption(
      new Option('--default-runtime <name>', 'runtime of Workspaces without the annotation kaito.sh/runtime')
        .choices(runtimeNames)
        .default('vllm'),
    )
    .option(
      '--launcher-image <reference>',
      'image that holds the launcher to inject',
      `kaito-ts/launcher:${version}`,
    )
    .addOption(
      new Option('--runtime-image <runtime=reference,...>', 'image of a runtime instead of its stock one')
        .argParser(parseRuntimeImages)
        .default(new Map(), 'stock images'),
    )
    .option('--model-records <directory>', 'folder of model records (YAML) beyond the embedded catalogue')
    .addOption(addressOption('--metrics-address', 'where /metrics is served'))
    .addOption(addressOption('--health-address', 'where /healthz and /readyz are served'))
    .option(
      '--namespace <name>',
      "namespace of the operator's own objects",
      namespaceOf(environment) ?? 'kaito-system',
    )
    .option('--watch-namespace <name>', 'serve only the Workspaces of this namespace')
    .addOption(
      new Option('--leader-elect [boolean]', 'let one of several replicas work')
        .argParser(parseBoolean)
        .preset('true')
        .default(false),
    )
    .addOption(
      new Option('--workers <count>', 'Workspaces worked on at once').argParser(parseCount).default(48),
    )
    .addOption(
      new Option('--log-level <level>', 'least important message to log').choices(logLevels).default('info'),
    )
    .configureOutput({ outputError: (text, write) => write(`kaito-operator: ${text}`) });
  for (const option of [...provisionerOptions(), ...webhookFlags(environment), ...upstreamOptions()])
    command.addOption(option);
  return command;
}

function webhookFlags(environment: Environment): readonly Option[] {
  const port = portOf(environment);
  return [
    new Option('--webhook [boolean]', 'judge writes of Workspaces before they are stored')
      .argParser(parseBoolean)
      .preset('true')
      .default(false),
    port !== undefined
      ? new Option('--webhook-address <host:port>', 'where the webhook is served')
          .argParser(parseAddress)
          .default(parseAddress(`:${port}`), `port ${port}, as WEBHOOK_PORT says`)
      : addressOption('--webhook-address', 'where the webhook is served'),
    new Option('--webhook-secret <name>', 'Secret with its certificate, in --namespace').default(
      'kaito-webhook-certificate',
    ),
    new Option('--webhook-configuration <name>', 'ValidatingWebhookConfiguration that calls it').default(
      'kaito-validation',
    ),
    new Option('--webhook-certificates <who>', 'who makes and rotates its certificate')
      .choices(['own', 'external'])
      .default('own', 'the operator'),
    addressAlias('--metrics-bind-address'),
    addressAlias('--health-probe-bind-address'),
  ];
}

/** Upstream's name of an address; it wins over ours. */
function addressAlias(flag: string): Option {
  return new Option(`${flag} <host:port>`).argParser(parseAddress).hideHelp();
}

function addressOption(flag: string, description: string): Option {
  return new Option(`${flag} <host:port>`, description)
    .argParser(parseAddress)
    .default({ host: '127.0.0.1', port: 0 }, 'a free port on 127.0.0.1');
}

function variableName(option: Option): string {
  return environmentPrefix + option.name().replaceAll('-', '_').toUpperCase();
}

function refuseUnknownVariables(command: Command, environment: Environment): void {
  const known = new Set(command.options.map(variableName));
  const unknown = Object.keys(environment).filter(
    (name) => name.startsWith(environmentPrefix) && !known.has(name),
  );
  if (unknown.length > 0) command.error(`error: unknown environment variable ${unknown.sort().join(', ')}`);
}

function applyVariable(command: Command, option: Option, environment: Environment): void {
  const name = variableName(option);
  const value = environment[name];
  if (value === undefined || option.long === '--version') return;
  try {
    const parsed: unknown = option.parseArg === undefined ? value : option.parseArg(value, undefined);
    command.setOptionValueWithSource(option.attributeName(), parsed, 'env');
  } catch (error) {
    command.error(
      `error: environment variable ${name}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function parseRuntimeImages(
  text: string,
  previous?: ReadonlyMap<RuntimeName, string>,
): ReadonlyMap<RuntimeName, string> {
  const images = new Map(previous);
  for (const entry of text.split(',')) {
    const equals = entry.indexOf('=');
    const engine = runtimeNames.find((name) => name === entry.slice(0, equals).trim());
    const image = entry.slice(equals + 1).trim();
    if (equals < 0 || engine === undefined || image === '') {
      throw new InvalidArgumentError(
        `${JSON.stringify(entry)} is not one of ${runtimeNames.join(', ')} = image reference`,
      );
    }
    images.set(engine, image);
  }
  return images;
}

function parseAddress(text: string): ListenAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535)
    throw new InvalidArgumentError(`${JSON.stringify(text)} is not host:port`);
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

function parseBoolean(text: string): boolean {
  if (text !== 'true' && text !== 'false')
    throw new InvalidArgumentError(`${JSON.stringify(text)} is neither true nor false`);
  return text === 'true';
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError(`${JSON.stringify(text)} is no whole number above 0`);
  return count;
}
