// Runs the measurements. The sides are measured in turn in short rounds, because a machine is never equally fast for
// long: compared numbers come from the same half minute.

import type { LoadResult } from './load/generate.ts';
import { measureNeighbour, type NeighbourRound } from './measure-neighbour.ts';
import { measureOutbound, type Outbound, setupFile } from './measure-outbound.ts';
import type { Plan } from './plan.ts';
import { inQuiet } from './quiet.ts';
import { residentSet } from './resident-set.ts';
import { runLoad } from './run-load.ts';
import { groupsOfOne, type ParleySide, type Side, startBare, startParley } from './sides.ts';

export const CONNECTIONS = 64;

/** The result of a load, and the share of the machine that other processes used meanwhile. */
export type Turn = LoadResult & { readonly othersShare: number | null };

/** One measurement of every side. */
export type IngestRound = {
  readonly bare: Turn;
  readonly parley: Turn;
  /** Parley with a workflow that greets and offers quick replies. */
  readonly workflow: Turn;
  /** The first Parley again, while many conversations wait for the contact. */
  readonly waiting: Turn;
  readonly groupsOfOne: Turn;
  /** Parley with many conversations stored before. */
  readonly full: Turn;
};

export type LightRound = { readonly parley: Turn; readonly groupsOfOne: Turn };

export type Measured = {
  readonly plan: Plan;
  readonly postgresql: string;
  readonly ingest: readonly IngestRound[];
  readonly light: readonly LightRound[];
  /** The highest resident set of the two grouped Parleys; null without /proc. */
  readonly residentPeakMb: number | null;
  readonly outbound: Outbound;
  readonly neighbour: readonly NeighbourRound[];
};

type Sides = {
  readonly bare: Side;
  readonly parley: ParleySide;
  readonly workflow: ParleySide;
  readonly groupsOfOne: ParleySide;
  readonly full: ParleySide;
};

/**
 * Runs the whole bench.
 * @param tell called with the progress, for a person who waits.
 */
export async function measure(plan: Plan, tell: (text: string) => void): Promise<Measured> {
  // First, while nothing else runs.
  const outbound = await measureOutbound(plan, tell);
  const neighbour = await measureNeighbour(plan, tell);
  return { ...(await measureIngest(plan, tell)), outbound, neighbour };
}

async function measureIngest(
  plan: Plan,
  tell: (text: string) => void,
): Promise<Omit<Measured, 'outbound' | 'neighbour'>> {
  const started: Side[] = [];
  const start = async <S extends Side>(side: Promise<S>): Promise<S> => {
    const ready = await side;
    started.push(ready);
    return ready;
  };
  try {
    const sides: Sides = {
      bare: await start(startBare()),
      parley: await start(startParley()),
      workflow: await start(startParley({ PARLEY_CONFIG: setupFile('greets.yaml') })),
      groupsOfOne: await start(startParley(groupsOfOne)),
      full: await start(startParley()),
    };
    tell(`storing ${plan.storedConversations.toLocaleString('en')} conversations`);
    await sides.full.database.fill(plan.storedConversations);
    await sides.full.database.checkpoint();

    tell('warming up');
    await warmUp(sides, plan);

    const ingest: IngestRound[] = [];
    for (let round = 1; round <= plan.rounds; round += 1) {
      ingest.push(await ingestRound(sides, plan));
      tell(`round ${round} of ${plan.rounds}: ${rates(ingest.at(-1)!)}`);
    }
    const peaks = [sides.parley, sides.full].map(({ pid }) => residentSet(pid)?.peakMb ?? null);

    const light: LightRound[] = [];
    for (let round = 1; round <= plan.rounds; round += 1) light.push(await lightRound(sides, plan));
    tell('light load: done');
    return {
      plan,
      postgresql: await sides.parley.database.version(),
      ingest,
      light,
      residentPeakMb: peaks.includes(null) ? null : Math.max(...(peaks as number[])),
    };
  } finally {
    for (const side of started) await side.stop();
  }
}

