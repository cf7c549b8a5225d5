/**
 * An in-process Kubernetes API for one machine, for development.
 *
 * It serves the part of the API that our objects and kubectl need, over HTTPS, with the few controllers that make
 * them live: discovery, CRUD, watch, patches and server-side apply, CRDs with schema, defaults and CEL, garbage
 * collection, workloads, endpoints, a scheduler. Objects live in memory.
 *
 * It refuses to know Workspaces, models, and how pods are run: a node agent comes in over the API like any client.
 * It has no RBAC, admission webhooks or service account tokens: one token may do everything. Not for production.
 *
 * The nouns: a *resource* (what is served: `resources/`), an *object* and its one write path (`api/objects.ts`),
 * a *change* in the *store* (`storage/`), and *controllers* that react to changes (`controllers/`).
 */
export { startLocalCluster, type LocalCluster, type LocalClusterOptions } from './cluster.ts';
