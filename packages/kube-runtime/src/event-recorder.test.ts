import { describe, expect, it } from 'vitest';
import type { KubeClient } from './client.ts';
import { EventRecorder } from './event-recorder.ts';
import { referenceTo, type RecordedEvent } from './event-series.ts';
import type { CoreEvent } from './kinds.ts';
import { createFakeClock, type FakeClock } from './testing/fake-clock.ts';
import { createObjectServer, type ObjectClient, type ObjectServer } from './testing/object-server.ts';

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'ns', uid: 'u' } };
const failed: RecordedEvent = {
  regarding: referenceTo(pod),
  type: 'Warning',
  reason: 'Failed',
  message: 'no',
};

function setUp(options: { burst?: number } = {}): {
  recorder: EventRecorder;
  server: ObjectServer;
  clock: FakeClock;
  client: ObjectClient;
  counts: () => unknown[];
} {
  const [server, clock] = [createObjectServer(), createFakeClock()];
  const client = server.connect();
  const recorder = new EventRecorder({
    client: client as unknown as KubeClient,
    component: 'op',
    instance: 'op-1',
    clock,
    random: () => 0,
    ...options,
  });
  const counts = (): unknown[] =>
    (server.objects() as CoreEvent[]).map(({ message, count }) => [message, count]);
  return { recorder, server, clock, client, counts };
}

describe('EventRecorder', () => {
  it('writes an event as kubectl describe reads it', async () => {
    const { recorder, server, clock } = setUp();
    recorder.record(failed);
    await clock.advance(0);
    expect(server.objects()).toMatchObject([
      {
        metadata: { namespace: 'ns', name: expect.stringMatching(/^p\.[0-9a-f]+$/) as string },
        involvedObject: { kind: 'Pod', name: 'p', namespace: 'ns', uid: 'u' },
        type: 'Warning',
        reason: 'Failed',
        message: 'no',
        count: 1,
        firstTimestamp: '2026-01-01T00:00:00Z',
        source: { component: 'op' },
        reportingComponent: 'op',
        reportingInstance: 'op-1',
      },
    ]);
  });

  it('counts repetitions, with few writes', async () => {
    const { recorder, server, clock, counts } = setUp();
    for (let times = 0; times < 100; times++) {
      recorder.record(failed);
      await clock.advance(100);
    }
    await recorder.close();
    expect(counts()).toEqual([['no', 100]]);
    expect(server.writes.length).toBeLessThanOrEqual(4);
  });

  it('begins a new event after ten quiet minutes, and when the old one is gone', async () => {
    const { recorder, server, clock, counts } = setUp();
    recorder.record(failed);
    await clock.advance(10 * 60_000);
    recorder.record(failed);
    await clock.advance(1_000);
    expect(counts()).toEqual([
      ['no', 1],
      ['no', 1],
    ]);
    for (const { metadata } of server.objects()) server.remove(metadata);
    recorder.record(failed);
    await clock.advance(5_000);
    expect(counts()).toEqual([['no', 2]]);
  });

  it('limits one object, not the others, and lets it speak again later', async () => {
    const { recorder, clock, counts } = setUp({ burst: 3 });
    for (let index = 0; index < 10; index++) recorder.record({ ...failed, message: String(index) });
    recorder.record({ ...failed, regarding: { ...failed.regarding, name: 'q', uid: 'v' }, message: 'other' });
    await clock.advance(60_000);
    recorder.record({ ...failed, message: 'later' });
    await clock.advance(0);
    expect(counts().map((entry) => (entry as string[])[0])).toEqual(['0', '1', '2', 'other', 'later']);
  });

  it('writes one event at a time, and several only when it is closed', async () => {
    let [inFlight, most] = [0, 0];
    const create = async (_kind: unknown, { metadata }: CoreEvent): Promise<CoreEvent> => {
      most = Math.max(most, ++inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight--;
      return { metadata } as CoreEvent;
    };
    const client = { create } as unknown as KubeClient;
    const recorder = new EventRecorder({ client, component: 'op', instance: 'op-1' });
    for (let index = 0; index < 20; index++) recorder.record({ ...failed, message: String(index) });
    await new Promise((resolve) => setImmediate(resolve));
    expect(most).toBe(1);
    await recorder.close();
    expect([inFlight, most > 1]).toEqual([0, true]);
  });

  it('loses an event rather than throw or wait, and cuts what is too long', async () => {
    const { recorder, client, clock, counts } = setUp();
    client.cutOff = true;
    recorder.record(failed);
    await clock.advance(0);
    client.cutOff = false;
    recorder.record(failed);
    recorder.record({ ...failed, message: 'x'.repeat(5_000) });
    await recorder.close();
    recorder.record({ ...failed, message: 'after close' });
    expect(
      counts()
        .map((entry) => (entry as string[])[0]?.length)
        .sort((a = 0, b = 0) => a - b),
    ).toEqual([2, 1_024]);
  });
});
