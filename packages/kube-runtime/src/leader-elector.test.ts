import { describe, expect, it } from 'vitest';
import type { KubeClient } from './client.ts';
import { kinds, type Lease } from './kinds.ts';
import { LeaderElector, LeadershipLostError } from './leader-elector.ts';
import { createFakeClock, settle, type FakeClock } from './testing/fake-clock.ts';
import { createObjectServer, type ObjectClient, type ObjectServer } from './testing/object-server.ts';

const ref = { namespace: 'default', name: 'lease' };

interface Candidate {
  readonly client: ObjectClient;
  readonly elector: LeaderElector;
  readonly stop: () => void;
  /** `leading`, `ended: …`, with the second at which. */
  readonly log: string[];
}

function candidate(
  server: ObjectServer,
  clock: FakeClock,
  identity: string,
  { drainMilliseconds = 0, random = (): number => 0 } = {},
): Candidate {
  const client = server.connect();
  const elector = new LeaderElector({
    client: client as unknown as KubeClient,
    lease: ref,
    identity,
    clock,
    random,
  });
  const controller = new AbortController();
  const log: string[] = [];
  const note = (what: string): void => void log.push(`${clock.monotonic() / 1000}: ${what}`);
  const lead = async (signal: AbortSignal): Promise<void> => {
    note('leads');
    await new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => clock.setTimeout(resolve, drainMilliseconds)),
    );
    note('stopped');
  };
  void elector.run(controller.signal, lead).then(
    () => note('ended'),
    (error: unknown) => note(error instanceof LeadershipLostError ? 'lost' : String(error)),
  );
  return { client, elector, stop: () => controller.abort(), log };
}

function holder(server: ObjectServer): string | undefined {
  return (server.objects() as readonly Lease[])[0]?.spec?.holderIdentity;
}

describe('LeaderElector', () => {
  it('lets one lead and the other wait, and renews with one write each time', async () => {
    const [server, clock] = [createObjectServer(), createFakeClock()];
    const a = candidate(server, clock, 'a');
    await settle();
    const b = candidate(server, clock, 'b');
    await clock.advance(60_000);
    expect([a.log, b.log, a.elector.isLeader, b.elector.isLeader, b.elector.leader]).toEqual([
      ['0: leads'],
      [],
      true,
      false,
      'a',
    ]);
    expect(server.writes).toHaveLength(31);
  });

  it('hands over within the retry period on a clean stop, but not before the work has stopped', async () => {
    const [server, clock] = [createObjectServer(), createFakeClock()];
    const a = candidate(server, clock, 'a', { drainMilliseconds: 5_000 });
    await settle();
    const b = candidate(server, clock, 'b');
    await clock.advance(20_000);
    a.stop();
    await clock.advance(4_999);
    expect([holder(server), b.log]).toEqual(['a', []]);
    await clock.advance(3_000);
    expect([a.log, b.log, holder(server)]).toEqual([
      ['0: leads', '25: stopped', '25: ended'],
      ['25: leads'],
      'b',
    ]);
  });

  it('gives the lease up although a renewal that it no longer waited for has changed it', async () => {
    const [server, clock] = [createObjectServer(), createFakeClock()];
    const a = candidate(server, clock, 'a');
    await settle();
    const b = candidate(server, clock, 'b');
    await clock.advance(10_500);
    await server.connect().update(kinds.leases, server.objects()[0] as Lease);
    a.stop();
    await clock.advance(1_500);
    expect([a.log.at(-1), b.log]).toEqual(['10.5: ended', ['11: leads']]);
  });

  it('takes over from one that was killed, within 16 seconds', async () => {
    const [server, clock] = [createObjectServer(), createFakeClock()];
    const a = candidate(server, clock, 'a');
    await settle();
    const b = candidate(server, clock, 'b');
    await clock.advance(21_900);
    a.client.cutOff = true;
    await clock.advance(16_000);
    expect(b.log).toEqual(['32: leads']);
    expect((server.objects()[0] as Lease).spec?.leaseTransitions).toBe(1);
  });

  it('takes a lease over at the moment when it runs out, however seldom it looks', async () => {
    const [server, clock] = [createObjectServer(), createFakeClock()];
    const a = candidate(server, clock, 'a');
    await settle();
    const b = candidate(server, clock, 'b', { random: () => 0.999 });
    await clock.advance(20_100);
    a.client.cutOff = true;
    await clock.advance(15_000);
    // Renewed at 20 s, seen at 20.4 s.
    expect(b.log).toEqual([expect.stringMatching(/^32\.39\d*: leads$/)]);
  });

  it('stops leading before another may begin when it cannot renew', async () => {
    const [server, clock] = [createObjectServer(), createFakeClock()];
    const a = candidate(server, clock, 'a');
    await clock.advance(10_000);
    a.client.cutOff = true;
    const b = candidate(server, clock, 'b');
    await clock.advance(30_000);
    expect(a.log).toEqual(['0: leads', '18: stopped', '18: lost']);
    expect(b.log).toEqual(['22: leads']);
  });

  it('keeps leading through a short outage', async () => {
    const [server, clock] = [createObjectServer(), createFakeClock()];
    const a = candidate(server, clock, 'a');
    await clock.advance(10_000);
    a.client.cutOff = true;
    await clock.advance(6_000);
    a.client.cutOff = false;
    await clock.advance(30_000);
    expect([a.log, holder(server)]).toEqual([['0: leads'], 'a']);
  });

  it('makes the lease again when it was deleted, and gives up when someone else holds it', async () => {
    const [server, clock] = [createObjectServer(), createFakeClock()];
    const a = candidate(server, clock, 'a');
    await clock.advance(3_000);
    server.remove(ref);
    await clock.advance(5_000);
    expect([a.log, holder(server)]).toEqual([['0: leads'], 'a']);
    const thief = server.connect();
    const lease = server.objects()[0] as Lease;
    await thief.update(kinds.leases, { ...lease, spec: { ...lease.spec, holderIdentity: 'thief' } });
    await clock.advance(3_000);
    expect(a.log).toEqual(['0: leads', '9: stopped', '9: lost']);
    expect(holder(server)).toBe('thief');
  });

  it('trusts its own clock, not the times in the lease', async () => {
    const [server, clock] = [createObjectServer(), createFakeClock()];
    const other = server.connect();
    const spec = { holderIdentity: 'x', leaseDurationSeconds: 12, renewTime: '2001-01-01T00:00:00.000000Z' };
    await other.create(kinds.leases, { metadata: ref, spec });
    const a = candidate(server, clock, 'a');
    await clock.advance(11_000);
    expect(a.log).toEqual([]);
    await clock.advance(5_000);
    expect(a.log).toEqual(['12: leads']);
  });

  it('ends without having led', async () => {
    const [server, clock] = [createObjectServer(), createFakeClock()];
    candidate(server, clock, 'a');
    await settle();
    const b = candidate(server, clock, 'b');
    await clock.advance(1_000);
    b.stop();
    await clock.advance(0);
    expect(b.log).toEqual(['1: ended']);
  });

  it('refuses durations that contradict each other', () => {
    const options = { client: {} as KubeClient, lease: ref, identity: 'a', leaseDurationSeconds: 5 };
    expect(() => new LeaderElector(options)).toThrow('not 5 > 8 > 2');
  });
});
