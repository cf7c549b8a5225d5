import { spawn } from 'node:child_process';

export interface OrphanGuard {
  dismiss(): void;
}

/**
 * A small shell that ends the runtime's process group when the launcher is gone without having stopped it (SIGKILL).
 * In a container the death of the launcher ends everything anyway; on a host nothing else would. It waits on a pipe whose
 * other end only the launcher holds, so the kernel tells it.
 */
export function guardAgainstOrphans(groupId: number): OrphanGuard {
  const guard = spawn(
    '/bin/sh',
    ['-c', 'read -r _; kill -s KILL -- "-$1" 2>/dev/null', 'kaito-guard', String(groupId)],
    {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
    },
  );
  // An image without a shell serves without a guard.
  guard.on('error', () => {});
  guard.stdin.on('error', () => {});
  guard.unref();
  (guard.stdin as typeof guard.stdin & { unref?: () => void }).unref?.();
  return {
    dismiss() {
      guard.kill('SIGKILL');
    },
  };
}
