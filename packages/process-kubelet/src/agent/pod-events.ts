import type { EventRecorder } from '@kaito-ts/kube-runtime';
import type { Pod } from '../pod/pod.ts';
import type { PodEvents } from './services.ts';

/** Events about pods, written by the recorder in its own time. */
export function createPodEvents(recorder: EventRecorder): PodEvents {
  const record = (type: 'Normal' | 'Warning') => (pod: Pod, reason: string, message: string) => {
    const { name, namespace, uid, resourceVersion } = pod.metadata;
    recorder.record({
      regarding: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid, resourceVersion },
      type,
      reason,
      message,
    });
  };
  return { normal: record('Normal'), warning: record('Warning') };
}
