import { planPrompt, type RenderQuality } from '@reelay/renderer';
import type { GenerationRequest, PromptReading } from '../../contract/index.ts';
import { readDirectives } from './directives.ts';

/** Readings that are remembered: a client that polls asks for the same one again and again. */
const rememberedReadings = 500;

/** What the renderer follows of a prompt. Of a draft nothing is told: its picture is plain, but for a tint and an edit's speed. */
export function promptReader(quality: RenderQuality): (request: GenerationRequest) => PromptReading | undefined {
  const readings = new Map<string, PromptReading>();
  return ({ operation: asked, prompt: text, negativePrompt, inputs }) => {
    const { prompt, fast, ending } = readDirectives(text);
    if (fast || quality === 'draft' || ending !== undefined) return undefined;
    const operation = inputs.some(({ role }) => role === 'last-image') ? 'first-last-frame' : asked;
    const key = JSON.stringify([operation, prompt, negativePrompt]);
    const known = readings.get(key);
    if (known !== undefined) return known;
    const { understood, ignored, warnings } = planPrompt({ prompt, negativePrompt }, operation);
    const reading = { understood, ignored, warnings };
    readings.set(key, reading);
    const [oldest] = readings.keys();
    if (readings.size > rememberedReadings && oldest !== undefined) readings.delete(oldest);
    return reading;
  };
}
