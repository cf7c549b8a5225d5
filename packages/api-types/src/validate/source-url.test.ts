import { expect, it } from 'vitest';
import { sourceUrlProblem } from './source-url.ts';

it.each([
  'https://example.com/a?b=c',
  'HTTP://EXAMPLE.com:8080/a',
  'https://8.8.8.8/a',
  'https://[2001:db8::1]/a',
])('allows %s', (url) => {
  expect(sourceUrlProblem(url)).toBeUndefined();
});

it.each([
  '',
  'data.parquet',
  '/etc/passwd',
  'https://',
  'ftp://example.com/a',
  'file:///etc/passwd',
  'javascript:alert(1)',
])('refuses %j as no web address', (url) => {
  expect(sourceUrlProblem(url)).toMatchObject({ code: 'INVALID_VALUE' });
});

it.each([
  'http://localhost/a',
  'http://LOCALHOST./a',
  'http://api.localhost/a',
  'http://127.0.0.1/a',
  'http://2130706433/a', // 127.0.0.1 as one number
  'http://10.1.2.3/a',
  'http://172.31.0.1/a',
  'http://192.168.1.1/a',
  'http://169.254.169.254/latest/meta-data',
  'http://0.0.0.0/a',
  'http://[::1]/a',
  'http://[fd00::1]/a',
  'http://[fe80::1]/a',
  'http://[::ffff:10.0.0.1]/a',
  'http://metadata.google.internal/a',
  'http://instance-data.ec2.internal/a',
])('refuses %s as an address inside', (url) => {
  expect(sourceUrlProblem(url)).toMatchObject({ code: 'FORBIDDEN_ADDRESS' });
});
