import type { PodSecurityContext, SecurityContext } from './kubernetes.ts';

/** Runtime images often default to root, which `runAsNonRoot` alone would refuse to start. */
const unprivilegedUser = 1000;

/** The pod half of the `restricted` Pod Security level. */
export function restrictedPod(): PodSecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: unprivilegedUser,
    runAsGroup: unprivilegedUser,
    fsGroup: unprivilegedUser,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/** The container half of the `restricted` Pod Security level. */
export function restrictedContainer(): SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  };
}
