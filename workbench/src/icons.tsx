import type { ReactNode } from 'react';

/** Line drawings on a grid of 24, all of one weight. They decorate; what they mean is said beside them or in a label. */
function drawn(paths: ReactNode) {
  return function Icon({ size = 16 }: { readonly size?: number }) {
    return (
      <svg
        className="icon"
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.75"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
      >
        {paths}
      </svg>
    );
  };
}

export const AlertIcon = drawn(<path d="M12 4 2.8 20h18.4zM12 10v4.5M12 17.3v.2" />);
export const ArrowIcon = drawn(<path d="M5 12h14M13 6l6 6-6 6" />);
export const BackIcon = drawn(<path d="M4 5v14M20 6l-10 6 10 6z" />);
export const CheckIcon = drawn(<path d="m5 12.5 4.5 4.5L19 7.5" />);
export const ChevronIcon = drawn(<path d="m6 9.5 6 6 6-6" />);
export const CloseIcon = drawn(<path d="m6 6 12 12M18 6 6 18" />);
export const CompareIcon = drawn(<path d="M12 3v18M9 6H4v12h5M15 6h5v12h-5" />);
export const CopyIcon = drawn(<path d="M9 9h11v11H9zM5 15H4V4h11v1" />);
export const DownloadIcon = drawn(<path d="M12 4v11M7 11l5 5 5-5M5 20h14" />);
export const EditIcon = drawn(<path d="M4 20h4L19 9l-4-4L4 16zM13 7l4 4" />);
export const FilmIcon = drawn(<path d="M4 5h16v14H4zM8 5v14M16 5v14M4 9.5h4M4 14.5h4M16 9.5h4M16 14.5h4" />);
export const ForwardIcon = drawn(<path d="M20 5v14M4 6l10 6-10 6z" />);
export const HistoryIcon = drawn(<path d="M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5M12 8v4.5l3 1.8" />);
export const ImageIcon = drawn(<path d="M4 5h16v14H4zM4 16l4.5-4.5L13 16l3-3 4 4M15.5 9.2v.1" />);
export const InfoIcon = drawn(<path d="M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 7.8v.1" />);
export const KeyIcon = drawn(<path d="M8 18a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM11 11l9-7M16.5 6.8l2.5 3" />);
export const LinkIcon = drawn(
  <path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1" />,
);
export const MinusIcon = drawn(<path d="M5 12h14" />);
export const MoonIcon = drawn(<path d="M20 14.5A8.3 8.3 0 0 1 9.5 4 8.3 8.3 0 1 0 20 14.5z" />);
export const PauseIcon = drawn(<path d="M8.5 5v14M15.5 5v14" />);
export const PlayIcon = drawn(<path d="m7 5 12 7-12 7z" />);
export const PlusIcon = drawn(<path d="M12 5v14M5 12h14" />);
export const RepeatIcon = drawn(
  <path d="M4 11a7 7 0 0 1 12-4.3L19 10M19 5v5h-5M20 13a7 7 0 0 1-12 4.3L5 14M5 19v-5h5" />,
);
export const ResetIcon = drawn(<path d="M5 5v5h5M5.5 10A7.5 7.5 0 1 1 4.5 14" />);
export const SearchIcon = drawn(<path d="M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16.2 16.2 20.5 20.5" />);
export const SignOutIcon = drawn(<path d="M10 4H5v16h5M10 12h10M16 8l4 4-4 4" />);
export const SparkIcon = drawn(
  <path d="M12 4v4M12 16v4M4 12h4M16 12h4M6.5 6.5l2.5 2.5M15 15l2.5 2.5M17.5 6.5 15 9M9 15l-2.5 2.5" />,
);
export const StopIcon = drawn(<path d="M7 7h10v10H7z" />);
export const SunIcon = drawn(
  <path d="M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.5V5M12 19v2.5M2.5 12H5M19 12h2.5M5.3 5.3 7 7M17 17l1.7 1.7M18.7 5.3 17 7M7 17l-1.7 1.7" />,
);
export const SystemIcon = drawn(<path d="M3.5 5h17v11h-17zM9 20h6M12 16v4" />);
export const TrashIcon = drawn(<path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5" />);
export const UploadIcon = drawn(<path d="M12 16V5M7 9l5-5 5 5M5 20h14" />);

/** The sign of the house: a reel that starts to play. */
export function Wordmark() {
  return (
    <span className="wordmark">
      <svg width="22" height="22" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <rect width="24" height="24" rx="6" className="wordmark-field" />
        <path d="M7 6.5v11" className="wordmark-line" />
        <path d="m11 7.5 7 4.5-7 4.5z" className="wordmark-line wordmark-filled" />
      </svg>
      Reelay
    </span>
  );
}
