import type { GenerationRequest, JsonObject, Model, Price } from '../contract/index.ts';

/** Seconds assumed where only the input's length could tell: the longest that an edit keeps. */
const assumedSeconds = 8;

/** Micro-dollars that the request is expected to cost: an estimate for the client and a sum to reserve, never the bill. */
export function estimateMicros(model: Model, request: GenerationRequest): number {
  const { price } = model;
  const table = (request.audio ? price.perOutputSecondWithAudio : undefined) ?? price.perOutputSecond;
  const perSecond = table[request.resolution ?? 'auto'] ?? Math.max(...Object.values(table));
  const seconds = request.durationSeconds ?? assumedSeconds;
  const pictures = request.inputs.filter((input) => input.role !== 'video').length;
  return Math.round(perSecond * seconds + (price.perInputImage ?? 0) * pictures);
}

/** A model's price in US dollars, for those who show it. */
export function pricing({ perOutputSecond, perOutputSecondWithAudio, perInputImage, source }: Price): JsonObject {
  return {
    currency: 'USD',
    per_output_second: dollarsOf(perOutputSecond),
    ...(perOutputSecondWithAudio && { per_output_second_with_audio: dollarsOf(perOutputSecondWithAudio) }),
    ...(perInputImage !== undefined && { per_input_image: perInputImage / 1_000_000 }),
    source,
  };
}

function dollarsOf(table: Price['perOutputSecond']): JsonObject {
  return Object.fromEntries(Object.entries(table).map(([resolution, micros]) => [resolution, micros / 1_000_000]));
}
