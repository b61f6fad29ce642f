import { useEffect, useState } from "preact/hooks";
import { apiKey, collectionClient } from "../service.ts";

/** Addresses of pictures that were fetched with a key, the least recently used first. */
const fetched = new Map<string, Promise<string>>();
const MOST_FETCHED = 600;

export const imageAddress = (collection: string, id: string): string =>
  `/v1/collections/${encodeURIComponent(collection)}/anchors/${encodeURIComponent(id)}/image`;

/** An `img` cannot send a key, so that with one the bytes are fetched and shown from memory. */
const fetchPicture = (collection: string, id: string): Promise<string> => {
  const key = `${collection}/${id}`;
  const known =
    fetched.get(key) ??
    collectionClient(collection)
      .getImage(id)
      .then((blob) => URL.createObjectURL(blob));
  fetched.delete(key);
  fetched.set(key, known);
  known.catch(() => fetched.delete(key));
  const [oldest] = fetched;
  if (fetched.size > MOST_FETCHED && oldest !== undefined) {
    fetched.delete(oldest[0]);
    oldest[1].then(
      (address) => URL.revokeObjectURL(address),
      () => undefined,
    );
  }
  return known;
};

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
  const [address, setAddress] = useState<string | null>(null);
  const [missing, setMissing] = useState(false);
  const withKey = apiKey.value !== null;
  useEffect(() => {
    let gone = false;
    setMissing(!hasImage);
    if (!hasImage) return;
    if (!withKey) setAddress(imageAddress(collection, id));
    else {
      fetchPicture(collection, id).then(
        (made) => {
          if (!gone) setAddress(made);
        },
        () => {
          if (!gone) setMissing(true);
        },
      );
    }
    return () => {
      gone = true;
    };
  }, [collection, id, hasImage, withKey]);
  return (
    <span class="plate">
      {missing ? (
        <span class="no-picture">{caption ?? "no picture"}</span>
      ) : (
        address !== null && (
          <img
            src={address}
            alt={captioned ? "" : (caption ?? id)}
            loading="lazy"
            decoding="async"
            onError={() => setMissing(true)}
          />
        )
      )}
    </span>
  );
};
