/** `npm run bench:render -- [--quick] [--only NAME]`, its first part: how well the sky edit finds the sky, on clips that are drawn. */
import { parseArgs } from 'node:util';
import { CLIPS } from './clips.ts';
import { measureClip, type SkyFigures } from './measure.ts';

const usage = `Usage: node bench/render/main.ts [--quick] [--only NAME]

Draws clips whose sky is known, sends each through x264 and measures what the sky edit makes of it. About two minutes.

  IoU      share of sky found and right: intersection over union of both masks over all frames; 1 is perfect, 0.95 wanted
  worst    the same of the worst frame
  flicker  mean change of the mask between frames where the true one stays as it is, in thousandths
  halo     mean colour error, of 255, around the sky's edge, against the true mask under the same new sky
  fallback whether the mask is distrusted and the whole frame graded instead; right where there is no sky

  --quick  a few frames of each clip
  --only   clips whose name contains NAME
`;

const SIZE = { width: 854, height: 480 };
const FRAMES = 36;
const QUICK_FRAMES = 6;
const WANTED_IOU = 0.95;

const { values } = parseArgs({
  options: {
    ...{ quick: { type: 'boolean' }, only: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  },
});

function verdict({ hasSky, fellBack, iou }: SkyFigures): string {
  if (!hasSky) return fellBack ? 'good' : 'MISS';
  if (fellBack) return 'graded';
  return iou >= WANTED_IOU ? 'good' : 'MISS';
}

function row(figures: SkyFigures): string {
  const { name, hasSky, iou, worstIou, flicker, halo, confidence, fellBack, frameMs } = figures;
  const measured = (value: number, digits: number) => (hasSky ? value.toFixed(digits) : '–');
  const cells = [
    ...[name, measured(iou, 3), measured(worstIou, 3), measured(flicker, 2), measured(halo, 1)],
    ...[confidence.toFixed(2), fellBack ? 'yes' : 'no', frameMs.toFixed(0), verdict(figures)],
  ];
  return `| ${cells.join(' | ')} |\n`;
}

async function bench(): Promise<void> {
  process.stdout.write('| clip | IoU | worst | flicker ‰ | halo | confidence | fallback | CPU ms/frame | verdict |\n');
  process.stdout.write('| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | --- |\n');
  for (const clip of CLIPS.filter(({ name }) => name.includes(values.only ?? ''))) {
    const figures = await measureClip(clip, { size: SIZE, frames: values.quick ? QUICK_FRAMES : FRAMES });
    process.stdout.write(row(figures));
  }
}

if (values.help) process.stdout.write(usage);
else await bench();
