import type { MediaRole } from './generation-request.ts';

export type MediaKind = 'video' | 'image' | 'audio';

/** What reading a file's own bytes told about it. Names and declared content types are never trusted. */
export interface MediaProbe {
  readonly kind: MediaKind;
  /** Short name of the file format: `mp4`, `mov`, `webm`, `mkv`, `png`, `jpeg`, `webp`, `mp3`, `wav`, `m4a`, `ogg`. */
  readonly container: string;
  /** The demuxer FFmpeg is forced to when it opens the file. */
  readonly demuxer: string;
  readonly contentType: string;
  /** Displayed size in pixels, rotation applied. */
  readonly width?: number;
  readonly height?: number;
  /** Length of the video stream in seconds (of the audio stream for sound). Containers lie about it; streams do not. */
  readonly durationSeconds?: number;
  readonly framesPerSecond?: number;
  readonly videoCodec?: string;
  readonly audioCodec?: string;
}

/** A file we hold, with its probe. Its bytes are in the storage under `storageKey`. */
export interface Asset {
  readonly id: string;
  readonly accountId: string;
  readonly purpose: 'upload' | 'input' | 'output';
  readonly storageKey: string;
  /** A safe name with the extension that the probe says. */
  readonly filename: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly probe: MediaProbe;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** What the files of one purpose come to. */
export interface FileTotals {
  readonly purpose: Asset['purpose'];
  readonly count: number;
  readonly bytes: number;
}

/** What a model refuses (`require`) and what it changes (`normalise`) about one input, checked before anything is paid. */
export interface InputRules {
  readonly require?: {
    readonly containers?: readonly string[];
    readonly videoCodecs?: readonly string[];
    readonly durationSeconds?: { readonly minimum: number; readonly maximum: number };
    /** Allowed shapes, e.g. `16:9`; 2 % tolerance. */
    readonly aspectRatios?: readonly string[];
  };
  readonly normalise?: {
    /** Scaled down to fit this landscape box, turned for portrait; never up. */
    readonly fitWithin?: { readonly longSide: number; readonly shortSide: number };
    /** Scaled so that the short side lies between these. */
    readonly shortSide?: { readonly minimum: number; readonly maximum: number };
    readonly maximumSeconds?: number;
  };
}

export type MediaRules = Partial<Readonly<Record<MediaRole, InputRules>>>;
