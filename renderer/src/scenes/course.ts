/** A road, a path or a river that winds over the ground towards the horizon. */
import { fineNoise, sampleNoise } from '../pixels/noise.ts';
import { mix, smoothstep } from '../pixels/numbers.ts';
import type { Rgb } from '../pixels/palette.ts';

export interface Course {
  readonly kind: 'road' | 'path' | 'river';
  /** Half its width, and how far it swings aside, in frame heights at the lower edge of the frame. */
  readonly half: number;
  readonly bend: number;
  readonly phase: number;
  /** Where it meets the horizon, aside of the middle, in frame heights. */
  readonly aim: number;
}

/** How far a place is from the middle of the course, in halves of its width; `reach` is 1 near and grows with distance. */
export function courseAside(course: Course, across: number, reach: number): number {
  const swing = Math.sin(reach * 0.52 + course.phase) * course.bend * smoothstep(0.6, 3.2, reach);
  const ragged = course.kind === 'road' ? 0 : (sampleNoise(fineNoise(), across * 0.21, reach * 0.33) - 0.5) * 0.5;
  return (across - swing - course.aim * (reach - 1)) / course.half + ragged;
}

/** Lines and ruts, 0 to 1 in opacity. */
export function courseColour(course: Course, aside: number, reach: number, grain: number): Rgb {
  if (course.kind === 'path') return [mix(150, 186, grain), mix(124, 156, grain), mix(88, 112, grain)];
  const shade = mix(66, 92, grain);
  const edge = smoothstep(0.07, 0.035, Math.abs(Math.abs(aside) - 0.9));
  const dash = smoothstep(0.055, 0.025, Math.abs(aside)) * ((1 / reach) % 0.11 < 0.06 ? 1 : 0);
  const line = Math.max(edge, dash) * 0.85;
  return [mix(shade, 236, line), mix(shade, 228, line), mix(shade + 4, 206, line)];
}
