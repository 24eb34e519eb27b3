import type { ColumnType, Generated } from 'kysely';
import type { ApiName, Operation, TaskState } from '../contract/index.ts';

/**
 * Rows as both databases hold them. Objects are JSON in text columns, times are integer milliseconds since the epoch,
 * money is integer micro-dollars: the drivers bind neither objects nor booleans alike.
 */
export interface Schema {
  readonly accounts: AccountTable;
  readonly api_keys: ApiKeyTable;
  readonly assets: AssetTable;
  readonly attempts: AttemptTable;
  readonly events: EventTable;
  readonly favorites: FavoriteTable;
  readonly idempotency_keys: IdempotencyTable;
  readonly ledger: LedgerTable;
  readonly loose_files: LooseFileTable;
  readonly servers: ServerTable;
  readonly settings: SettingTable;
  readonly tasks: TaskTable;
  readonly webhook_deliveries: DeliveryTable;
  readonly webhook_secrets: WebhookSecretTable;
}

interface AccountTable {
  readonly id: string;
  readonly name: string;
  /** Id of the account's newest event; grows inside the transaction that writes the event. */
  readonly event_seq: Generated<number>;
  readonly created_at: number;
  /** JSON of what all its keys together may use up; null without any limit. */
  readonly limits: Generated<string | null>;
}

interface ApiKeyTable {
  readonly id: string;
  readonly account_id: string;
  /** SHA-256 of the key, hexadecimal. The key itself is kept nowhere. */
  readonly hash: string;
  /** The first characters, so that people recognise it in a list. */
  readonly hint: string;
  readonly created_at: number;
  readonly revoked_at: number | null;
  /** What people call it. */
  readonly name: Generated<string | null>;
  /** JSON list; null for a key of before there were scopes. */
  readonly scopes: Generated<string | null>;
  /** JSON list of the models that it may use; null where it may use all. */
  readonly models: Generated<string | null>;
  /** JSON of what it may use up; null without any limit. */
  readonly limits: Generated<string | null>;
  readonly expires_at: Generated<number | null>;
}

interface AssetTable {
  readonly id: string;
  readonly account_id: string;
  readonly purpose: 'upload' | 'input' | 'output';
  readonly storage_key: string;
  readonly filename: string;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly probe: string;
  readonly created_at: number;
  readonly expires_at: number;
}

/** Bytes in the file storage that no asset names, or not yet. */
interface LooseFileTable {
  readonly storage_key: string;
  /** When they may be removed, unless an asset has taken them. */
  readonly due_at: number;
}

interface AttemptTable {
  readonly id: string;
  readonly task_id: string;
  readonly account_id: string | null;
  readonly provider: string;
  /** JSON of what the provider returned. Written whenever it is known, whatever the task's state: it is money. */
  readonly operation: string | null;
  readonly operation_key: string | null;
  /** How the submission ended: `accepted`, `refused-final`, `refused-elsewhere`, `unknown`. */
  readonly outcome: string | null;
  readonly detail: string | null;
  /** What it cost, once that is known. */
  readonly cost_micros: number | null;
  /** When a job whose task has ended has to be looked at for its cost; null otherwise. */
  readonly follow_up_at: Generated<number | null>;
  readonly created_at: number;
  readonly deadline: number;
  /** The key and the model of its task, and what that one was expected to cost: a cost may be learnt after the task is gone. */
  readonly key_id: Generated<string | null>;
  readonly model: Generated<string | null>;
  readonly estimated_cost_micros: Generated<number | null>;
}

interface EventTable {
  readonly account_id: string;
  readonly id: number;
  readonly task_id: string;
  readonly kind: 'state' | 'progress';
  readonly state: TaskState;
  readonly previous: TaskState;
  readonly progress: number;
  readonly requested_model: string;
  /** JSON of `{outputs?, error?}`. */
  readonly detail: string;
  readonly created_at: number;
}

interface FavoriteTable {
  readonly account_id: string;
  readonly model: string;
}

interface IdempotencyTable {
  readonly account_id: string;
  readonly key: string;
  /** SHA-256 of route and canonical body. */
  readonly body_hash: string;
  readonly task_ids: string;
  /** JSON of the answer that the first request got. */
  readonly answer: string;
  readonly created_at: number;
}

/** What was charged, one row for each attempt that cost something. Outlives its task. */
interface LedgerTable {
  readonly attempt_id: string;
  readonly account_id: string;
  readonly task_id: string;
  readonly provider: string;
  readonly cost_micros: number;
  readonly created_at: number;
  /** Null of charges of before they were kept, as the model. */
  readonly key_id: Generated<string | null>;
  readonly model: Generated<string | null>;
}

/** A server on a database that several share. */
interface ServerTable {
  readonly id: string;
  readonly role: string;
  readonly host: string;
  readonly version: string;
  readonly started_at: number;
  /** Its last sign of life, in the database's time. */
  readonly seen_at: number;
}

interface SettingTable {
  readonly name: string;
  readonly value: string;
}

/** An end of a task that a receiver is told of. Goes with its task. */
export interface DeliveryTable {
  readonly id: string;
  readonly account_id: string;
  readonly task_id: string;
  readonly url: string;
  readonly host: string;
  readonly state: 'waiting' | 'delivered' | 'failed';
  /** When it is tried next; while it is being sent, when it is anybody's again. Null once it is not tried any more. */
  readonly due_at: number | null;
  /** The server that is sending it. */
  readonly sender: string | null;
  /** JSON of the newest tries. */
  readonly tries: string;
  /** From when on it is tried again and again: its task's end, or the last time somebody asked for it. */
  readonly since: number;
  readonly created_at: number;
}

/** What an account's webhooks are signed with. */
interface WebhookSecretTable {
  readonly account_id: string;
  readonly secret: string;
  readonly created_at: number;
  /** Of one that was replaced; null for the current one. */
  readonly expires_at: number | null;
}

export interface TaskTable {
  readonly id: string;
  readonly account_id: string;
  readonly api: ApiName;
  readonly model: string;
  readonly requested_model: string;
  readonly operation: Operation;
  readonly request: string;
  readonly parameters: string;
  readonly provider: string;
  /** 1 where the client asked for this provider and no other. */
  readonly provider_asked: Generated<number>;
  readonly state: TaskState;
  readonly seq: ColumnType<number, number, number>;
  readonly progress: number;
  readonly warnings: string;
  /** JSON of what the provider made of the prompt, `null` where it does not tell; a null before it was given to one. */
  readonly reading: Generated<string | null>;
  /** JSON of the fields that the state owns. */
  readonly phase: string;
  readonly attempt_id: string | null;
  /** When a live task has to be looked at again; null once it ended. */
  readonly due_at: number | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly completed_at: number | null;
  readonly cancel_requested_at: number | null;
  readonly estimated_cost_micros: number;
  /** The server that works on it, where several share the database. */
  readonly server: Generated<string | null>;
  /** Where its end is told. */
  readonly callback_url: Generated<string | null>;
  /** The prompt, as searches compare it. */
  readonly prompt_text: Generated<string>;
  /** The key that it was made with; null of tasks of before that was kept. */
  readonly key_id: Generated<string | null>;
}
