/**
 * Our nouns. Types, and the few functions that only read them.
 *
 * - **Model**: a public ability with its parameters, media rules and price. One file of the catalogue declares it.
 * - **Face**: how one API shows a model: its id, parameter names, defaults and JSON Schema there.
 * - **API** (dialect): a public HTTP API that we speak, such as FoxAPI's or Oxen's.
 * - **Provider**: a place that runs models. **Operation** (of a provider): what it returned for a submission; opaque.
 * - **GenerationRequest**: what a client wants, in neutral words. **Parameters**: the same in the client's words.
 * - **Task**: one accepted request; its row in the database is the truth. **Attempt**: one submission of it to one provider.
 * - **Asset**: a stored media file with its probe. **Input** and **output**: an asset's part in a task.
 * - **Account** owns keys, tasks, assets and events. **Key**: a hashed secret with scopes and limits. **Caller**: who is calling.
 * - **Fault**: what is wrong with one field of a request. **Error**: an entry of the registry in `errors.ts`.
 */
export * from './access.ts';
export * from './generation-request.ts';
export type * from './json.ts';
export type * from './media.ts';
export type * from './model.ts';
export * from './provider.ts';
export * from './task.ts';
export * from './telemetry.ts';
export * from './use.ts';
