import { expect, test } from 'vitest';
import { completion, transcription } from './canary-requests.ts';

test('a question is JSON', () => {
  expect(JSON.parse(completion.body.toString())).toMatchObject({ prompt: 'Hello', max_tokens: 1 });
});

test('speech is an upload with one WAV file in it', async () => {
  const { body, contentType } = transcription;
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': contentType },
  }).formData();
  const file = form.get('file') as File;
  expect([...form.keys()]).toEqual(['file']);
  expect([file.name, file.type]).toEqual(['silence.wav', 'audio/wav']);
  const wav = Buffer.from(await file.arrayBuffer());
  expect([wav.toString('latin1', 0, 4), wav.readUInt32LE(4) + 8]).toEqual(['RIFF', wav.length]);
  expect(wav.toString('latin1', 8, 16)).toBe('WAVEfmt ');
  expect([wav.readUInt32LE(24), wav.readUInt32LE(28), wav.readUInt16LE(34)]).toEqual([16_000, 32_000, 16]);
  expect([wav.toString('latin1', 36, 40), wav.readUInt32LE(40)]).toEqual(['data', 32_000]);
});
