import { strict as assert } from 'node:assert';
import { fieldsAt, textAt, valueAt } from '../json.ts';
import type { Answer } from './connection.ts';
import { ok, refused, type Behaviour, type Context } from './context.ts';

type Value = string | number | Buffer;

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

/** One field on the wire: a number as a varint, text and messages with their length. */
function field(number: number, value: Value): Buffer {
  if (typeof value === 'number') return Buffer.from([...varint(number * 8), ...varint(value)]);
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
}

function message(...fields: readonly (readonly [number: number, value: Value])[]): Buffer {
  return Buffer.concat(fields.map(([number, value]) => field(number, value)));
}

/** An object as Go clients send it: its apiVersion and kind around its own message. */
function envelope(apiVersion: string, kind: string, object: Buffer): Buffer {
  const names = message([1, apiVersion], [2, kind]);
  return Buffer.concat([Buffer.from('k8s\0'), message([1, names], [2, object], [3, ''], [4, ''])]);
}

const type = { 'content-type': 'application/vnd.kubernetes.protobuf' };

/** Zero values are written, too, wherever a Go field is no pointer. */
function metadata(name: string): Buffer {
  const label = message([1, 'app'], [2, 'w']);
  return message([1, name], [2, ''], [3, ''], [5, ''], [6, ''], [7, 0], [8, ''], [11, label]);
}

function post({ api, path }: Context, resource: string, body: Buffer): Promise<Answer> {
  return api.send('POST', path(resource), body, type);
}

const container = message(
  [1, 'c'],
  [2, 'good:1'],
  [5, ''],
  [6, message([1, 'http'], [2, 0], [3, 8080], [4, ''], [5, ''])],
  [7, message([1, 'A'], [2, 'b'])],
  [7, message([1, 'B'], [2, ''], [3, message([4, message([1, message([1, 's'])], [2, 'k'], [3, 1])])])],
  [8, message([2, message([1, 'cpu'], [2, message([1, '100m'])])])],
  [9, message([1, 'v'], [2, 0], [3, '/v'], [4, ''])],
  [11, message([1, message([2, message([1, '/ready'], [2, message([1, 1], [2, 0], [3, 'http'])])])])],
  [14, ''],
);

