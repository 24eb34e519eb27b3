import type { GenerationRequest } from '../../contract/index.ts';

/** Micro-dollars. Estimates before, never the bill: that comes with the job's status. */
interface Price {
  readonly perOutputSecond: Readonly<Record<'480p' | '720p' | '1080p', number>>;
  readonly perInputImage: number;
}

const base: Price = { perOutputSecond: { '480p': 50_000, '720p': 70_000, '1080p': 70_000 }, perInputImage: 2_000 };
const later: Price = { perOutputSecond: { '480p': 80_000, '720p': 140_000, '1080p': 250_000 }, perInputImage: 10_000 };

/** Source: https://docs.x.ai/developers/models. Sound is included. Dated and preview names have their model's price. */
const prices: readonly { readonly prefix: string; readonly price: Price }[] = [
  { prefix: 'grok-imagine-video-1.5', price: later },
  { prefix: 'grok-imagine-video', price: base },
];

/** What xAI makes where the request does not say: 8 seconds, and 6 more of an extension. An edit keeps at most 8. */
const usualSeconds: Readonly<Record<GenerationRequest['operation'], number>> = {
  'text-to-video': 8,
  'image-to-video': 8,
  'reference-to-video': 8,
  edit: 8,
  extend: 6,
};

export function estimateMicros(model: string, request: GenerationRequest): number {
  const { perOutputSecond, perInputImage } = prices.find(({ prefix }) => model.startsWith(prefix))?.price ?? later;
  const seconds = request.durationSeconds ?? usualSeconds[request.operation];
  const pictures = request.inputs.filter(({ role }) => role !== 'video').length;
  return Math.round(perOutputSecond[resolutionOf(request)] * seconds + perInputImage * pictures);
}

/** Generations are 480p by default; an edit follows its input, which is at most 480p here; an extension may have 720p. */
function resolutionOf({ operation, resolution = 'auto' }: GenerationRequest): keyof Price['perOutputSecond'] {
  if (operation === 'edit') return '480p';
  if (operation === 'extend') return '720p';
  if (resolution === '4k') return '1080p';
  return resolution === 'auto' ? '480p' : resolution;
}
