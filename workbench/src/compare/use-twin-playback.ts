import { type RefObject, useCallback, useEffect, useState } from 'react';

/** How far the follower may be off before it is put right, in seconds: about a frame and a half. */
const tolerance = 0.06;

/** Share of a frame that a time may be short of its frame. */
const rounding = 0.01;

/** Where the clips tell nothing else. */
const usualFrame = 1 / 24;

type Video = RefObject<HTMLVideoElement | null>;

export interface Twins {
  readonly isPlaying: boolean;
  readonly time: number;
  readonly duration: number;
  readonly toggle: () => void;
  readonly seek: (seconds: number) => void;
  readonly step: (frames: number) => void;
}

/**
 * Two videos as one. The first leads; the second is put where the first is whenever it strays. The longer one sets the length,
 * and the shorter holds its last picture.
 */
export function useTwinPlayback(first: Video, second: Video): Twins {
  const [isPlaying, setPlaying] = useState(false);
  const [time, setTime] = useState(0);
  const [duration, setDuration] = useState(0);
  const frame = useFrameLength(first, isPlaying);

  const both = useCallback(() => [first.current, second.current].filter((video) => video !== null), [first, second]);
  const leader = useCallback(
    () =>
      both().reduce<HTMLVideoElement | undefined>(
        (long, video) => (video.duration > (long?.duration ?? 0) ? video : long),
        undefined,
      ),
    [both],
  );

  const seek = useCallback(
    (seconds: number) => {
      const to = Math.min(Math.max(0, seconds), Math.max(0, duration - frame / 2));
      for (const video of both()) video.currentTime = Math.min(to, Math.max(0, video.duration - frame / 2));
      setTime(to);
    },
    [both, duration, frame],
  );

  useEffect(() => {
    const videos = both();
    const measure = () =>
      setDuration(Math.max(...videos.map((video) => (Number.isFinite(video.duration) ? video.duration : 0))));
    measure();
    for (const video of videos) video.addEventListener('loadedmetadata', measure);
    return () => {
      for (const video of videos) video.removeEventListener('loadedmetadata', measure);
    };
  }, [both]);

  useEffect(() => {
    if (!isPlaying) return undefined;
    let request = 0;
    const tick = () => {
      const lead = leader();
      if (lead?.ended) {
        for (const video of both()) video.currentTime = 0;
        for (const video of both()) void video.play();
      } else if (lead !== undefined) {
        for (const video of both()) {
          const isPast = lead.currentTime >= video.duration;
          if (video !== lead && !isPast && Math.abs(video.currentTime - lead.currentTime) > tolerance) {
            video.currentTime = lead.currentTime;
          }
        }
        setTime(lead.currentTime);
      }
      request = requestAnimationFrame(tick);
    };
    request = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(request);
  }, [isPlaying, both, leader]);

  const pause = useCallback(() => {
    for (const video of both()) video.pause();
    setPlaying(false);
  }, [both]);
  const toggle = useCallback(() => {
    if (isPlaying) return pause();
    for (const video of both()) void video.play();
    setPlaying(true);
  }, [both, isPlaying, pause]);
  const step = useCallback(
    (frames: number) => {
      pause();
      // To the middle of the frame: at its very beginning, rounding decides which picture is shown.
      const current = Math.floor((leader()?.currentTime ?? 0) / frame + rounding);
      seek((current + frames + 0.5) * frame);
    },
    [pause, seek, leader, frame],
  );
  return { isPlaying, time, duration, toggle, seek, step };
}

/** Seconds of one frame, from what the browser shows while it plays. */
function useFrameLength(video: Video, isPlaying: boolean): number {
  const [frame, setFrame] = useState(usualFrame);
  useEffect(() => {
    const element = video.current;
    if (!isPlaying || element === null) return undefined;
    let last: number | undefined;
    let request = 0;
    const look: VideoFrameRequestCallback = (_now, { mediaTime }) => {
      const passed = last === undefined ? 0 : mediaTime - last;
      if (passed > 1 / 130 && passed < 1 / 8)
        setFrame((before) => (Math.abs(before - passed) < 0.002 ? before : passed));
      last = mediaTime;
      request = element.requestVideoFrameCallback(look);
    };
    request = element.requestVideoFrameCallback(look);
    return () => element.cancelVideoFrameCallback(request);
  }, [video, isPlaying]);
  return frame;
}