/** Bodies in protobuf, as Go clients send them for built-in kinds. */
export const protobufBehaviours: readonly Behaviour[] = [
  {
    name: 'a ConfigMap: text, bytes, and a false that is not the same as absent',
    check: async (context) => {
      const data = message([1, 'key'], [2, 'value']);
      const binary = message([1, 'raw'], [2, Buffer.from([0, 255])]);
      const body = message([1, metadata('c')], [2, data], [3, binary], [4, 0]);
      const made = ok(await post(context, 'configmaps', envelope('v1', 'ConfigMap', body)), 201);
      assert.deepEqual(
        [made['data'], made['binaryData'], made['immutable'], fieldsAt(made, 'metadata', 'labels')],
        [{ key: 'value' }, { raw: 'AP8=' }, false, { app: 'w' }],
      );
      const next = envelope('v1', 'ConfigMap', message([1, metadata('c')], [4, 1]));
      const { api, path } = context;
      const replaced = ok(await api.send('PUT', path('configmaps', 'c'), next, type));
      assert.deepEqual([replaced['data'], replaced['immutable']], [undefined, true]);
    },
  },
  {
    name: 'a Secret: data stays base64, an empty type is none',
    check: async (context) => {
      const body = message([1, metadata('s')], [2, message([1, 'token'], [2, 'secret'])], [3, '']);
      const made = ok(await post(context, 'secrets', envelope('v1', 'Secret', body)), 201);
      assert.deepEqual([made['data'], made['type']], [{ token: 'c2VjcmV0' }, 'Opaque']);
    },
  },
  {
    name: 'a Deployment: messages in messages, quantities, ports by name, zero replicas',
    check: async (context) => {
      const volume = message([1, 'v'], [2, message([2, message([1, ''])])]);
      const pod = message([1, volume], [2, container], [3, ''], [4, 1]);
      const label = message([1, 'app'], [2, 'w']);
      const template = message([1, message([11, label])], [2, pod]);
      const strategy = message([1, ''], [2, message([1, message([1, 1], [2, 0], [3, '50%'])])]);
      const spec = message([1, 0], [2, message([1, label])], [3, template], [4, strategy], [5, 0], [7, 0]);
      const body = message([1, metadata('d')], [2, spec], [3, '']);
      const made = ok(await post(context, 'deployments', envelope('apps/v1', 'Deployment', body)), 201);
      const { replicas, strategy: rollout } = fieldsAt(made, 'spec');
      assert.deepEqual(
        [replicas, valueAt(rollout, 'type'), valueAt(rollout, 'rollingUpdate', 'maxUnavailable')],
        [0, 'RollingUpdate', '50%'],
      );
      const { containers, volumes, restartPolicy } = fieldsAt(made, 'spec', 'template', 'spec');
      assert.deepEqual([volumes, restartPolicy], [[{ name: 'v', emptyDir: {} }], 'Always']);
      const [only] = containers as readonly unknown[];
      assert.deepEqual(fieldsAt(only, 'resources'), { requests: { cpu: '100m' } });
      assert.deepEqual(valueAt(only, 'env'), [
        { name: 'A', value: 'b' },
        { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } },
      ]);
      assert.deepEqual(valueAt(only, 'ports'), [{ name: 'http', containerPort: 8080, protocol: 'TCP' }]);
      assert.deepEqual(valueAt(only, 'volumeMounts'), [{ name: 'v', mountPath: '/v' }]);
      assert.deepEqual(valueAt(only, 'readinessProbe', 'httpGet'), {
        path: '/ready',
        port: 'http',
        scheme: 'HTTP',
      });
    },
  },
  {
    name: 'the options of a DELETE',
    check: async (context) => {
      const { api, path } = context;
      const body = envelope('v1', 'ConfigMap', message([1, metadata('c')]));
      const made = ok(await post(context, 'configmaps', body), 201);
      const remove = (preconditions: Buffer): Promise<Answer> => {
        const options = message([1, 0], [2, preconditions], [4, 'Background']);
        const sent = envelope('v1', 'DeleteOptions', options);
        return api.send('DELETE', path('configmaps', 'c'), sent, type);
      };
      refused(await remove(message([1, 'another'])), 409, 'Conflict', /precondition/);
      ok(await remove(message([1, textAt(made, 'metadata', 'uid')])));
      refused(await api.get(path('configmaps', 'c')), 404, 'NotFound');
    },
  },
  {
    name: 'what is cut off, of another shape, of another kind, or no protobuf at all is refused',
    check: async (context) => {
      const refuse = async (body: Buffer, words: RegExp): Promise<void> =>
        void refused(await post(context, 'configmaps', body), 400, 'BadRequest', words);
      const object = message([1, metadata('x')], [2, message([1, 'key'], [2, 'value'])]);
      const whole = envelope('v1', 'ConfigMap', object);
      await refuse(whole.subarray(0, whole.length - 10), /unexpected EOF/);
      await refuse(envelope('v1', 'ConfigMap', object.subarray(0, -1)), /unexpected EOF/);
      await refuse(envelope('v1', 'ConfigMap', message([1, 7])), /wrong wire ?type/i);
      await refuse(Buffer.from('{"metadata":{"name":"x"}}'), /does not appear to be a protobuf message/);
      await refuse(
        envelope('v1', 'Secret', object),
        /Secret in version "v1" cannot be handled as a ConfigMap/,
      );
      await refuse(
        envelope('v1', 'Nonsense', object),
        /Nonsense in version "v1" cannot be handled as a ConfigMap/,
      );
    },
  },
];
