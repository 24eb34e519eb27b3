/** Where the camera stands in a street, and where it sees things. Lengths are in metres; x to the right, z along the street. */
import type { Size } from '../geometry.ts';
import type { CameraPose } from '../motion/camera.ts';

/** Height of the eye, and the row of the horizon in frame heights. */
export const EYE = 1.75;
export const STREET_HORIZON = 0.53;
/** Metres along the street for one unit of the zoom of near things, and aside for one of their parallax. */
const TRAVEL = 44;
const ASIDE = 24;
/** Shares of the frame that a turned or tilted camera moves the vanishing point, for one share of a picture's move. */
const TURN = 1.5;
const TILT = 1.1;

export interface StreetView {
  /** Pixels that a metre takes at a distance of one. */
  focal: number;
  /** The vanishing point. */
  centreX: number;
  centreY: number;
  /** Place of the eye. */
  x: number;
  z: number;
}

export function focalLength({ width, height }: Size): number {
  return 0.74 * Math.max(width, height * 1.15);
}

/** Writes the view of a pose into `view`. */
export function lookAlong(view: StreetView, pose: CameraPose, size: Size): void {
  view.focal = focalLength(size) * (1 + (pose.zoom - 1) * 0.35);
  view.centreX = size.width * (0.5 - pose.x * TURN);
  view.centreY = size.height * (STREET_HORIZON - pose.y * TILT);
  view.x = pose.parallaxX * ASIDE;
  view.z = pose.depthZoom * TRAVEL;
}
