import { isIPv6 } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * Where to listen when told to listen on this address. A pod's is its network interface's own; then every address of the
 * pod will do, for a port-forward comes in by loopback. Pods that share one machine's network have addresses that are no
 * interface's: each stays on its own.
 */
export function listenWidely(address: string, interfaces: Interfaces): string {
  const own = Object.values(interfaces)
    .flatMap((each) => each ?? [])
    .some((each) => each.address === address && !each.internal);
  if (!own) return address;
  return isIPv6(address) ? '::' : '0.0.0.0';
}
