import { BlockList, isIP } from 'node:net';
import { type IssueCode, issueCodes } from '../issues/field-issue.ts';

/** Addresses from which a download could reach inside the cluster or the machine. */
const inside = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['224.0.0.0', 24],
  ['0.0.0.0', 8],
] as const) {
  inside.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::1', 128],
  ['::', 128],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff02::', 16],
] as const) {
  inside.addSubnet(network, bits, 'ipv6');
}

const metadataHosts = new Set([
  'localhost',
  'metadata.google.internal',
  'metadata.google',
  'instance-data.ec2.internal',
]);

/** Says why training data may not come from an address; names are not resolved. */
export function sourceUrlProblem(
  url: string,
): { readonly code: IssueCode; readonly message: string } | undefined {
  const parsed = URL.parse(url);
  if (!parsed || parsed.host === '') {
    return { code: issueCodes.invalidValue, message: 'must be an absolute URL with a host' };
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    return { code: issueCodes.invalidValue, message: 'must start with http:// or https://' };
  }
  const host = parsed.hostname.toLowerCase().replace(/\.$/, '');
  if (metadataHosts.has(host) || host.endsWith('.localhost') || isInside(host)) {
    return {
      code: issueCodes.forbiddenAddress,
      message: `${host} is inside the machine or the cluster; downloads come from outside`,
    };
  }
  return undefined;
}

function isInside(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const family = isIP(address);
  return family !== 0 && inside.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
