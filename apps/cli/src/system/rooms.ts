import type { SupervisionOptions } from './supervised-room.ts';
import type { SystemLayout } from './state.ts';
import type { SystemOptions } from './system-options.ts';

/** What is started, and with which arguments; where it logs is the system's business. */
export type Room = Omit<SupervisionOptions, 'logFile' | 'onRestart'>;

/** It keeps everything in memory, so starting it again would only hide the loss. */
export function apiServerRoom(layout: SystemLayout): Room {
  return {
    name: 'api-server',
    restart: false,
    packageName: '@kaito-ts/local-cluster',
    args: ['--state', layout.cluster],
  };
}

export function nodeRoom(
  layout: SystemLayout,
  kubeconfigPath: string,
  { gpus, podCidr }: SystemOptions,
): Room {
  return {
    name: 'node',
    restart: true,
    packageName: '@kaito-ts/process-kubelet',
    args: [
      ...['--kubeconfig', kubeconfigPath, '--state', layout.node, '--images', layout.images],
      ...['--programs', layout.programs, '--node-name', 'local'],
      ...(gpus > 0 ? ['--gpus', String(gpus)] : []),
      ...(podCidr === undefined ? [] : ['--pod-cidr', podCidr]),
    ],
  };
}

export interface OperatorAddresses {
  readonly health: string;
  readonly metrics: string;
}

export function operatorRoom(
  kubeconfigPath: string,
  addresses: OperatorAddresses,
  options: SystemOptions,
): Room {
  const { defaultRuntime, modelRecords, operatorArguments = [] } = options;
  return {
    name: 'operator',
    restart: true,
    packageName: '@kaito-ts/operator',
    args: [
      ...['--kubeconfig', kubeconfigPath, '--node-provisioner', 'byo', '--default-runtime', defaultRuntime],
      ...['--health-address', addresses.health, '--metrics-address', addresses.metrics],
      ...(modelRecords === undefined ? [] : ['--model-records', modelRecords]),
      ...operatorArguments,
    ],
  };
}
