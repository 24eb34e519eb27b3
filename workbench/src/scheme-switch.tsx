import { ActionIcon, type MantineColorScheme, Tooltip, useMantineColorScheme } from '@mantine/core';
import { MoonIcon, SunIcon, SystemIcon } from './icons.tsx';

const schemes = {
  auto: { next: 'light', label: 'Colours as the system has them', Icon: SystemIcon },
  light: { next: 'dark', label: 'Light colours', Icon: SunIcon },
  dark: { next: 'auto', label: 'Dark colours', Icon: MoonIcon },
} as const satisfies Record<
  MantineColorScheme,
  { readonly next: MantineColorScheme; readonly label: string; readonly Icon: unknown }
>;

export function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const { next, label, Icon } = schemes[colorScheme];
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={`${label}. Change`}
        onClick={() => setColorScheme(next)}
      >
        <Icon size={17} />
      </ActionIcon>
    </Tooltip>
  );
}
