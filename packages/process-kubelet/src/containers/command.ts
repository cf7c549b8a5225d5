import { existsSync, readdirSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { ContainerImage } from '../images/container-images.ts';
import { createTranslator, type PathMapping, type PathTranslator } from '../paths/translator.ts';
import { ConfigurationError } from '../pod/configuration-error.ts';
import { expandVariables } from '../pod/expansion.ts';
import type { Container } from '../pod/pod.ts';
import { StartError, type ProcessCommand } from '../process/container-process.ts';

/** What a process gets when neither image nor container says more. */
const hostPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface CommandInput {
  readonly container: Container;
  readonly image: ContainerImage;
  /** What the container asks for (`env`, `envFrom`), not translated. */
  readonly environment: ReadonlyMap<string, string>;
  /** Volume mounts and the file for the termination message. */
  readonly mounts: readonly PathMapping[];
  /** A folder of this container's own: `HOME`, and where it starts unless told. */
  readonly scratchDirectory: string;
}

/** Everything needed to start the container's process, or another one beside it. */
export interface ContainerCommand {
  readonly main: ProcessCommand;
  /** The command of a probe or hook, in the container's environment. */
  beside(command: readonly string[]): ProcessCommand;
}

/**
 * Turns image and container into a process of this host. Throws ConfigurationError `PathNotTranslatable` when the
 * container would look for a mounted file where this host does not have it, and StartError when there is no program.
 */
export function containerCommand(input: CommandInput): ContainerCommand {
  const { container, image, environment, scratchDirectory } = input;
  const translator = createTranslator([...input.mounts, ...imageMappings(image)], {
    existsOnHost: existsSync,
  });
  const words = commandWords(container, image).map((word) => expandVariables(word, environment));
  refuseUntranslatable({ container, words, environment, translator });
  const env = processEnvironment(input, translator);
  const cwd = workingDirectory(container.workingDir ?? image.config.workingDirectory, {
    translator,
    scratchDirectory,
  });
  const command = (given: readonly string[]): ProcessCommand => {
    const [program = '', ...args] = given;
    const file = findExecutable(program, { translator, image, cwd, searchPath: env['PATH'] ?? '' });
    return { file, args: args.map((argument) => translator.value(argument)), env, cwd };
  };
  return { main: command(words), beside: command };
}

function imageMappings({ root }: ContainerImage): readonly PathMapping[] {
  if (root === undefined) return [];
  return readdirSync(root).map((name) => ({
    inContainer: `/${name}`,
    onHost: join(root, name),
    from: 'image',
  }));
}

/** As container runtimes have it: `command` replaces entrypoint and cmd of the image, `args` replaces its cmd. */
function commandWords({ command, args, name }: Container, { config }: ContainerImage): readonly string[] {
  const words = command?.length
    ? [...command, ...(args ?? [])]
    : [...config.entrypoint, ...(args ?? config.command)];
  if (words.length > 0) return words;
  throw new ConfigurationError(
    'CreateContainerConfigError',
    `no command specified: container ${name} gives none, and its image has none`,
  );
}

function refuseUntranslatable({
  container,
  words,
  environment,
  translator,
}: {
  readonly container: Container;
  readonly words: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  readonly translator: PathTranslator;
}): void {
  const texts = [
    ...words.map((text, index) => ({ text, where: `word ${index + 1} of its command` })),
    ...[...environment]
      .filter(([name]) => name !== 'PATH')
      .map(([name, text]) => ({ text, where: `variable ${name}` })),
  ];
  for (const { text, where } of texts) {
    const path = translator.untranslated(text);
    if (path === undefined) continue;
    throw new ConfigurationError(
      'PathNotTranslatable',
      `container ${container.name}: ${where} holds the path ${path} inside a longer text; process-kubelet translates a path only where it is ` +
        `the whole word or value, or what follows its first "="; next: pass ${path} as a word or variable of its own, or use a real node`,
    );
  }
}

function processEnvironment(
  { image, environment, scratchDirectory }: CommandInput,
  translator: PathTranslator,
): Readonly<Record<string, string>> {
  const variables = new Map<string, string>([['HOME', scratchDirectory]]);
  for (const entry of image.config.env) {
    const equals = entry.indexOf('=');
    if (equals > 0) variables.set(entry.slice(0, equals), translator.value(entry.slice(equals + 1)));
  }
  for (const [name, value] of Object.entries(image.env)) variables.set(name, value);
  for (const [name, value] of environment) variables.set(name, translator.value(value));
  const imagePath = image.config.env.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length);
  const path = environment.get('PATH') ?? image.env['PATH'] ?? imagePath ?? hostPath;
  variables.set('PATH', [...image.programPath, translator.list(path)].join(delimiter));
  return Object.fromEntries(variables);
}

/** A folder of a mount or of the image; any other stands for the container's own scratch folder. */
function workingDirectory(
  wanted: string | undefined,
  {
    translator,
    scratchDirectory,
  }: { readonly translator: PathTranslator; readonly scratchDirectory: string },
): string {
  const path = wanted === undefined ? undefined : translator.path(resolve('/', wanted));
  return path !== undefined && existsSync(path) ? path : scratchDirectory;
}

interface ProgramSearch {
  readonly translator: PathTranslator;
  readonly image: ContainerImage;
  readonly cwd: string;
  readonly searchPath: string;
}

function findExecutable(program: string, { translator, image, cwd, searchPath }: ProgramSearch): string {
  const translated = translator.path(program);
  if (translated !== undefined) return translated;
  if (isAbsolute(program)) {
    if (image.root === undefined) return program;
    throw new StartError(`exec: ${JSON.stringify(program)}: no such file in the image or in a mount`);
  }
  if (program.includes('/')) return resolve(cwd, program);
  const found = searchPath
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => isExecutable(file));
  if (found !== undefined) return found;
  throw new StartError(
    `exec: ${JSON.stringify(program)}: executable file not found in $PATH (${searchPath})`,
  );
}

function isExecutable(file: string): boolean {
  const facts = statSync(file, { throwIfNoEntry: false });
  return facts?.isFile() === true && (facts.mode & 0o111) !== 0;
}
