/**
 * An in-process Kubernetes API for one machine, for development.
 *
 * It serves the part of the API that our objects and kubectl need, over HTTPS, with the few controllers that make
 * them live: discovery, CRUD, watch, patches and server-side apply, CRDs with schema, defaults and CEL, garbage
 * collection, workloads, endpoints, a scheduler. Objects live in memory.
 *
 * It refuses to know Workspaces, models, and how pods are run: a node agent comes in over the API like any client.
 * It has no RBAC, admission webhooks, service accounts or volume claims, answers in JSON only (but reads the protobuf
 * that kubectl sends for built-in kinds), deletes in the background only, one object at a time, keeps no rollout
 * history to undo, and evicts nothing: a silent node's pods are not ready until the node is back or deleted. Whether
 * a schema is structural it leaves to a real API server.
 * Fields that nothing here acts on are refused by name (`resources/checks.ts`), never ignored; preferences of the
 * scheduler other than node affinity are the exception. One token may do everything. Not for production.
 *
 * The nouns: a *resource* (what is served: `resources/`), an *object* and its one write path (`api/objects.ts`),
 * a *change* in the *store* (`storage/`), and *controllers* that look at all objects after a change
 * (`controllers/`).
 */
export { startLocalCluster, type LocalCluster, type LocalClusterOptions } from './cluster.ts';
