import { ActionIcon, Slider } from '@mantine/core';
import { type HotkeyItem, useHotkeys } from '@mantine/hooks';
import { type CSSProperties, type PointerEvent, useRef, useState } from 'react';
import { BackIcon, ForwardIcon, PauseIcon, PlayIcon } from '../icons.tsx';
import { type Twins, useTwinPlayback } from './use-twin-playback.ts';

export interface Side {
  readonly url: string;
  readonly title: string;
}

interface PlayerProps {
  readonly a: Side;
  readonly b: Side;
  readonly mode: 'side' | 'split';
}

/** Two results that play as one, next to each other or one over the other. */
export function ComparePlayer({ a, b, mode }: PlayerProps) {
  const first = useRef<HTMLVideoElement>(null);
  const second = useRef<HTMLVideoElement>(null);
  const twins = useTwinPlayback(first, second);
  const [split, setSplit] = useState(50);
  const [shape, setShape] = useState(16 / 9);
  useHotkeys([
    playerKey('ArrowLeft', () => twins.step(-1)),
    playerKey('ArrowRight', () => twins.step(1)),
    playerKey('space', twins.toggle),
  ]);
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (mode !== 'split' || event.buttons === 0) return;
    const { left, width } = event.currentTarget.getBoundingClientRect();
    setSplit(Math.min(100, Math.max(0, ((event.clientX - left) / width) * 100)));
  };
  const clip = mode === 'split' ? { clipPath: `inset(0 0 0 ${split}%)` } : {};
  return (
    <div className="twin">
      <div
        className="twin-screens"
        data-mode={mode}
        style={{ '--shape': shape } as CSSProperties}
        onPointerDown={drag}
        onPointerMove={drag}
      >
        <div className="twin-screen">
          <video
            ref={first}
            src={a.url}
            muted
            playsInline
            preload="auto"
            aria-label={`A: ${a.title}`}
            onLoadedMetadata={({ currentTarget: { videoWidth, videoHeight } }) => setShape(videoWidth / videoHeight)}
          />
          <span className="twin-label">A</span>
        </div>
        <div className="twin-screen" style={clip}>
          <video ref={second} src={b.url} muted playsInline preload="auto" aria-label={`B: ${b.title}`} />
          <span className="twin-label twin-label-b">B</span>
        </div>
        {mode === 'split' && <div className="twin-divider" style={{ left: `${split}%` }} aria-hidden="true" />}
      </div>
      <Transport twins={twins} />
      {mode === 'split' && (
        <div className="twin-split">
          <span>A</span>
          <Slider
            size={4}
            thumbSize={16}
            value={split}
            step={1}
            label={null}
            thumbLabel="Where A ends and B begins"
            onChange={setSplit}
          />
          <span>B</span>
        </div>
      )}
    </div>
  );
}

/** A key of the whole page, but where a control has a use for it itself. */
function playerKey(key: 'ArrowLeft' | 'ArrowRight' | 'space', use: () => void): HotkeyItem {
  const users = key === 'space' ? 'button, a, [role="slider"]' : '[role="slider"]';
  const handle = (event: KeyboardEvent) => {
    if (event.target instanceof Element && event.target.closest(users) !== null) return;
    event.preventDefault();
    use();
  };
  return [key, handle, { preventDefault: false }];
}

function Transport({ twins: { isPlaying, time, duration, toggle, seek, step } }: { readonly twins: Twins }) {
  return (
    <div className="transport">
      <ActionIcon variant="default" size="lg" aria-label="One frame back" onClick={() => step(-1)}>
        <BackIcon />
      </ActionIcon>
      <ActionIcon variant="filled" size="lg" aria-label={isPlaying ? 'Pause' : 'Play'} onClick={toggle}>
        {isPlaying ? <PauseIcon /> : <PlayIcon />}
      </ActionIcon>
      <ActionIcon variant="default" size="lg" aria-label="One frame on" onClick={() => step(1)}>
        <ForwardIcon />
      </ActionIcon>
      <Slider
        className="transport-slider"
        size={4}
        thumbSize={16}
        min={0}
        max={duration || 1}
        step={0.01}
        value={time}
        label={null}
        thumbLabel="Position"
        onChange={seek}
      />
      <span className="transport-time">
        {time.toFixed(2)} / {duration.toFixed(2)} s
      </span>
    </div>
  );
}
