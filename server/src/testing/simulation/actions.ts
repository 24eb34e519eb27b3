import { type Resolution, ResolveError, resolveTask } from '../../tasks/resolve.ts';
import type { Intent } from './facts.ts';
import type { Job } from './vendor.ts';
import { caller, type Node, type World } from './world.ts';

interface Action {
  readonly weight: number;
  readonly run: (world: World, node: Node) => void | Promise<void>;
}

/** Tasks that one schedule has at most: what goes wrong goes wrong with few, and few are soon judged. */
const maximumIntents = 4;

/** Processes that live at once. */
const maximumNodes = 2;

/** What may happen next, and how often. Each is only set off here: how far it gets before something else happens is chance. */
const actions: readonly Action[] = [
  { weight: 50, run: ({ timeline }) => timeline.step() },
  { weight: 22, run: ring },
  { weight: 8, run: want },
  { weight: 3, run: wantAgain },
  { weight: 6, run: cancel },
  { weight: 3, run: refresh },
  { weight: 2, run: remove },
  { weight: 4, run: ({ timeline, random }) => timeline.advanceTo(timeline.now + random.spread(100, 20 * 60_000)) },
  { weight: 3, run: crash },
  { weight: 3, run: freeze },
  { weight: 2, run: startSecond },
  { weight: 1, run: stop },
  { weight: 2, run: resolve },
  { weight: 2, run: tellTwice },
];

export function act(world: World): void | Promise<void> {
  const [first, ...others] = world.awake();
  const someoneIsThere = first !== undefined && world.random.chance(0.95);
  if (!someoneIsThere && world.nodes.length < maximumNodes) {
    world.startNode();
    return;
  }
  if (first === undefined) return world.timeline.step();
  const node = world.random.pick([first, ...others]);
  return world.random.weighted(actions).run(world, node);
}

/** A timer rings, as often as chance has it. */
function ring({ random }: World, { machine }: Node): void {
  if (machine.timers.length > 0) random.pick(machine.timers).work();
}

function want(world: World, node: Node): void {
  const { random, facts } = world;
  if (facts.intents.length >= maximumIntents) return;
  const intent: Intent = {
    taskCount: random.chance(0.2) ? 2 : 1,
    withInput: random.chance(0.3),
    withFault: random.chance(0.04),
    ...(random.chance(0.2) && { askedProvider: random.pick(world.vendors).traits.name }),
    ...(random.chance(0.6) && { idempotencyKey: world.newId('wish') }),
    sent: [],
    answers: [],
  };
  facts.intents.push(intent);
  send(world, node, intent);
}

function wantAgain(world: World, node: Node): void {
  const intents = world.facts.intents.filter(({ idempotencyKey }) => idempotencyKey !== undefined);
  if (intents.length > 0) send(world, node, world.random.pick(intents));
}

export function send(world: World, { tasks, machine }: Node, intent: Intent): void {
  const { taskCount, withInput, withFault, askedProvider, idempotencyKey } = intent;
  const ids = Array.from({ length: taskCount }, () => world.newId('task'));
  intent.sent.push(ids);
  world.trace(`${machine.name} is asked for ${ids}`);
  const inputs = withInput ? [{ role: 'image', url: 'https://a.example/b', field: 'image' } as const] : [];
  const request = { operation: 'text-to-video', prompt: 'a sea', inputs, options: {} } as const;
  const fault = withFault && { fault: { code: 'invalid_parameters', message: 'no such length' } };
  tasks
    .accept({
      caller,
      api: 'foxapi',
      model: world.options.model,
      requestedModel: world.options.model.id,
      tasks: ids.map((id) => ({ id, request, parameters: {}, ...fault })),
      estimatedCostMicros: 100,
      answer: () => ids,
      ...(askedProvider !== undefined && { askedProvider }),
      ...(idempotencyKey !== undefined && { idempotency: { key: idempotencyKey, bodyHash: idempotencyKey } }),
    })
    .then(
      ({ answer, replayed }) => {
        if (replayed) world.facts.meet('replayed accept');
        world.trace(`${machine.name} accepts ${answer}`);
        intent.answers.push(answer as string[]);
      },
      (error: unknown) => world.noteError(error),
    );
}

function cancel(world: World, { tasks, machine }: Node): void {
  const known = world.facts.known();
  if (known.length === 0) return;
  const id = world.random.pick(known);
  world.trace(`${machine.name} is asked to cancel ${id}`);
  tasks.cancel(caller.accountId, id).then(
    ({ state }) => {
      world.trace(`${machine.name} answers that ${id} is ${state}`);
      world.facts.meet(`cancel answered ${state}`);
      if (state === 'cancelled') world.facts.cancelled.add(id);
    },
    (error: unknown) => world.noteError(error),
  );
}

