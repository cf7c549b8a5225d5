import { startFakeProvider, workspaceOf, type ClaimFate } from '@kaito-ts/fake-provider';

/** How long the operator gives a machine: enough for a good one, however busy it is here. */
export const nodeClaimTimeoutSeconds = 20;

/** Sells machines as a namespace's claims deserve it. */
export interface Cloud {
  /** What becomes of claims for the Workspaces of a namespace from now on. */
  decide(namespace: string, fate: ClaimFate): void;
  /** Says of every NodeClass that it is not ready, and why; undefined takes that back. */
  breakNodeClasses(fault: string | undefined): void;
  close(): Promise<void>;
}

export async function openCloud(kubeconfigPath: string): Promise<Cloud> {
  const fates = new Map<string, ClaimFate>();
  const provider = await startFakeProvider({
    kubeconfigPath,
    behaviour: { fate: (claim) => fates.get(workspaceOf(claim)?.namespace ?? '') ?? 'launch' },
  });
  return {
    decide: (namespace, fate) => {
      fates.set(namespace, fate);
      // Claims that wait are looked at again.
      provider.behave({});
    },
    breakNodeClasses: (nodeClassFault) => provider.behave({ nodeClassFault }),
    close: () => provider.stop(),
  };
}
