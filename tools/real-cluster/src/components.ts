import { join } from 'node:path';
import type { BinaryName } from './versions.ts';

/** What every component's command line is made of. */
export interface ControlPlane {
  readonly directory: string;
  readonly host: string;
  readonly serviceRange: string;
  readonly ports: { readonly api: number; readonly etcdClient: number; readonly etcdPeer: number };
}

export interface Component {
  readonly name: BinaryName;
  /** Needs the API server to be there. */
  readonly afterApiServer: boolean;
  readonly args: readonly string[];
}

/** In start order; ended in the opposite one. */
export function controlPlaneComponents(plane: ControlPlane): readonly Component[] {
  return [
    { name: 'etcd', afterApiServer: false, args: etcd(plane) },
    { name: 'kube-apiserver', afterApiServer: false, args: apiServer(plane) },
    { name: 'kube-controller-manager', afterApiServer: true, args: controllerManager(plane) },
    { name: 'kube-scheduler', afterApiServer: true, args: scheduler(plane) },
    { name: 'kwok', afterApiServer: true, args: kwok(plane) },
  ];
}

export const files = {
  kubeconfig: 'kubeconfig',
  auditLog: 'audit.log',
  auditPolicy: 'pki/audit.json',
  tokens: 'pki/tokens.csv',
  serviceAccountKey: 'pki/service-account.key',
  serviceAccountPublicKey: 'pki/service-account.pub',
  /** Made by the API server itself when it first starts. */
  servingCertificate: 'pki/apiserver.crt',
} as const;

/** Loses data with the machine, not with the process: a killed etcd comes back with all it had. */
function etcd({ directory, ports }: ControlPlane): string[] {
  const client = `http://127.0.0.1:${ports.etcdClient}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    `--data-dir=${join(directory, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=error',
  ];
}

function apiServer({ directory, host, serviceRange, ports }: ControlPlane): string[] {
  const loopback = host.startsWith('127.');
  return [
    `--etcd-servers=http://127.0.0.1:${ports.etcdClient}`,
    `--cert-dir=${join(directory, 'pki')}`,
    `--bind-address=${host}`,
    `--advertise-address=${host}`,
    `--secure-port=${ports.api}`,
    // The kubernetes Service's endpoint may not be a loopback address.
    `--endpoint-reconciler-type=${loopback ? 'none' : 'master-count'}`,
    '--kubelet-preferred-address-types=InternalIP',
    `--token-auth-file=${join(directory, files.tokens)}`,
    '--authorization-mode=Node,RBAC',
    '--allow-privileged=true',
    `--service-cluster-ip-range=${serviceRange}`,
    `--audit-policy-file=${join(directory, files.auditPolicy)}`,
    `--audit-log-path=${join(directory, files.auditLog)}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(directory, files.serviceAccountPublicKey)}`,
    `--service-account-signing-key-file=${join(directory, files.serviceAccountKey)}`,
  ];
}

function controllerManager({ directory }: ControlPlane): string[] {
  return [
    '--secure-port=0',
    `--kubeconfig=${join(directory, files.kubeconfig)}`,
    '--leader-elect=false',
    `--service-account-private-key-file=${join(directory, files.serviceAccountKey)}`,
    `--root-ca-file=${join(directory, files.servingCertificate)}`,
    '--use-service-account-credentials=true',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ];
}

function scheduler({ directory }: ControlPlane): string[] {
  return [
    `--kubeconfig=${join(directory, files.kubeconfig)}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ];
}

/** Plays the nodes that carry its annotation, and no others. */
function kwok({ directory }: ControlPlane): string[] {
  return [
    `--kubeconfig=${join(directory, files.kubeconfig)}`,
    '--manage-all-nodes=false',
    '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
    '--node-lease-duration-seconds=40',
  ];
}
