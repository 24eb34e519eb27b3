import { useEffect } from 'react';
import type { Task } from '../api.ts';
import { createStore, useStore } from '../store.ts';

/**
 * Still pictures of results. A card that kept a video element open would hold one of the six connections that a browser grants a
 * server; two readers, one after the other, leave room for the rest.
 */
const posters = createStore<Readonly<Record<string, string>>>({});

const waiting: { readonly id: string; readonly url: string }[] = [];
const asked = new Set<string>();
const mostReaders = 2;
let readers = 0;

const widthPx = 400;

/** Where in the clip the picture is taken: the first frame is often the input. */
const place = 0.4;

/** How long one clip may take, in milliseconds. */
const limitMs = 15_000;

/** An address of the picture; undefined until there is one. */
export function usePoster({ id, results }: Task): string | undefined {
  const all = useStore(posters);
  const url = results?.[0]?.url;
  useEffect(() => {
    if (url === undefined || asked.has(id)) return;
    asked.add(id);
    waiting.push({ id, url });
    readNext();
  }, [id, url]);
  return all[id];
}

function readNext(): void {
  const next = readers < mostReaders ? waiting.shift() : undefined;
  if (next === undefined) return;
  readers += 1;
  void takePicture(next.url).then((picture) => {
    readers -= 1;
    if (picture !== undefined) posters.set((all) => ({ ...all, [next.id]: URL.createObjectURL(picture) }));
    readNext();
  });
}

function takePicture(url: string): Promise<Blob | undefined> {
  const video = document.createElement('video');
  return new Promise<Blob | undefined>((resolve) => {
    window.setTimeout(() => resolve(undefined), limitMs);
    video.muted = true;
    video.preload = 'auto';
    video.onerror = () => resolve(undefined);
    video.onloadedmetadata = () => {
      video.currentTime = video.duration * place;
    };
    video.onseeked = () => void drawn(video).then(resolve);
    video.src = url;
  }).finally(() => {
    video.removeAttribute('src');
    video.load();
  });
}

/** Nothing where the file comes from another origin: its pixels are not ours to read. */
function drawn(video: HTMLVideoElement): Promise<Blob | undefined> {
  const canvas = document.createElement('canvas');
  canvas.width = widthPx;
  canvas.height = Math.round((widthPx * video.videoHeight) / video.videoWidth);
  return new Promise((resolve) => {
    try {
      canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => resolve(blob ?? undefined), 'image/jpeg', 0.82);
    } catch {
      resolve(undefined);
    }
  });
}
