import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { defaultLogRotation, type LogRotation } from '../logs/container-log.ts';
import type { GpuInventory } from '../node/capacity.ts';
import { defaultBackOff, type BackOffOptions } from '../pod/back-off.ts';

/** What a caller may say; everything but the state folder has a default. */
export interface RawNodeAgentOptions {
  /** Pods' volumes, logs and process records. Keep the path short: sockets in volumes have 107 characters in all. */
  readonly state: string;
  /** Default: this machine's name. */
  readonly nodeName?: string | undefined;
  /** Folder of the image store; without one only the table of programs is known. */
  readonly images?: string | undefined;
  /** File with the table of programs. */
  readonly programs?: string | undefined;
  /** Default 127.64.0.0/16. Must be local to this machine. */
  readonly podCidr?: string | undefined;
  /** Shown as `nvidia.com/gpu`. Default 0. */
  readonly gpus?: number | undefined;
  readonly gpuProduct?: string | undefined;
  readonly gpuMemoryMib?: number | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Where logs are served, and the node's InternalIP. Default 127.0.0.1. */
  readonly address?: string | undefined;
  /** Default 0: any free port. */
  readonly port?: number | undefined;
  /** First wait between restarts of a crashing container. Default 10. */
  readonly backOffSeconds?: number | undefined;
  /** How often volumes follow ConfigMaps and Secrets. Default 10. */
  readonly refreshSeconds?: number | undefined;
  /** Wait before another try at an image or configuration that is missing. Default 3. */
  readonly retrySeconds?: number | undefined;
  /** Longest grace period when the agent itself is told to stop. Default 10. */
  readonly shutdownGraceSeconds?: number | undefined;
  readonly version?: string | undefined;
}

export interface NodeAgentOptions {
  readonly stateDirectory: string;
  readonly nodeName: string;
  readonly imagesDirectory: string | undefined;
  readonly programsFile: string | undefined;
  readonly podCidr: string;
  readonly gpus: GpuInventory;
  readonly labels: Readonly<Record<string, string>>;
  readonly address: string;
  readonly port: number;
  readonly shutdownGraceSeconds: number;
  readonly version: string;
  readonly timing: {
    readonly backOff: BackOffOptions;
    readonly logRotation: LogRotation;
    readonly refreshMilliseconds: number;
    readonly retryMilliseconds: number;
  };
}

/** Thrown when an option has no usable value; the message names the option and shows the value. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

export function compileOptions(raw: RawNodeAgentOptions): NodeAgentOptions {
  const nodeName = raw.nodeName ?? hostname().toLowerCase();
  if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(nodeName)) {
    throw new OptionError(`--node-name must be a DNS name, got ${JSON.stringify(nodeName)}`);
  }
  const address = raw.address ?? '127.0.0.1';
  if (isIP(address) === 0)
    throw new OptionError(`--address must be an IP address, got ${JSON.stringify(address)}`);
  const gpuCount = nonNegative('--gpus', raw.gpus ?? 0);
  if (!Number.isInteger(gpuCount)) throw new OptionError(`--gpus must be a whole number, got ${gpuCount}`);
  return {
    stateDirectory: resolve(raw.state),
    nodeName,
    imagesDirectory: raw.images === undefined ? undefined : resolve(raw.images),
    programsFile: raw.programs === undefined ? undefined : resolve(raw.programs),
    podCidr: raw.podCidr ?? '127.64.0.0/16',
    gpus: { count: gpuCount, product: raw.gpuProduct, memoryMiB: raw.gpuMemoryMib },
    labels: raw.labels ?? {},
    address,
    port: nonNegative('--port', raw.port ?? 0),
    shutdownGraceSeconds: nonNegative('--shutdown-grace', raw.shutdownGraceSeconds ?? 10),
    version: raw.version ?? '0.0.0',
    timing: {
      backOff: {
        ...defaultBackOff,
        baseSeconds: nonNegative('--back-off', raw.backOffSeconds ?? defaultBackOff.baseSeconds),
      },
      logRotation: defaultLogRotation,
      refreshMilliseconds: nonNegative('--refresh', raw.refreshSeconds ?? 10) * 1000,
      retryMilliseconds: nonNegative('--retry', raw.retrySeconds ?? 3) * 1000,
    },
  };
}

/** `k=v,k2=v2` as a map. */
export function parseLabels(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw new OptionError(`--labels must be key=value,…, got ${JSON.stringify(pair)}`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

function nonNegative(option: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new OptionError(`${option} must be a number that is not negative, got ${String(value)}`);
}
