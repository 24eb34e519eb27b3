/** What the makers of hostile files know, and what they make. */

export interface HostileFile {
  /** What is wrong with it, in a few words; unique. */
  readonly name: string;
  readonly bytes: Buffer;
  /** The code that its upload is refused with; absent where the file is odd and yet to be handled right. */
  readonly refused?: string;
  /** What a model would take it for. */
  readonly kind: 'video' | 'image';
}

export interface Lures {
  /** A media file of this machine that nothing may open. */
  readonly secretPath: string;
  /** An address on this machine that nothing may connect to. */
  readonly secretUrl: string;
}

/** Two seconds of H.264 and AAC, its index at the end. */
export interface Samples {
  readonly clip: Buffer;
  readonly jpeg: Buffer;
  readonly png: Buffer;
}

export const notMedia = 'invalid_file_type';
export const broken = 'input_unreadable';
