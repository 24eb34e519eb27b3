import { Button, FileButton, TextInput } from '@mantine/core';
import { type DragEvent, type ReactNode, useState } from 'react';
import { FilmIcon, ImageIcon } from '../icons.tsx';
import { FieldFrame, type FieldIds, type FieldProps } from './field-frame.tsx';
import { type Accepted, acceptedFiles } from './media-file.ts';
import { MediaTile, UploadTile } from './media-tile.tsx';
import type { Uploads } from './use-uploads.ts';

interface MediaProps extends FieldProps {
  readonly uploads: Uploads;
}

/** One file: dropped, pasted, chosen or named by its URL. */
export function MediaField({ parameter, value, fault, onChange, uploads }: MediaProps) {
  const own = uploads.all.filter(({ field }) => field === parameter.name);
  const isSending = own.some((upload) => upload.fault === undefined);
  const accepted = acceptedFiles(parameter.property);
  const take = (file: File) => void uploads.start(parameter.name, accepted, file);
  const url = typeof value === 'string' ? value : '';
  return (
    <FieldFrame parameter={parameter} fault={fault} group>
      {(ids) => (
        <DropArea onFiles={(files) => files.slice(0, 1).forEach(take)}>
          {own.map((upload) => (
            <UploadTile key={upload.id} upload={upload} onForget={() => uploads.forget(parameter.name)} />
          ))}
          {url !== '' && !isSending && (
            <MediaTile
              url={url}
              accepted={accepted}
              title={parameter.title}
              rules={parameter.property['x-media-rules']}
              onReplace={take}
              onRemove={() => onChange(undefined)}
            />
          )}
          {url === '' && !isSending && (
            <Empty ids={ids} accepted={accepted} title={parameter.title} onFile={take} onUrl={onChange} />
          )}
        </DropArea>
      )}
    </FieldFrame>
  );
}

/** Several pictures, in an order that prompts may speak of. */
export function MediaListField({ parameter, value, fault, onChange, uploads }: MediaProps) {
  const { property, demand, name, title } = parameter;
  const urls = Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  const most = demand.maxItems ?? property.maxItems ?? Number.POSITIVE_INFINITY;
  const own = uploads.all.filter(({ field }) => field === name);
  const sending = own.filter((upload) => upload.fault === undefined);
  const room = most - urls.length - sending.length;
  const accepted = acceptedFiles(property);
  const take = (file: File) => void uploads.start(name, accepted, file);
  const put = (next: readonly string[]) => onChange(next.length > 0 ? next : undefined);
  const count = Number.isFinite(most) && <span className="count">{`${urls.length} / ${most}`}</span>;
  return (
    <FieldFrame parameter={parameter} fault={fault} group aside={count}>
      {(ids) => (
        <DropArea onFiles={(files) => files.slice(0, room).forEach(take)}>
          {urls.map((url, index) => (
            <MediaTile
              key={url}
              url={url}
              accepted={accepted}
              title={`${title} ${index + 1}`}
              isListed
              rules={property['x-media-rules']}
              onReplace={(file) => {
                put(urls.toSpliced(index, 1));
                take(file);
              }}
              onRemove={() => put(urls.toSpliced(index, 1))}
            />
          ))}
          {own.map((upload) => (
            <UploadTile key={upload.id} upload={upload} onForget={() => uploads.forget(name)} />
          ))}
          {room > 0 && (
            <Empty
              ids={ids}
              accepted={accepted}
              title={title}
              onFile={take}
              onUrl={(url) => url && put([...urls, url])}
            />
          )}
        </DropArea>
      )}
    </FieldFrame>
  );
}

function DropArea({ onFiles, children }: { readonly onFiles: (files: File[]) => void; readonly children: ReactNode }) {
  const [isOver, setOver] = useState(false);
  const carriesFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files');
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one of four ways; the others take the keyboard
    <div
      className="drop"
      data-over={isOver || undefined}
      onDragOver={(event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setOver(false);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      {children}
    </div>
  );
}

interface EmptyProps {
  readonly ids: FieldIds;
  readonly accepted: Accepted;
  readonly title: string;
  readonly onFile: (file: File) => void;
  readonly onUrl: (url: string | undefined) => void;
}

function Empty({ ids, accepted: { kind, types, names }, title, onFile, onUrl }: EmptyProps) {
  const [url, setUrl] = useState('');
  const isUrl = /^(https?:\/\/\S+|data:\S+)$/i.test(url.trim());
  const takeUrl = () => {
    if (!isUrl) return;
    onUrl(url.trim());
    setUrl('');
  };
  return (
    <div className="empty-media">
      <div className="empty-media-line">
        <span className="empty-media-icon">{kind === 'video' ? <FilmIcon size={20} /> : <ImageIcon size={20} />}</span>
        <p>
          Drop or paste {kind === 'video' ? 'a video' : 'a picture'} here
          <span className="faint">{names}</span>
        </p>
        <FileButton accept={types} onChange={(file) => file && onFile(file)}>
          {(button) => (
            <Button
              {...button}
              id={ids.control}
              size="xs"
              variant="default"
              aria-describedby={ids.about}
              aria-label={`Choose a file: ${title}`}
            >
              Choose a file
            </Button>
          )}
        </FileButton>
      </div>
      <TextInput
        size="xs"
        type="url"
        placeholder="or paste a URL: https://…"
        aria-label={`URL: ${title}`}
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
        onBlur={takeUrl}
        onKeyDown={(event) => event.key === 'Enter' && takeUrl()}
        error={url.trim() !== '' && !isUrl && !'https://'.startsWith(url.trim()) ? 'An http or https URL' : undefined}
      />
    </div>
  );
}
