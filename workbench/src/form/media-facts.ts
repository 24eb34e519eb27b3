import { useEffect } from 'react';
import type { Api, InputRules } from '../api.ts';
import { clipLength, sentence } from '../format.ts';
import { useApi } from '../session.tsx';
import { createStore, useStore } from '../store.ts';

export type MediaKind = 'video' | 'image';

/** What the page could find out about a file. */
export interface MediaFacts {
  /** What the browser may load: the file itself, or the server's copy of it. */
  readonly src: string;
  readonly name?: string;
  readonly size?: number;
  readonly container?: string;
  readonly width?: number;
  readonly height?: number;
  readonly duration?: number;
}

type Known = MediaFacts | 'reading' | { readonly fault: string };

/** By the URL that stands in the form. */
const known = createStore<Readonly<Record<string, Known>>>({});

export function rememberMedia(url: string, facts: MediaFacts): void {
  known.set((all) => ({ ...all, [url]: facts }));
}

/** Reads what a URL leads to. Foreign hosts are asked by the server, which keeps a copy: the page loads nothing from elsewhere. */
export function useMediaFacts(url: string, kind: MediaKind): Known | undefined {
  const api = useApi();
  const all = useStore(known);
  useEffect(() => {
    if (url === '' || known.get()[url] !== undefined) return;
    known.set((before) => ({ ...before, [url]: 'reading' }));
    readUrl(url, kind, api).then(
      (facts) => rememberMedia(url, facts),
      (error: unknown) =>
        known.set((before) => ({
          ...before,
          [url]: { fault: sentence(error instanceof Error ? error.message : String(error)) },
        })),
    );
  }, [url, kind, api]);
  return url === '' ? undefined : all[url];
}

async function readUrl(url: string, kind: MediaKind, api: Api): Promise<MediaFacts> {
  const isNear = /^(data|blob):/.test(url) || new URL(url).origin === location.origin;
  if (isNear) return { src: url, ...containerOfName(url), ...(await measure(url, kind)) };
  const copy = await api.copyFrom(url);
  return {
    src: copy.url,
    name: copy.filename,
    size: copy.size,
    ...containerOfName(copy.filename),
    ...(await measure(copy.url, kind)),
  };
}

function containerOfName(url: string): { readonly container?: string } {
  const extension = /\.([a-z0-9]{2,4})(?:\?|$)/i.exec(url)?.[1]?.toLowerCase();
  return extension === undefined ? {} : { container: extension === 'jpg' ? 'jpeg' : extension };
}

export function hasFacts(facts: Known | undefined): facts is MediaFacts {
  return typeof facts === 'object' && 'src' in facts;
}

/** How long the browser may take to read a header, in milliseconds. */
const measureLimitMs = 10_000;

/** Size and length, as far as the browser can read the format; nothing where it cannot. */
export function measure(src: string, kind: MediaKind): Promise<Pick<MediaFacts, 'width' | 'height' | 'duration'>> {
  return new Promise((resolve) => {
    const timer = window.setTimeout(() => resolve({}), measureLimitMs);
    const done = (facts: Pick<MediaFacts, 'width' | 'height' | 'duration'>) => {
      window.clearTimeout(timer);
      resolve(facts);
    };
    if (kind === 'image') {
      const image = new Image();
      image.onload = () => done({ width: image.naturalWidth, height: image.naturalHeight });
      image.onerror = () => done({});
      image.src = src;
      return;
    }
    const video = document.createElement('video');
    video.preload = 'metadata';
    video.onloadedmetadata = () => {
      const { videoWidth: width, videoHeight: height, duration } = video;
      video.removeAttribute('src');
      video.load();
      done({ ...(width > 0 && { width, height }), ...(Number.isFinite(duration) && { duration }) });
    };
    video.onerror = () => done({});
    video.src = src;
  });
}

export interface MediaNote {
  /** Whether the task would fail, or the file only be changed. */
  readonly level: 'refused' | 'changed';
  readonly text: string;
}

/** What a model's rules make of a file, said before anything is submitted. */
export function mediaNotes(facts: MediaFacts, rules: InputRules | undefined): readonly MediaNote[] {
  const refused = refusals(facts, rules?.require ?? {}).map((text): MediaNote => ({ level: 'refused', text }));
  const changed = changes(facts, rules?.normalise ?? {}).map((text): MediaNote => ({ level: 'changed', text }));
  return [...refused, ...changed];
}

/** How far a shape may be off. */
const shapeTolerance = 0.02;

function refusals(facts: MediaFacts, rules: NonNullable<InputRules['require']>): readonly string[] {
  const { container, duration, width, height } = facts;
  const found: string[] = [];
  if (rules.containers && container && !rules.containers.includes(container)) {
    found.push(`This is ${container.toUpperCase()}; the model takes ${rules.containers.join(', ').toUpperCase()}.`);
  }
  if (rules.durationSeconds && duration !== undefined) {
    const { minimum, maximum } = rules.durationSeconds;
    if (duration < minimum || duration > maximum) {
      found.push(`${clipLength(duration)} long; the model takes ${minimum} to ${maximum} s.`);
    }
  }
  if (rules.aspectRatios && width && height) {
    const fits = rules.aspectRatios.some((ratio) => {
      const [across = 1, down = 1] = ratio.split(':').map(Number);
      return Math.abs((width / height) * (down / across) - 1) <= shapeTolerance;
    });
    if (!fits) found.push(`${width} × ${height}; the model takes ${rules.aspectRatios.join(' or ')}.`);
  }
  return found;
}

function changes(facts: MediaFacts, rules: NonNullable<InputRules['normalise']>): readonly string[] {
  const { duration, width = 0, height = 0 } = facts;
  const { fitWithin: box, shortSide, maximumSeconds } = rules;
  const found: string[] = [];
  const [long, short] = [Math.max(width, height), Math.min(width, height)];
  if (box && (long > box.longSide || short > box.shortSide)) {
    found.push(`Scaled down to fit ${box.longSide} × ${box.shortSide}.`);
  }
  if (shortSide && short > 0 && (short < shortSide.minimum || short > shortSide.maximum)) {
    found.push(`Scaled to ${short < shortSide.minimum ? shortSide.minimum : shortSide.maximum} px on its short side.`);
  }
  if (maximumSeconds && duration !== undefined && duration > maximumSeconds) {
    found.push(`Only the first ${maximumSeconds} of ${clipLength(duration)} are used.`);
  }
  return found;
}
