import sharp from "sharp";

/** An XMP packet with a description, two subjects and a city. */
export const XMP =
  `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">` +
  `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ` +
  `xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" ` +
  `photoshop:City="Munich"><dc:description><rdf:Alt><rdf:li xml:lang="x-default">a red fox</rdf:li></rdf:Alt>` +
  `</dc:description><dc:subject><rdf:Bag><rdf:li>fox</rdf:li><rdf:li>snow</rdf:li></rdf:Bag></dc:subject>` +
  `</rdf:Description></rdf:RDF></x:xmpmeta>`;

interface Fields {
  /** Data sets of record 2, by their numbers. */
  readonly iptc?: readonly (readonly [number, string])[];
  readonly xmp?: string;
  readonly exif?: {
    readonly description?: string;
    readonly date?: string;
    readonly latitude?: number;
    readonly longitude?: number;
  };
}

/** A JPEG of a picture with fields about it. */
export const withFields = async (image: Uint8Array, { iptc, xmp, exif }: Fields): Promise<Buffer> => {
  const jpeg = await (exif === undefined ? sharp(image) : sharp(image).withExif(exifOf(exif)))
    .jpeg()
    .toBuffer();
  const segments = [
    ...(xmp === undefined ? [] : [segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${xmp}`))]),
    ...(iptc === undefined ? [] : [segment(0xed, iptcOf(iptc))]),
  ];
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
};

const exifOf = ({ description, date, latitude, longitude }: NonNullable<Fields["exif"]>) => ({
  IFD0: { ...(description === undefined ? {} : { ImageDescription: description }) },
  IFD2: { ...(date === undefined ? {} : { DateTimeOriginal: date }) },
  IFD3: {
    ...(latitude === undefined ? {} : { GPSLatitudeRef: "N", GPSLatitude: `${latitude}/1 0/1 0/1` }),
    ...(longitude === undefined ? {} : { GPSLongitudeRef: "E", GPSLongitude: `${longitude}/1 0/1 0/1` }),
  },
});

const iptcOf = (fields: readonly (readonly [number, string])[]): Buffer => {
  const sets = Buffer.concat(
    fields.map(([field, text]) => {
      const bytes = Buffer.from(text);
      return Buffer.concat([Buffer.of(0x1c, 2, field), sizeOf(bytes.length), bytes]);
    }),
  );
  const padding = Buffer.alloc(sets.length % 2);
  const header = Buffer.from("Photoshop 3.0\x008BIM\x04\x04\0\0\0\0", "latin1");
  return Buffer.concat([header, sizeOf(sets.length), sets, padding]);
};

const segment = (marker: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.of(0xff, marker), sizeOf(bytes.length + 2), bytes]);

const sizeOf = (length: number): Buffer => Buffer.of(length >> 8, length & 0xff);
