import { InvalidArgumentError, Option } from 'commander';

/**
 * What upstream KAITO v0.12 takes as flags and environment. Each is taken with the same meaning, or refused with what
 * stands in its place: a setting that silently did nothing would be found out when it is needed.
 */
const noStreaming = 'model mirrors and streaming are not part of this release: leave it away';
const logging = 'use --log-level; logs are always JSON';

const refusedFlags: Readonly<Record<string, string>> = {
  '--kube-client-qps':
    'there is no limit on this side: API Priority and Fairness limits on the server; see also --workers',
  '--kube-client-burst':
    'there is no limit on this side: API Priority and Fairness limits on the server; see also --workers',
  '--default-model-mirror-storage-class': noStreaming,
  '--default-streaming-service-account': noStreaming,
  '--model-mirror-download-cpu': noStreaming,
  '--model-mirror-download-memory': noStreaming,
  '--zap-devel': logging,
  '--zap-encoder': logging,
  '--zap-log-level': logging,
  '--zap-stacktrace-level': logging,
  '--zap-time-encoding': logging,
  '-v': logging,
};

/** What stands in the way of a gate's value; undefined: the value means what it means upstream. */
interface Gate {
  readonly true?: string;
  readonly false?: string;
}

const noInferenceSets = 'InferenceSets are not served by this release: leave it away or set it to false';
const notServed = 'it is not part of this release: leave it away or set it to false';

const gates: Readonly<Record<string, Gate>> = {
  vLLM: { false: 'use --default-runtime transformers' },
  // As upstream: the provisioner decides, whatever the gate says.
  disableNodeAutoProvisioning: {},
  // Partitions need no gate here; upstream refuses them without.
  enableMIG: {},
  enableAccelerator: { true: notServed },
  enableInferenceSetController: { true: noInferenceSets },
  gatewayAPIInferenceExtension: { true: noInferenceSets },
  enableMultiRoleInferenceController: { true: notServed },
  ModelMirror: { true: notServed },
  ModelStreaming: { true: notServed },
  enableBaseImageAutoUpgrade: { true: notServed },
  Karpenter: { true: 'use --node-provisioner' },
  ensureNodeClass: { true: 'use --node-provisioner' },
};

export function upstreamOptions(): readonly Option[] {
  const refused = Object.entries(refusedFlags).map(([flag, instead]) =>
    new Option(`${flag} [value]`)
      .preset('true')
      .argParser((text) => {
        // Upstream's chart passes some of them empty, which asks for nothing.
        if (text !== '') throw new InvalidArgumentError(instead);
        return undefined;
      })
      .hideHelp(),
  );
  const featureGates = new Option('--feature-gates <name=boolean,...>').argParser(checkGates).hideHelp();
  return [featureGates, ...refused];
}

function checkGates(text: string): undefined {
  for (const entry of text.split(',').filter((part) => part.trim() !== '')) {
    const [name = '', value] = entry.split('=', 2).map((part) => part.trim());
    const gate = Object.hasOwn(gates, name) ? gates[name] : undefined;
    if (gate === undefined)
      throw new InvalidArgumentError(
        `${JSON.stringify(name)} is no gate; known are ${Object.keys(gates).join(', ')}`,
      );
    if (value !== 'true' && value !== 'false')
      throw new InvalidArgumentError(`${JSON.stringify(entry)} is not name=true or name=false`);
    if (gate[value] !== undefined) throw new InvalidArgumentError(`${name}=${value}: ${gate[value]}`);
  }
  return undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Variable {
  /** Values that mean the same here; absent: every value. */
  readonly accepted?: readonly string[];
  /** What stands in the place of every other value. */
  readonly instead?: string;
  /** Said once in the log when the variable is set. */
  readonly notice?: string;
}

const variables: Readonly<Record<string, Variable>> = {
  CLOUD_PROVIDER: {
    accepted: ['azure', 'aws', 'arc'],
    instead: 'it may be azure, aws or arc, or be left away: instance types of all of them are known',
  },
  PRESET_REGISTRY_NAME: {
    accepted: [],
    instead:
      'there are no preset images to prefix: name the images with --runtime-image and --launcher-image',
  },
  CONFIG_LOGGING_NAME: { accepted: [], instead: 'there is no logging ConfigMap: use --log-level' },
  WEBHOOK_SERVICE: { notice: 'has no effect: the host comes from the ValidatingWebhookConfiguration' },
  CLUSTER_NAME: { notice: 'has no effect, as with upstream' },
  HF_TOKEN: {
    notice: 'has no effect: the operator calls no model hub; give pods a token with modelAccessSecret',
  },
};

/** Says which of upstream's variables cannot be followed, and which are but do nothing. */
export function readUpstreamEnvironment(environment: Environment): {
  readonly refusals: readonly string[];
  readonly notices: readonly string[];
} {
  const refusals: string[] = [];
  const notices: string[] = [];
  for (const [name, { accepted, instead, notice }] of Object.entries(variables)) {
    const value = environment[name] ?? '';
    if (value === '') continue;
    if (accepted !== undefined && !accepted.includes(value))
      refusals.push(`environment variable ${name}=${JSON.stringify(value)}: ${instead}`);
    else if (notice !== undefined) notices.push(`${name} ${notice}`);
  }
  if (environment['WEBHOOK_PORT'] && portOf(environment) === undefined)
    refusals.push(
      `environment variable WEBHOOK_PORT=${JSON.stringify(environment['WEBHOOK_PORT'])}: no port`,
    );
  return { refusals, notices };
}

/** Undefined when WEBHOOK_PORT is not set, or is no port. */
export function portOf(environment: Environment): number | undefined {
  const port = Number(environment['WEBHOOK_PORT'] || undefined);
  return Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : undefined;
}

/** Upstream's names for the operator's own namespace, after our own. */
export function namespaceOf(environment: Environment): string | undefined {
  return (
    environment['POD_NAMESPACE'] ||
    environment['RELEASE_NAMESPACE'] ||
    environment['SYSTEM_NAMESPACE'] ||
    undefined
  );
}
