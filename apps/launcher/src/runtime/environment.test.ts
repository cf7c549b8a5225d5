import { expect, test } from 'vitest';
import { secretValues } from './environment.ts';

test('values of variables with the name of a secret are hidden, if they are long enough to be one', () => {
  expect(
    secretValues({
      HF_TOKEN: 'hf_something',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN',
      OPENAI_API_KEY: 'short',
      HOME: '/kaito-work',
    }),
  ).toEqual(['hf_something', 'wJalrXUtnFEMI']);
});
