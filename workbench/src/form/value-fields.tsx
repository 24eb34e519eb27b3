import { Slider, Switch, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { JsonValue } from '../api.ts';
import { describedBy, FieldFrame, type FieldProps } from './field-frame.tsx';
import { effectiveValue } from './parameters.ts';

/** More steps than this are hard to hit with a slider. */
const mostSteps = 240;

function resetOf({ parameter, value, onChange }: FieldProps): (() => void) | undefined {
  const fallback = parameter.property.default;
  return value !== undefined && fallback !== undefined && value !== fallback ? () => onChange(undefined) : undefined;
}

export function NumberField(props: FieldProps) {
  const { parameter, fault, value, onChange } = props;
  const { minimum, maximum, type, 'x-step': stated } = parameter.property;
  const shown = effectiveValue(parameter, value === undefined ? {} : { [parameter.name]: value });
  const step = stated ?? (type === 'integer' ? 1 : 0.1);
  const slides =
    typeof shown === 'number' &&
    minimum !== undefined &&
    maximum !== undefined &&
    (maximum - minimum) / step <= mostSteps;
  const range = minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : '';
  return (
    <FieldFrame parameter={parameter} fault={fault} onReset={resetOf(props)}>
      {(ids) => (
        <div className="number">
          {slides && (
            <Slider
              className="number-slider"
              size={4}
              thumbSize={16}
              min={minimum}
              max={maximum}
              step={step}
              value={shown}
              label={null}
              thumbLabel={parameter.title}
              onChange={onChange}
            />
          )}
          <TextInput
            id={ids.control}
            className="number-input"
            data-wide={!slides || undefined}
            type="number"
            inputMode={type === 'integer' ? 'numeric' : 'decimal'}
            min={minimum}
            max={maximum}
            step={step}
            placeholder={range}
            ref={describedBy(ids)}
            error={fault !== undefined}
            value={typeof shown === 'number' ? shown : ''}
            onChange={({ currentTarget: { value: text } }) => onChange(text === '' ? undefined : Number(text))}
          />
        </div>
      )}
    </FieldFrame>
  );
}

export function SwitchField(props: FieldProps) {
  const { parameter, fault, value, onChange } = props;
  const isOn = (value ?? parameter.property.default) === true;
  return (
    <FieldFrame
      parameter={parameter}
      fault={fault}
      onReset={value === undefined || parameter.property.default !== undefined ? undefined : () => onChange(undefined)}
      aside={<span className="switch-word">{isOn ? 'On' : 'Off'}</span>}
    >
      {(ids) => (
        <Switch
          id={ids.control}
          aria-describedby={ids.about}
          checked={isOn}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      )}
    </FieldFrame>
  );
}

export function TextField({ parameter, fault, value, onChange }: FieldProps) {
  const placeholder = parameter.property['x-placeholder'];
  return (
    <FieldFrame parameter={parameter} fault={fault}>
      {(ids) => (
        <TextInput
          id={ids.control}
          ref={describedBy(ids)}
          placeholder={typeof placeholder === 'string' ? placeholder : ''}
          error={fault !== undefined}
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => onChange(event.currentTarget.value || undefined)}
        />
      )}
    </FieldFrame>
  );
}

/** For values that have no field of their own: written as JSON. */
export function JsonField({ parameter, fault, value, onChange }: FieldProps) {
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value, null, 2));
  const [isBroken, setBroken] = useState(false);
  const take = (next: string) => {
    setText(next);
    try {
      onChange(next.trim() === '' ? undefined : (JSON.parse(next) as JsonValue));
      setBroken(false);
    } catch {
      setBroken(true);
    }
  };
  const shownFault = isBroken ? 'Is not JSON yet.' : fault;
  return (
    <FieldFrame parameter={parameter} fault={shownFault}>
      {(ids) => (
        <Textarea
          id={ids.control}
          className="mono"
          ref={describedBy(ids)}
          autosize
          minRows={2}
          error={shownFault !== undefined}
          value={text}
          onChange={(event) => take(event.currentTarget.value)}
        />
      )}
    </FieldFrame>
  );
}
