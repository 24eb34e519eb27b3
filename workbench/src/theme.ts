import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** The one colour beside grey. Shade 7 is for light surfaces, shade 3 for dark ones; both pass 4.5 : 1 with their text. */
const accent: MantineColorsTuple = [
  '#e6f4f2',
  '#cbe7e3',
  '#97d3cb',
  '#5fcdbf',
  '#34a899',
  '#189083',
  '#0d7a70',
  '#0a6b64',
  '#085751',
  '#06433e',
];

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 3 },
  autoContrast: true,
  colors: { accent },
  cursorType: 'pointer',
  respectReducedMotion: true,
  defaultRadius: 'sm',
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '999px' },
  fontFamily:
    '"Inter Variable", ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace:
    '"JetBrains Mono Variable", ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
});

/** Mantine's own greys fail contrast in places: all of its neutral colours follow ours. */
export const cssVariablesResolver: CSSVariablesResolver = () => {
  const neutral = {
    '--mantine-color-body': 'var(--page)',
    '--mantine-color-text': 'var(--text)',
    '--mantine-color-dimmed': 'var(--text-soft)',
    '--mantine-color-placeholder': 'var(--text-faint)',
    '--mantine-color-default': 'var(--surface)',
    '--mantine-color-default-hover': 'var(--hover)',
    '--mantine-color-default-color': 'var(--text)',
    '--mantine-color-default-border': 'var(--line-strong)',
    '--mantine-color-error': 'var(--danger)',
  };
  return { variables: {}, light: neutral, dark: neutral };
};
