import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Container, HttpGet, Probe } from '../pod/pod.ts';

export type ProbeResult = { readonly passed: true } | { readonly passed: false; readonly message: string };

export interface ProbeTarget {
  readonly container: Container;
  readonly podIP: string;
  /** Runs a command beside the container. */
  readonly exec: (
    command: readonly string[],
    timeoutMilliseconds: number,
  ) => Promise<{ exitCode: number; timedOut: boolean; output: string }>;
}

const defaultTimeoutSeconds = 1;

/** Makes one attempt of a probe; never throws. */
export async function checkProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  const timeoutMilliseconds = (probe.timeoutSeconds ?? defaultTimeoutSeconds) * 1000;
  try {
    if (probe.exec) return await checkExec(probe.exec.command ?? [], timeoutMilliseconds, target);
    if (probe.httpGet) return await checkHttp(probe.httpGet, timeoutMilliseconds, target);
    if (probe.tcpSocket) {
      const port = resolvePort(probe.tcpSocket.port, target.container);
      return await checkTcp({ host: probe.tcpSocket.host ?? target.podIP, port }, timeoutMilliseconds);
    }
    return {
      passed: false,
      message: 'only httpGet, tcpSocket and exec probes are supported by process-kubelet',
    };
  } catch (error) {
    return { passed: false, message: (error as Error).message };
  }
}

/** Requests a URL of the pod as probes and lifecycle hooks do: 200 to 399 is good, certificates are not checked. */
export async function checkHttp(
  get: HttpGet,
  timeoutMilliseconds: number,
  target: Omit<ProbeTarget, 'exec'>,
): Promise<ProbeResult> {
  const port = resolvePort(get.port, target.container);
  const host = get.host === undefined || get.host === '' ? target.podIP : get.host;
  const headers: Record<string, string> = {
    'user-agent': 'kube-probe/process-kubelet',
    accept: '*/*',
    connection: 'close',
  };
  for (const { name, value } of get.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  const options = {
    host,
    port,
    path: get.path === undefined || get.path === '' ? '/' : get.path,
    headers,
    agent: false as const,
  };
  const send = get.scheme === 'HTTPS' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const request = send({ ...options, ...(get.scheme === 'HTTPS' ? { rejectUnauthorized: false } : {}) });
    const timer = setTimeout(() => {
      request.destroy(
        new Error(`no answer from ${host}:${port}${options.path} within ${timeoutMilliseconds / 1000} s`),
      );
    }, timeoutMilliseconds);
    request.on('response', (response) => {
      clearTimeout(timer);
      response.destroy();
      const status = response.statusCode ?? 0;
      resolve(
        status >= 200 && status < 400
          ? { passed: true }
          : { passed: false, message: `HTTP probe failed with statuscode: ${status}` },
      );
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve({
        passed: false,
        message: `Get "${host}:${port}${options.path}": ${error.message || (error.code ?? 'failed')}`,
      });
    });
    request.end();
  });
}

async function checkTcp(
  address: { readonly host: string; readonly port: number },
  timeoutMilliseconds: number,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const done = (result: ProbeResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(timeoutMilliseconds, () =>
      done({ passed: false, message: `dial tcp ${address.host}:${address.port}: timeout` }),
    );
    socket.on('connect', () => done({ passed: true }));
    socket.on('error', (error) => done({ passed: false, message: error.message }));
  });
}

async function checkExec(
  command: readonly string[],
  timeoutMilliseconds: number,
  { exec }: ProbeTarget,
): Promise<ProbeResult> {
  const { exitCode, timedOut, output } = await exec(command, timeoutMilliseconds);
  if (timedOut) return { passed: false, message: `command ${JSON.stringify(command)} timed out` };
  return exitCode === 0
    ? { passed: true }
    : { passed: false, message: output === '' ? `exit code ${exitCode}` : output };
}

function resolvePort(port: number | string, container: Container): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port);
  if (!Number.isInteger(named)) throw new Error(`couldn't find port: ${port} in container ${container.name}`);
  return named;
}
