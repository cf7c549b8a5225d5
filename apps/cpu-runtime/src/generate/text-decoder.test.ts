import { describe, expect, it } from 'vitest';
import { TokenTextDecoder } from './text-decoder.ts';

/** A tokenizer of single bytes. */
const fromBytes = (tokens: readonly number[]): string => new TextDecoder().decode(Uint8Array.from(tokens));

describe('TokenTextDecoder', () => {
  it('sends a character only when all its bytes are there', () => {
    const decoder = new TokenTextDecoder(fromBytes);
    const pieces = [...Buffer.from('aé😀z')].map((byte) => decoder.push(byte));
    expect(pieces).toEqual(['a', '', 'é', '', '', '', '😀', 'z']);
  });

  it('does not hold the stream for bytes that make no character', () => {
    const decoder = new TokenTextDecoder(fromBytes);
    const pieces = [0xff, 0xff, 0xff, 0xff, 0x61].map((byte) => decoder.push(byte));
    expect(pieces.join('')).toBe('\uFFFD\uFFFD\uFFFD\uFFFDa');
  });

  it('gives the unfinished rest at the end', () => {
    const decoder = new TokenTextDecoder(fromBytes);
    expect([decoder.push(0xc3), decoder.flush(), decoder.flush()]).toEqual(['', '\uFFFD', '']);
  });

  it('keeps a space that the tokenizer drops at the start of a text', () => {
    const words = [' a', ' b', ' c'];
    const decoder = new TokenTextDecoder((tokens) =>
      tokens
        .map((token) => words[token])
        .join('')
        .trimStart(),
    );
    expect([0, 1, 2].map((token) => decoder.push(token))).toEqual(['a', ' b', ' c']);
  });
});
