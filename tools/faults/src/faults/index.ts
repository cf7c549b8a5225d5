import type { Fault } from '../fault.ts';
import { admissionFaults } from './admission.ts';
import { claimFaults } from './claims.ts';
import { containerFaults } from './containers.ts';
import { imageFaults } from './images.ts';
import { inputFaults } from './input.ts';
import { launcherFaults } from './launcher.ts';
import { nodeFaults } from './nodes.ts';
import { volumeFaults } from './volumes.ts';

/** Slow ones first, so that they do not end up alone. */
export const faults: readonly Fault[] = [
  ...launcherFaults,
  ...volumeFaults,
  ...imageFaults,
  ...containerFaults,
  ...admissionFaults,
  ...inputFaults,
  ...nodeFaults,
  ...claimFaults,
];
