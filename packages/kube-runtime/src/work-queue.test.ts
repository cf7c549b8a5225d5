import { describe, expect, it } from 'vitest';
import { createFakeClock, settle, type FakeClock } from './testing/fake-clock.ts';
import { WorkQueue } from './work-queue.ts';

function setUp(): { queue: WorkQueue; clock: FakeClock } {
  const clock = createFakeClock();
  return {
    clock,
    queue: new WorkQueue({
      clock,
      random: () => 0.999999,
      backoff: { firstMilliseconds: 100, longestMilliseconds: 1_000 },
    }),
  };
}

/** The key that the next take hands out at once, or undefined. */
async function takeNow(queue: WorkQueue): Promise<string | undefined> {
  return queue.depth === 0 ? undefined : (await queue.take())?.key;
}

describe('WorkQueue', () => {
  it('hands out a key once however often it is added', async () => {
    const { queue } = setUp();
    for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
    expect([await takeNow(queue), await takeNow(queue), await takeNow(queue)]).toEqual(['a', 'b', undefined]);
  });

  it('never hands a key to two workers, and hands it out again when it was added meanwhile', async () => {
    const { queue } = setUp();
    queue.add('a');
    expect(await takeNow(queue)).toBe('a');
    queue.add('a');
    queue.add('a');
    expect(queue.depth).toBe(0);
    queue.done('a');
    expect(await takeNow(queue)).toBe('a');
    queue.done('a');
    expect(queue.depth).toBe(0);
  });

  it('serves a waiting worker, and keeps the key its own even if it is added before the worker wakes', async () => {
    const { queue } = setUp();
    const first = queue.take();
    const second = queue.take();
    queue.add('a');
    queue.add('a');
    expect((await first)?.key).toBe('a');
    let secondTook = false;
    void second.then((item) => (secondTook = item !== undefined));
    await settle();
    expect(secondTook).toBe(false);
    queue.done('a');
    expect((await second)?.key).toBe('a');
  });

  it('hands out urgent keys first, also one that becomes urgent while it waits, and never twice', async () => {
    const { queue } = setUp();
    for (const key of ['a', 'b', 'c']) queue.add(key);
    queue.add('d', 'urgent');
    queue.add('c', 'urgent');
    queue.add('d');
    expect(queue.depth).toBe(4);
    const taken = [await takeNow(queue), await takeNow(queue), await takeNow(queue), await takeNow(queue)];
    expect([...taken, await takeNow(queue)]).toEqual(['d', 'c', 'a', 'b', undefined]);
  });

  it('keeps a key urgent that was added so while in work, or whose urgent work failed', async () => {
    const { queue, clock } = setUp();
    queue.add('a');
    await queue.take();
    queue.add('a', 'urgent');
    queue.done('a');
    queue.add('b');
    expect(await queue.take()).toMatchObject({ key: 'a', urgency: 'urgent' });
    queue.addRateLimited('a');
    queue.done('a');
    await clock.advance(1_000);
    expect(await queue.take()).toMatchObject({ key: 'a', urgency: 'urgent' });
  });

  it('delays, and of several delays the shortest counts', async () => {
    const { queue, clock } = setUp();
    queue.addAfter('a', 500);
    queue.addAfter('a', 200);
    queue.addAfter('a', 900);
    await clock.advance(199);
    expect(queue.depth).toBe(0);
    await clock.advance(1);
    expect(await takeNow(queue)).toBe('a');
    queue.done('a');
    await clock.advance(10_000);
    expect(queue.depth).toBe(0);
  });

  it('backs off by failures up to the longest pause, and starts over after forget', () => {
    const { queue } = setUp();
    const pauses = Array.from({ length: 6 }, () => Math.round(queue.addRateLimited('a')));
    expect(pauses).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    queue.forget('a');
    expect(Math.round(queue.addRateLimited('a'))).toBe(100);
  });

  it('tells how long a key waited', async () => {
    const { queue, clock } = setUp();
    queue.add('a');
    await clock.advance(250);
    expect(await queue.take()).toEqual({ key: 'a', urgency: 'usual', waitedMilliseconds: 250 });
  });

  it('drains: hands out nothing more, frees waiting workers, and waits for keys in work', async () => {
    const { queue, clock } = setUp();
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 100);
    expect(await takeNow(queue)).toBe('a');
    let closed = false;
    void queue.close().then(() => (closed = true));
    await settle();
    expect([await queue.take(), closed, clock.pending]).toEqual([undefined, false, 0]);
    queue.add('a');
    queue.done('a');
    await settle();
    expect([closed, await queue.take()]).toEqual([true, undefined]);
  });
});
