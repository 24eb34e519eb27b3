/**
 * The job a render child reads and the lines it prints. This is the whole interface between the renderer and whoever
 * starts it: a JSON file in, newline-delimited JSON out.
 */

export type RenderOperation = 'text-to-video' | 'image-to-video' | 'reference-to-video' | 'edit' | 'extend';

/** `draft` keeps size, length and sound right with a plain picture, in about a second. */
export type RenderQuality = 'full' | 'draft';

/** A local file that was probed before: its facts are trusted, its bytes are not. */
export interface RenderInput {
  readonly role: 'video' | 'image' | 'last-image' | 'reference';
  readonly path: string;
  /** The demuxer FFmpeg is forced to, e.g. `mov`, `matroska`, `png_pipe`, `jpeg_pipe`, `webp_pipe`. */
  readonly demuxer: string;
  /** Displayed size in pixels, rotation applied. */
  readonly width: number;
  readonly height: number;
  /** Length of the video stream in seconds; absent for pictures. */
  readonly durationSeconds?: number;
  readonly hasAudio?: boolean;
}

export interface RenderJob {
  readonly operation: RenderOperation;
  readonly prompt: string;
  readonly negativePrompt?: string;
  /** 0 to 2^31 - 1. Same job, seed and FFmpeg build give the same bytes. */
  readonly seed: number;
  readonly quality: RenderQuality;
  readonly inputs: readonly RenderInput[];
  /** Exact size of the video in pixels, instead of `resolution` and `aspectRatio`, which are `auto` then; both even. Only for clips that are made new. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Whole number of frames per second, 24 where absent. Only for clips that are made new: a source's frames come at 24. */
  readonly framesPerSecond?: number;
  /** `auto` follows the input's own size. Above 1080p frames are painted at 1080p and scaled up, except between two pictures. */
  readonly resolution: 'auto' | '480p' | '720p' | '1080p' | '4k';
  /** `auto` follows the input's own shape. */
  readonly aspectRatio: 'auto' | '16:9' | '4:3' | '3:2' | '1:1' | '2:3' | '3:4' | '9:16';
  /** Length of the clip in seconds; for `extend` the length of the added part; ignored for `edit`, which keeps its source's. */
  readonly durationSeconds: number;
  /** Whether the result has sound: a source's own sound is kept for `edit` and `extend`, made where there is none to keep. */
  readonly audio: boolean;
  /** How many threads paint a clip that is made new; as many as pay where absent. The bytes are the same. */
  readonly threads?: number;
  /** Where the finished MP4 is written; a partial file is never left under this name. */
  readonly outputPath: string;
  /** A folder of this job's own for temporary files. */
  readonly workFolder: string;
}

export type RenderErrorCode =
  | 'invalid_job'
  | 'unreadable_input'
  | 'aspect_ratio_mismatch'
  | 'ffmpeg_missing'
  | 'disk_full'
  | 'too_complex'
  /** Somebody else ended the work: the same job may be done at the next try. */
  | 'interrupted'
  | 'render_failed';

/** One line of the child's standard output. `done` and `error` are last and come once. */
export type RenderMessage =
  | { readonly type: 'progress'; readonly fraction: number }
  | {
      readonly type: 'done';
      readonly width: number;
      readonly height: number;
      readonly durationSeconds: number;
      readonly frames: number;
    }
  | { readonly type: 'error'; readonly code: RenderErrorCode; readonly message: string };
