import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';

export interface LoraFile {
  readonly filePath: string;
  readonly scale: number;
}

/** Everything the process is told; the names and meanings are llama-server's. */
export interface Settings {
  readonly model: string;
  readonly alias: string;
  /** A name or address, or a Unix socket when it ends in `.sock`. */
  readonly host: string;
  readonly port: number;
  /** Tokens over all sequences; 0 gives every sequence the length the model was trained with. */
  readonly contextTokens: number;
  readonly threads: number;
  readonly parallel: number;
  readonly batchTokens: number;
  readonly loras: readonly LoraFile[];
  readonly chatTemplateFile?: string;
  /** Used when a request does not say otherwise. */
  readonly defaults: SamplingDefaults;
}

export interface SamplingDefaults {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly seed?: number;
  readonly maxTokens?: number;
}

/** Parses llama-server's flags; prints what is wrong and exits 2 on one that is not implemented here. */
export function parseCommandLine(arguments_: readonly string[]): Settings {
  const command = createCommand().parse(
    arguments_.map((argument) => longNames[argument] ?? argument),
    { from: 'user' },
  );
  const flags = command.opts<Flags>();
  return {
    model: flags.model,
    alias: flags.alias ?? flags.model,
    host: flags.host,
    port: flags.port,
    contextTokens: flags.ctxSize,
    threads: flags.threads,
    parallel: flags.parallel,
    batchTokens: flags.batchSize,
    loras: [...flags.lora, ...flags.loraScaled],
    ...(flags.chatTemplateFile === undefined ? {} : { chatTemplateFile: flags.chatTemplateFile }),
    defaults: {
      temperature: flags.temp,
      topK: flags.topK,
      topP: flags.topP,
      minP: flags.minP,
      ...(flags.seed < 0 ? {} : { seed: flags.seed }),
      ...(flags.predict < 0 ? {} : { maxTokens: flags.predict }),
    },
  };
}

interface Flags {
  readonly model: string;
  readonly alias?: string;
  readonly host: string;
  readonly port: number;
  readonly ctxSize: number;
  readonly threads: number;
  readonly parallel: number;
  readonly batchSize: number;
  readonly lora: readonly LoraFile[];
  readonly loraScaled: readonly LoraFile[];
  readonly chatTemplateFile?: string;
  readonly temp: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly seed: number;
  readonly predict: number;
}

/** llama-server's other spellings, which commander cannot express. */
const longNames: Readonly<Record<string, string>> = {
  '-np': '--parallel',
  '--temperature': '--temp',
  '--n-predict': '--predict',
};

function createCommand(): Command {
  return new Command('kaito-cpu-runtime')
    .description(
      'An OpenAI-compatible server over llama.cpp for machines without a GPU. Takes flags of llama-server.',
    )
    .requiredOption('-m, --model <file>', 'GGUF model')
    .option('-a, --alias <name>', 'name shown to clients (default: the model path)')
    .option('--host <host>', 'address to listen on, or a path ending in .sock', '127.0.0.1')
    .option('--port <port>', 'TCP port, 0 for a free one', integer(0, 65_535), 8080)
    .option(
      '-c, --ctx-size <tokens>',
      'context of all sequences together; 0: as the model was trained, for each',
      integer(0),
      0,
    )
    .option(
      '-t, --threads <count>',
      'threads at most; small models use fewer (default: the cores available)',
      integer(1),
      availableParallelism(),
    )
    .option('--parallel <count>', 'sequences answered at the same time (-np)', integer(1, 256), 1)
    .option('-b, --batch-size <tokens>', 'tokens of a prompt evaluated at once', integer(1), 512)
    .option('--lora <files>', 'LoRA adapters at scale 1, separated by commas', loraFiles, [])
    .option('--lora-scaled <files>', 'LoRA adapters as FILE:SCALE, separated by commas', scaledLoraFiles, [])
    .option('--chat-template-file <file>', "Jinja template instead of the model's own")
    .option('--temp <value>', 'default temperature, 0 for greedy', float(0, 100), 0.8)
    .option('--top-k <count>', 'default top-k, 0 for off', integer(0), 40)
    .option('--top-p <value>', 'default top-p', float(0, 1), 0.95)
    .option('--min-p <value>', 'default min-p', float(0, 1), 0.05)
    .option('-s, --seed <seed>', 'default seed, -1 for a random one', integer(-1, 0xffffffff), -1)
    .option('-n, --predict <tokens>', 'default limit of generated tokens, -1 for none', integer(-1), -1)
    .option('--metrics', 'accepted; /metrics is always served')
    .option('--jinja', 'accepted; chat templates are always rendered')
    .allowExcessArguments(false)
    .configureOutput({ outputError: (text, write) => write(`kaito-cpu-runtime: ${text}`) })
    .showHelpAfterError(
      'flags of llama-server that --help does not list are not implemented here: install llama-server for them',
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
}

function integer(minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= minimum && value <= maximum)
      return value;
    throw new InvalidArgumentError(`expected an integer from ${minimum} to ${maximum}.`);
  };
}

function float(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`expected a number from ${minimum} to ${maximum}.`);
  };
}

function loraFiles(text: string, before: readonly LoraFile[]): readonly LoraFile[] {
  return [...before, ...text.split(',').map((filePath) => ({ filePath, scale: 1 }))];
}

function scaledLoraFiles(text: string, before: readonly LoraFile[]): readonly LoraFile[] {
  const files = text.split(',').map((item) => {
    const [, filePath, scale] = /^(.+):([^:]+)$/.exec(item) ?? [];
    if (filePath === undefined || !Number.isFinite(Number(scale)))
      throw new InvalidArgumentError(`expected FILE:SCALE, got ${JSON.stringify(item)}.`);
    return { filePath, scale: Number(scale) };
  });
  return [...before, ...files];
}
