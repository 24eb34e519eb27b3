import type { Balance } from '../../tasks/balance.ts';
import { send } from './actions.ts';
import { settled } from './timeline.ts';
import { caller, type World } from './world.ts';

/** Rounds after which what has not ended is held to be stuck. */
const maximumRounds = 400;

/** The longest step in time of one round. */
const longestStepMs = 5 * 60_000;

/**
 * From now on everything is well: nothing dies, vendors answer and finish their jobs, timers ring, and time passes until
 * there is nothing left to do. Answers whether that came.
 */
export async function settle(world: World): Promise<boolean> {
  world.trace('from now on everything is well');
  world.isKind = true;
  world.treatment.troubleShare = 0;
  for (const { machine } of world.nodes) machine.disarm();
  for (let round = 0; round < maximumRounds; round++) {
    if (world.awake().length === 0) world.startNode();
    await settled();
    for (const vendor of world.vendors) vendor.finishAll();
    for (const { machine } of world.awake()) {
      for (const timer of machine.timers) timer.work();
      await settled();
    }
    repeatUnanswered(world);
    await settled();
    if (isDone(world)) return true;
    await world.timeline.advanceTo(nextMoment(world));
  }
  return false;
}

/** A client that got no answer asks again where that cannot make a second task. */
function repeatUnanswered(world: World): void {
  for (const intent of world.facts.intents) {
    const [node] = world.awake();
    const unanswered = intent.idempotencyKey !== undefined && intent.answers.length === 0;
    if (node !== undefined && unanswered) send(world, node, intent);
  }
}

/** Everything has ended, and nobody has anything to do. */
function isDone({ options: { database }, timeline }: World): boolean {
  if (timeline.nextAt() !== Number.POSITIVE_INFINITY) return false;
  const open = database
    .statement(
      `select (select count(*) from tasks where completed_at is null)
            + (select count(*) from attempts where follow_up_at is not null)`,
    )
    .pluck()
    .get();
  return open === 0;
}

/** When the next thing is due by the rows or the timeline, if that is not too far away. */
function nextMoment({ options: { database }, timeline }: World): number {
  const due = database
    .statement(
      `select min(at) from (select due_at as at from tasks where completed_at is null
                            union select follow_up_at from attempts) where at > ?`,
    )
    .pluck()
    .get(timeline.now);
  const next = Math.min(timeline.nextAt(), typeof due === 'number' ? due : Number.POSITIVE_INFINITY);
  return Math.max(timeline.now + 1_000, Math.min(next, timeline.now + longestStepMs));
}

/** What the account is told to have been charged and to have reserved; undefined where nobody answers. */
export async function balanceNow(world: World): Promise<Balance | undefined> {
  const [node = world.startNode()] = world.awake();
  let balance: Balance | undefined;
  node.tasks.balance(caller.accountId).then(
    (answer) => {
      balance = answer;
    },
    (error: unknown) => world.noteError(error),
  );
  await settled();
  await world.timeline.advanceTo(world.timeline.now + 60_000);
  return balance;
}