function refresh(world: World, { tasks }: Node): void {
  const known = world.facts.known();
  if (known.length === 0) return;
  tasks
    .get(caller.accountId, world.random.pick(known))
    .then((task) => tasks.refresh(task))
    .catch((error: unknown) => world.noteError(error));
}

function remove(world: World, { tasks, machine }: Node): void {
  const { facts, options, random } = world;
  const rows = options.database.statement('select id, phase from tasks where completed_at is not null').all();
  if (rows.length === 0) return;
  const { id, phase } = random.pick(rows) as { readonly id: string; readonly phase: string };
  world.trace(`${machine.name} is asked to delete ${id}`);
  tasks.remove(caller.accountId, id).then(
    () => {
      facts.meet('deleted task');
    },
    (error: unknown) => world.noteError(error),
  );
  const { outputs = [] } = JSON.parse(phase) as { readonly outputs?: readonly { readonly assetId: string }[] };
  facts.removed.set(
    id,
    outputs.map(({ assetId }) => assetId),
  );
}

/** Now, or a few steps on: in the middle of what it is doing then. */
function crash({ random, facts }: World, { machine }: Node): void {
  facts.meet('crash');
  if (random.chance(0.3)) machine.kill();
  else machine.armDeath(random.between(1, 60));
}

/** Longer than a deadline, and now and then than a lease. */
function freeze({ random, facts }: World, { machine }: Node): void {
  facts.meet('freeze');
  machine.armFrost(random.between(1, 60), random.spread(1_000, 40 * 60_000));
}

/** A second process takes over while the first still lives, or is frozen. */
function startSecond(world: World): void {
  if (world.nodes.length >= maximumNodes) return;
  world.facts.meet('second process');
  world.startNode();
}

/** In good order: what is under way is waited for. */
function stop({ facts, trace }: World, node: Node): void {
  const { tasks, machine } = node;
  facts.meet('stop');
  trace(`${machine.name} is told to stop`);
  node.isStopping = true;
  tasks.stop().then(
    () => machine.kill(),
    (error: unknown) => trace(`${machine.name} does not stop: ${error}`),
  );
}

/** The operator settles an uncertain task, on a process of his own. */
function resolve(world: World): void {
  const { facts, options, random } = world;
  const row = options.database
    .statement("select id, attempt_id, phase from tasks where state = 'uncertain' limit 1")
    .get() as { readonly id: string; readonly attempt_id: string } | undefined;
  if (row === undefined) return;
  const job = jobOf(world, row.attempt_id);
  const kind = random.pick(['attach', 'resubmit', 'fail'] as const);
  // He attaches what the vendor shows him, not what is still on its way there.
  if (kind === 'attach' && (job === undefined || job.visibleAt > world.timeline.now)) return;
  const resolution: Resolution = kind === 'attach' ? { kind, operation: { id: job?.key ?? '' } } : { kind };
  if (kind === 'resubmit' && (job !== undefined || !isPastDeadline(world, row.attempt_id))) {
    facts.riskedTwice.add(row.id);
  }
  world.trace(`the operator resolves ${row.id}: ${kind}`);
  const { db } = options.database.connect(world.newMachine('cli'), world.treatment);
  resolveTask({ db, now: () => world.timeline.now }, row.id, resolution).then(
    () => facts.meet(`resolved: ${kind}`),
    (error: unknown) => {
      if (!(error instanceof ResolveError)) world.noteError(error);
    },
  );
}

function jobOf({ vendors }: World, attemptId: string): Job | undefined {
  return vendors.flatMap(({ jobs }) => [...jobs.values()]).find((job) => job.attemptId === attemptId);
}

function isPastDeadline({ options, timeline }: World, attemptId: string): boolean {
  const deadline = options.database.statement('select deadline from attempts where id = ?').pluck().get(attemptId);
  return timeline.now >= Number(deadline);
}

/** A vendor's delivery once more. */
function tellTwice(world: World): void {
  const [vendor] = world.vendors.filter(({ traits, jobs }) => traits.sendsWebhooks && jobs.size > 0);
  if (vendor === undefined) return;
  const { attemptId, key } = world.random.pick([...vendor.jobs.values()]);
  world.deliver(vendor, attemptId, key);
}
