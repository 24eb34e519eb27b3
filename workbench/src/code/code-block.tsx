import { Button, CopyButton } from '@mantine/core';
import { useEffect, useState } from 'react';
import { CheckIcon, CopyIcon } from '../icons.tsx';
import { type CodeLanguage, type CodeToken, highlight } from './highlighter.ts';

interface BlockProps {
  readonly code: string;
  readonly language: CodeLanguage;
  readonly label: string;
}

/** Code to read and to take along. It is there at once, its colours follow. */
export function CodeBlock({ code, language, label }: BlockProps) {
  const lines = useHighlighted(code, language);
  return (
    <div className="code-block">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be within the keyboard's reach */}
      <section className="code-scroll" tabIndex={0} aria-label={label}>
        <pre>
          <code>
            {lines === undefined ? code : lines.map((line, number) => <Line key={keyOf(line, number)} line={line} />)}
          </code>
        </pre>
      </section>
      <div className="code-copy">
        <CopyButton value={code}>
          {({ copied, copy }) => (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={copied ? <CheckIcon size={14} /> : <CopyIcon size={14} />}
              onClick={copy}
            >
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </div>
    </div>
  );
}

function keyOf(line: readonly CodeToken[], number: number): string {
  return `${number} ${line.map(({ text }) => text).join('')}`;
}

function Line({ line }: { readonly line: readonly CodeToken[] }) {
  let place = 0;
  return (
    <>
      {line.map(({ text, color }) => {
        place += text.length;
        return (
          <span key={place} style={color === undefined ? {} : { color }}>
            {text}
          </span>
        );
      })}
      {'\n'}
    </>
  );
}

function useHighlighted(code: string, language: CodeLanguage) {
  const [done, setDone] = useState<{ readonly code: string; readonly lines: readonly (readonly CodeToken[])[] }>();
  useEffect(() => {
    let isCurrent = true;
    void highlight(code, language).then((lines) => isCurrent && setDone({ code, lines }));
    return () => {
      isCurrent = false;
    };
  }, [code, language]);
  return done?.code === code ? done.lines : undefined;
}
