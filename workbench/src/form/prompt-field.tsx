import { Textarea, UnstyledButton } from '@mantine/core';
import { characters } from './faults.ts';
import { describedBy, FieldFrame, type FieldProps } from './field-frame.tsx';

interface PromptProps extends FieldProps {
  /** The model's own sample, offered as long as the field is empty. */
  readonly onSample?: (() => void) | undefined;
}

/** Share of the longest text from which on the count is shown as a warning. */
const nearlyFull = 0.9;

export function PromptField({ parameter, value, fault, onChange, onSample }: PromptProps) {
  const { property } = parameter;
  const text = typeof value === 'string' ? value : '';
  const count = characters(text);
  const most = property.maxLength;
  const placeholder = property['x-placeholder'];
  const aside = (
    <>
      {onSample !== undefined && text === '' && (
        <UnstyledButton className="text-button" onClick={onSample}>
          Use the sample
        </UnstyledButton>
      )}
      {most !== undefined && (
        <span className="count" data-full={count > most * nearlyFull || undefined}>
          {count.toLocaleString('en')} / {most.toLocaleString('en')}
        </span>
      )}
    </>
  );
  return (
    <FieldFrame parameter={parameter} fault={fault} aside={aside}>
      {(ids) => (
        <Textarea
          id={ids.control}
          ref={describedBy(ids)}
          aria-invalid={fault !== undefined}
          aria-required={parameter.required}
          autosize
          minRows={property['x-parameter'] === 'prompt' ? 4 : 2}
          maxRows={14}
          placeholder={typeof placeholder === 'string' ? placeholder : ''}
          value={text}
          error={fault !== undefined}
          onChange={(event) => onChange(event.currentTarget.value || undefined)}
        />
      )}
    </FieldFrame>
  );
}
