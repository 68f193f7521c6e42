// A file of a message: an image of this server in place, everything else as a link.

import type { Attachment } from '../live/wire.ts';
import './file.css';
import { Icon } from './icon.tsx';

const KIB = 1024;

function sizeWords(bytes: number | null): string {
  if (bytes === null) return '';
  if (bytes < KIB * KIB) return `${Math.max(1, Math.round(bytes / KIB))} kB`;
  return `${(bytes / KIB / KIB).toFixed(1)} MB`;
}

/** The path of a file of this server, which may be known under several names; null for anything else. */
function ownPath(url: string): string | null {
  if (!URL.canParse(url, location.origin)) return null;
  const { pathname, search } = new URL(url, location.origin);
  return pathname.startsWith('/parley/v1/files/') ? pathname + search : null;
}

export function File({ name, url, filesize, content_type: type, width, height }: Attachment) {
  const path = ownPath(url);
  if (path === null) {
    return (
      <p className="file">
        <Icon name="file" />
        <span dir="auto">{name}</span>
      </p>
    );
  }
  const isImage = /^image\/(png|jpeg|gif|webp)$/.test(type ?? '');
  return (
    <a
      className={isImage ? 'file-image' : 'file'}
      href={path}
      target="_blank"
      rel="noopener noreferrer"
    >
      {isImage ? (
        <img
          src={path}
          alt={name}
          width={width ?? undefined}
          height={height ?? undefined}
          loading="lazy"
        />
      ) : (
        <>
          <Icon name="file" />
          <span dir="auto">{name}</span>
          <span className="file-size">{sizeWords(filesize)}</span>
        </>
      )}
    </a>
  );
}
