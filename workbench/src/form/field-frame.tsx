import { ActionIcon, Tooltip } from '@mantine/core';
import { Fragment, type ReactNode, useId } from 'react';
import type { JsonValue } from '../api.ts';
import { AlertIcon, ResetIcon } from '../icons.tsx';
import type { Parameter } from './parameters.ts';

/** What every field gets. */
export interface FieldProps {
  readonly parameter: Parameter;
  readonly value: JsonValue | undefined;
  readonly fault: string | undefined;
  /** Undefined leaves the parameter out. */
  readonly onChange: (value: JsonValue | undefined) => void;
}

/** Ids that tie a control to its label and to what is said about it. */
export interface FieldIds {
  readonly control: string;
  readonly label: string;
  readonly about: string;
}

interface FrameProps {
  readonly parameter: Parameter;
  readonly fault: string | undefined;
  /** At the right end of the label's line. */
  readonly aside?: ReactNode;
  /** Given where the value is not the default any more. */
  readonly onReset?: (() => void) | undefined;
  /** A group of controls has no single one that a label could name. */
  readonly group?: boolean;
  readonly children: (ids: FieldIds) => ReactNode;
}

/** For the `ref` of Mantine's text inputs: they put the texts of their own wrapper in the place of an `aria-describedby`. */
export function describedBy({ about }: FieldIds) {
  return (element: HTMLElement | null) => element?.setAttribute('aria-describedby', about);
}

/** Characters of title and description that fit into one line. */
const lineLength = 52;

export function FieldFrame({ parameter, fault, aside, onReset, group = false, children }: FrameProps) {
  const base = useId();
  const ids: FieldIds = {
    control: `${base}-control`,
    label: `${base}-label`,
    about: `${base}-beside ${base}-about`,
  };
  const { title, required, property } = parameter;
  const { description } = property;
  const isBeside = aside === undefined && description !== undefined && title.length + description.length <= lineLength;
  const isOpen = !required && property.default === undefined && parameter.control !== 'switch';
  const heading = (
    <>
      {title}
      {isOpen && <span className="field-optional"> optional</span>}
    </>
  );
  return (
    <div className="field" data-field={parameter.name} data-faulty={fault !== undefined || undefined}>
      <div className="field-head">
        {group ? (
          <span id={ids.label} className="field-label">
            {heading}
          </span>
        ) : (
          <label id={ids.label} htmlFor={ids.control} className="field-label">
            {heading}
          </label>
        )}
        {onReset !== undefined && (
          <Tooltip label="Back to the default">
            <ActionIcon size={20} variant="subtle" aria-label={`Set ${title} back to its default`} onClick={onReset}>
              <ResetIcon size={13} />
            </ActionIcon>
          </Tooltip>
        )}
        <span className="field-aside">
          {aside}
          {isBeside && <Description text={description} id={`${base}-beside`} />}
        </span>
      </div>
      {children(ids)}
      <div id={`${base}-about`} className="field-about">
        {fault !== undefined && (
          <p className="field-fault" role="alert">
            <AlertIcon size={14} /> {fault}
          </p>
        )}
        {description !== undefined && !isBeside && <Description text={description} />}
      </div>
    </div>
  );
}

function Description({ text, id }: { readonly text: string; readonly id?: string }) {
  return (
    <p id={id} className="field-description">
      <RichText text={text} />
    </p>
  );
}

/** A sentence of the catalogue, in which backticks mark code. */
export function RichText({ text }: { readonly text: string }) {
  return text.split('`').map((part, index) => {
    const key = `${index}${part}`;
    return index % 2 === 1 ? <code key={key}>{part}</code> : <Fragment key={key}>{part}</Fragment>;
  });
}
