/**
 * Measures an operator from outside: `createFleet` makes Workspaces, an `Observer` sees what becomes of them, the
 * `AuditLog` tells what the operator asked of the API server, and a `Report` puts it beside the peer's figures.
 */
export {
  AuditLog,
  countCalls,
  isWrite,
  targetOf,
  type AuditEntry,
  type Calls,
} from './operator/audit-log.ts';