async function warmUp(sides: Sides, { compileSeconds }: Plan): Promise<void> {
  for (const side of Object.values(sides)) {
    await runLoad(side, { connections: CONNECTIONS, warmUpSeconds: 0, seconds: compileSeconds });
  }
}

async function ingestRound(sides: Sides, plan: Plan): Promise<IngestRound> {
  const shape = { connections: CONNECTIONS, ...timing(plan) };
  return {
    bare: await turn(() => runLoad(sides.bare, shape)),
    parley: await turn(() => storingLoad(sides.parley, shape, true)),
    workflow: await turn(() => greetingLoad(sides.workflow, shape)),
    waiting: await turn(() => waitingLoad(sides.parley, shape, plan.waitingConversations)),
    groupsOfOne: await turn(() => storingLoad(sides.groupsOfOne, shape, true)),
    full: await turn(() => storingLoad(sides.full, shape, false)),
  };
}

async function lightRound(sides: Sides, plan: Plan): Promise<LightRound> {
  const shape = { connections: 1, ...timing(plan) };
  return {
    parley: await turn(() => storingLoad(sides.parley, shape, true)),
    groupsOfOne: await turn(() => storingLoad(sides.groupsOfOne, shape, true)),
  };
}

async function turn(load: () => Promise<LoadResult>): Promise<Turn> {
  const { value, othersShare } = await inQuiet(load);
  return { ...value, othersShare };
}

const timing = ({ warmUpSeconds, seconds }: Plan) => ({ warmUpSeconds, seconds });

/** Runs a load. Afterwards as many conversations must be stored as were acknowledged. */
async function storingLoad(
  { database, ...side }: ParleySide,
  shape: Parameters<typeof runLoad>[1],
  startsEmpty: boolean,
): Promise<LoadResult> {
  if (startsEmpty) await database.empty();
  const before = await database.countConversations();
  const result = await runLoad(side, shape);
  const stored = (await database.countConversations()) - before;
  if (stored !== result.acknowledged) {
    throw new Error(`${result.acknowledged} were acknowledged, ${stored} are stored`);
  }
  return result;
}

/** Runs a load. Afterwards every conversation must have its greeting, its buttons and a waiting workflow. */
async function greetingLoad(
  side: ParleySide,
  shape: Parameters<typeof runLoad>[1],
): Promise<LoadResult> {
  const result = await storingLoad(side, shape, true);
  const [found] = await side.database.sql<{ events: string; greeted: string }>(
    `select (select count(*) from outbound_events) as events,
       (select count(*) from conversations as c where event_count = 2 and run ->> 'status' = 'waiting'
          and (select array_agg(name order by sequence) from outbound_events
               where workspace_id = c.workspace_id and conversation_id = c.id)
            = array['new_message', 'quick_replies_presented']) as greeted`,
  );
  const events = Number(found!.events);
  const greeted = Number(found!.greeted);
  if (events !== 2 * result.acknowledged || greeted !== result.acknowledged) {
    throw new Error(
      `${result.acknowledged} were acknowledged, ${greeted} greeted: ${events} events`,
    );
  }
  return result;
}

/** Runs a load while other conversations wait for the contact. Afterwards all of them must still wait. */
async function waitingLoad(
  { database, ...side }: ParleySide,
  shape: Parameters<typeof runLoad>[1],
  waiting: number,
): Promise<LoadResult> {
  await database.empty();
  await database.fill(waiting, 'waiting');
  await database.checkpoint();
  const result = await storingLoad({ database, ...side }, shape, false);
  const [found] = await database.sql<{ count: string }>(
    'select count(*) from conversations where wake_at is not null',
  );
  if (Number(found!.count) !== waiting) throw new Error(`${found!.count} of ${waiting} still wait`);
  return result;
}

const rates = (round: IngestRound): string =>
  Object.entries(round)
    .map(([side, { perSecond, othersShare }]) => {
      const others = othersShare === null ? '' : ` (${Math.round(othersShare * 100)} % others)`;
      return `${side} ${Math.round(perSecond).toLocaleString('en')}/s${others}`;
    })
    .join(', ');
