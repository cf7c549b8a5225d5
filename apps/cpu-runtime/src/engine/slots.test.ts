import { describe, expect, it } from 'vitest';
import { QueueFullError } from './engine.ts';
import { Slots } from './slots.ts';

const never = new AbortController().signal;
const noPreference = (): number => 0;

describe('Slots', () => {
  it('gives the free slot with the best score', async () => {
    const slots = new Slots([1, 3, 2], 10);
    await expect(slots.take((slot) => slot, never)).resolves.toBe(3);
    expect(slots.running).toBe(1);
  });

  it('serves who waits in order', async () => {
    const slots = new Slots(['a'], 10);
    const slot = await slots.take(noPreference, never);
    const order: number[] = [];
    const waiting = [1, 2].map(async (number) => {
      const taken = await slots.take(noPreference, never);
      order.push(number);
      slots.giveBack(taken);
    });
    expect(slots.waiting).toBe(2);
    slots.giveBack(slot);
    await Promise.all(waiting);
    expect(order).toEqual([1, 2]);
    expect([slots.running, slots.waiting]).toEqual([0, 0]);
  });

  it('lets a waiter leave without taking its turn', async () => {
    const slots = new Slots(['a'], 10);
    const slot = await slots.take(noPreference, never);
    const leaving = new AbortController();
    const left = slots.take(noPreference, leaving.signal);
    const stays = slots.take(noPreference, never);
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    slots.giveBack(slot);
    await expect(stays).resolves.toBe('a');
  });

  it('refuses more waiters than it may hold', async () => {
    const slots = new Slots(['a'], 0);
    await slots.take(noPreference, never);
    await expect(slots.take(noPreference, never)).rejects.toBeInstanceOf(QueueFullError);
  });
});
