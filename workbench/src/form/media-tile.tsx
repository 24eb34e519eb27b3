import { ActionIcon, Button, FileButton, Progress, Tooltip } from '@mantine/core';
import type { InputRules } from '../api.ts';
import { bytes, clipLength } from '../format.ts';
import { AlertIcon, CloseIcon, FilmIcon, ImageIcon, InfoIcon, TrashIcon } from '../icons.tsx';
import { hasFacts, type MediaFacts, type MediaKind, mediaNotes, useMediaFacts } from './media-facts.ts';
import type { Accepted } from './media-file.ts';
import type { Upload } from './use-uploads.ts';

interface TileProps {
  readonly url: string;
  readonly accepted: Accepted;
  readonly title: string;
  readonly rules: InputRules | undefined;
  /** One of several, drawn small. */
  readonly isListed?: boolean;
  readonly onReplace: (file: File) => void;
  readonly onRemove: () => void;
}

/** A file that is in the form: what it looks like, what is known of it, and what the model will make of it. */
export function MediaTile({ url, accepted, title, rules, isListed = false, onReplace, onRemove }: TileProps) {
  const { kind, types } = accepted;
  const facts = useMediaFacts(url, kind);
  return (
    <div className="tile" data-listed={isListed || undefined}>
      <div className="tile-picture">
        <Preview facts={facts} kind={kind} title={title} />
      </div>
      <div className="tile-text">
        <p className="tile-name" title={url}>
          {nameOf(url, facts)}
        </p>
        <p className="tile-facts">{facts === 'reading' ? 'Reading the file …' : factsLine(facts)}</p>
        <Notes facts={facts} rules={rules} />
      </div>
      <div className="tile-actions">
        <FileButton accept={types} onChange={(file) => file && onReplace(file)}>
          {(button) => (
            <Button {...button} size="compact-xs" variant="default" aria-label={`Replace ${title}`}>
              Replace
            </Button>
          )}
        </FileButton>
        <Tooltip label="Remove">
          <ActionIcon size={24} variant="subtle" color="gray" aria-label={`Remove ${title}`} onClick={onRemove}>
            <TrashIcon size={15} />
          </ActionIcon>
        </Tooltip>
      </div>
    </div>
  );
}

type Facts = ReturnType<typeof useMediaFacts>;

function Preview({ facts, kind, title }: { readonly facts: Facts; readonly kind: MediaKind; readonly title: string }) {
  if (!hasFacts(facts)) return kind === 'video' ? <FilmIcon size={22} /> : <ImageIcon size={22} />;
  if (kind === 'image') return <img src={facts.src} alt={title} />;
  return <video src={facts.src} muted loop playsInline controls preload="metadata" aria-label={title} />;
}

function Notes({ facts, rules }: { readonly facts: Facts; readonly rules: InputRules | undefined }) {
  if (typeof facts === 'object' && 'fault' in facts) return <Note level="refused" text={facts.fault} />;
  if (!hasFacts(facts)) return null;
  return mediaNotes(facts, rules).map((note) => <Note key={note.text} {...note} />);
}

function Note({ level, text }: { readonly level: 'refused' | 'changed'; readonly text: string }) {
  return (
    <p className="note" data-level={level}>
      {level === 'refused' ? <AlertIcon size={14} /> : <InfoIcon size={14} />} {text}
    </p>
  );
}

function nameOf(url: string, facts: Facts): string {
  if (hasFacts(facts) && facts.name !== undefined) return facts.name;
  if (url.startsWith('data:')) return 'Data URI';
  const path = URL.canParse(url) ? new URL(url) : undefined;
  return path === undefined ? url : decodeURIComponent(path.pathname.split('/').at(-1) || path.host);
}

function factsLine(facts: Facts): string {
  if (!hasFacts(facts)) return '';
  const { duration, width, height, size }: MediaFacts = facts;
  const parts = [
    duration === undefined ? undefined : clipLength(duration),
    width === undefined ? undefined : `${width} × ${height}`,
    size === undefined ? undefined : bytes(size),
  ].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(' · ') : 'This browser cannot read the format; the server checks it.';
}

/** A file on its way. */
export function UploadTile({ upload, onForget }: { readonly upload: Upload; readonly onForget: () => void }) {
  const { fault, name, progress, stop } = upload;
  if (fault !== undefined) {
    return (
      <div className="upload-fault" role="alert">
        <AlertIcon size={15} />
        <p>{fault}</p>
        <ActionIcon size={22} variant="subtle" color="gray" aria-label="Dismiss" onClick={onForget}>
          <CloseIcon size={14} />
        </ActionIcon>
      </div>
    );
  }
  return (
    <div className="tile tile-upload">
      <div className="tile-text">
        <p className="tile-name">{name}</p>
        <Progress value={progress * 100} size={4} aria-label={`Sending ${name}`} />
      </div>
      <Button size="compact-xs" variant="default" onClick={stop}>
        Stop
      </Button>
    </div>
  );
}
