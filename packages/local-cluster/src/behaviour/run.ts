import { applyBehaviours } from './applying.ts';
import { contentBehaviours } from './contents.ts';
import { Connection, eventually, type Target } from './connection.ts';
import { inNamespace, type Behaviour } from './context.ts';
import { customBehaviours } from './custom.ts';
import { deleteBehaviours } from './deleting.ts';
import { startFakeNode, type FakeNode } from './fake-node.ts';
import { objectBehaviours } from './objects.ts';
import { protobufBehaviours } from './protobuf.ts';
import { schemaRuleBehaviours } from './schema-rules.ts';
import { setAndJobBehaviours } from './sets-and-jobs.ts';
import { watchBehaviours } from './watching.ts';
import { widgetDefinition } from './widget.ts';
import { workloadBehaviours } from './workloads.ts';

/** The table of what an API server does, by topic; the real one passes it first. */
export const behaviourTable: Readonly<Record<string, readonly Behaviour[]>> = {
  objects: objectBehaviours,
  contents: contentBehaviours,
  protobuf: protobufBehaviours,
  watches: watchBehaviours,
  'server-side apply': applyBehaviours,
  'custom resources': customBehaviours,
  'schemas and rules': schemaRuleBehaviours,
  deletion: deleteBehaviours,
  workloads: workloadBehaviours,
  'sets and jobs': setAndJobBehaviours,
};

export interface Stage {
  readonly run: (behaviour: Behaviour) => Promise<void>;
  readonly close: () => Promise<void>;
}

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Prepares a cluster for the table: the widget definition and two nodes. */
export async function setStage(target: Target): Promise<Stage> {
  const api = new Connection(target);
  await api.post(definitions, widgetDefinition);
  await eventually(
    'widgets are served',
    async () => (await api.get('/apis/behaviour.test/v1alpha1/widgets')).code === 200,
  );
  const labels = { behaviour: 'yes' };
  const nodes: FakeNode[] = [
    await startFakeNode(api, { name: 'behaviour-node', labels }),
    await startFakeNode(api, {
      name: 'behaviour-tainted',
      labels,
      taints: [{ key: 'only', effect: 'NoSchedule' }],
    }),
  ];
  return {
    run: (behaviour) => inNamespace(api, (context) => behaviour.check(context)),
    close: async () => {
      for (const node of nodes) await node.stop();
      await api.delete(`${definitions}/widgets.behaviour.test`);
      api.close();
    },
  };
}
