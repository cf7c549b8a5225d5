import { describe, expect, it } from 'vitest';
import { StopScanner } from './stop-scanner.ts';

function scan(stops: readonly string[], pieces: readonly string[]): { sent: string[]; stopped: boolean } {
  const scanner = new StopScanner(stops);
  const sent: string[] = [];
  for (const piece of pieces) {
    const { text, stopped } = scanner.push(piece);
    sent.push(text);
    if (stopped) return { sent, stopped };
  }
  return { sent: [...sent, scanner.flush()], stopped: false };
}

describe('StopScanner', () => {
  it.each([
    ['passes everything without stop strings', [], ['a', 'b'], { sent: ['a', 'b', ''], stopped: false }],
    ['ends before a stop string inside one piece', ['lo'], ['Hello you'], { sent: ['Hel'], stopped: true }],
    [
      'ends before a stop string spread over pieces',
      ['END'],
      ['one E', 'N', 'D two'],
      { sent: ['one ', '', ''], stopped: true },
    ],
    [
      'sends what only looked like a stop string',
      ['END'],
      ['E', 'N', 'T'],
      { sent: ['', '', 'ENT', ''], stopped: false },
    ],
    [
      'gives back what it held when the answer ends',
      ['END'],
      ['xE', 'N'],
      { sent: ['x', '', 'EN'], stopped: false },
    ],
    ['takes the earliest of several', ['c', 'b'], ['abc'], { sent: ['a'], stopped: true }],
    ['keeps an overlap that starts anew', ['aab'], ['aa', 'ab'], { sent: ['', 'a'], stopped: true }],
  ] as const)('%s', (_name, stops, pieces, expected) => {
    expect(scan(stops, pieces)).toEqual(expected);
  });
});
