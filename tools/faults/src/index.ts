/**
 * A table of faults: what can go wrong around a Workspace, and by which reason each is told.
 *
 * A `Fault` is injected by real means into a `Scene`, a namespace of its own on a `Ground` that many share: a real control
 * plane with a real node and containers, or with a cloud that sells nodes, and an operator. It is told when the first condition
 * that is not True has its reason, names the object and says what to do; meanwhile nothing may call the Workspace Ready.
 * Then it is mended, and the Workspace must serve. No two faults have one reason.
 *
 * It knows what users meet, and nothing of how the operator finds it out.
 */
export type { Engine, Expectation, Fault, Outcome } from './fault.ts';
export { faults } from './faults/index.ts';
export type { Cloud } from './cloud.ts';
export { prepareCloud, prepareNode, type Ground } from './ground.ts';
export { printTable } from './print-table.ts';
export { runFault } from './run-fault.ts';
export { runTable, type TableOptions } from './run-table.ts';
