import { useEffect, useState } from "preact/hooks";

export const imageAddress = (collection: string, id: string): string =>
  `/v1/collections/${encodeURIComponent(collection)}/anchors/${encodeURIComponent(id)}/image`;

export interface PictureProps {
  readonly collection: string;
  readonly id: string;
  /** Of the anchor; shown where there is no picture. */
  readonly caption: string | null;
  readonly hasImage?: boolean | undefined;
  /** Whether the caption stands beside it, so that a screen reader need not hear it twice. */
  readonly captioned?: boolean;
}

/** The picture of an anchor, whole on a plate; its caption where it has none. */
export const Picture = ({ collection, id, caption, hasImage = true, captioned = false }: PictureProps) => {
  const [broken, setBroken] = useState(false);
  useEffect(() => setBroken(false), [collection, id]);
  return (
    <span class="plate">
      {broken || !hasImage ? (
        <span class="no-picture">{caption ?? "no picture"}</span>
      ) : (
        <img
          src={imageAddress(collection, id)}
          alt={captioned ? "" : (caption ?? id)}
          loading="lazy"
          decoding="async"
          onError={() => setBroken(true)}
        />
      )}
    </span>
  );
};
