import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { chmod, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson } from "../../store/receipt-chain.ts";
import type { JsonValue } from "../../types.ts";

/** Its name under DATA_DIR. */
export const SIGNING_KEY_FILE = "signing-key.pem";

/** Signs reports with the Ed25519 key of an installation. */
export interface Signer {
  /** SPKI in base64. */
  readonly publicKey: string;
  /** The signature, in base64, of the canonical JSON of a value. */
  readonly sign: (value: JsonValue) => string;
}

/**
 * Reads the installation's key, which is made at the first start with mode 0600.
 *
 * @param dataDir null: the key is made anew and kept in memory alone
 */
export const openSigner = async (dataDir: string | null): Promise<Signer> => {
  const key = dataDir === null ? generateKeyPairSync("ed25519").privateKey : await keyIn(dataDir);
  return {
    publicKey: spkiOf(key),
    sign: (value) => sign(null, Buffer.from(canonicalJson(value), "utf8"), key).toString("base64"),
  };
};

const spkiOf = (key: KeyObject): string =>
  createPublicKey(key).export({ type: "spki", format: "der" }).toString("base64");

/** The public key, SPKI in base64, of a private key in PEM. */
export const publicKeyOf = (pem: Buffer): string => spkiOf(createPrivateKey(pem));

const keyIn = async (dataDir: string): Promise<KeyObject> => {
  const file = join(dataDir, SIGNING_KEY_FILE);
  const known = await readFile(file, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  });
  if (known !== null) {
    await chmod(file, 0o600);
    return createPrivateKey(known);
  }
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  await writeFile(`${file}.new`, pem, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return privateKey;
};

/** Whether a signature in base64 is that of `value` by the key. */
export const isSignedBy = (value: JsonValue, signature: string, publicKey: string): boolean => {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), type: "spki", format: "der" });
    if (key.asymmetricKeyType !== "ed25519") return false;
    return verify(null, Buffer.from(canonicalJson(value), "utf8"), key, Buffer.from(signature, "base64"));
  } catch {
    return false;
  }
};

/** The sha256 of a public key's bytes, in hexadecimal. */
export const keyFingerprint = (publicKey: string): string =>
  createHash("sha256").update(Buffer.from(publicKey, "base64")).digest("hex");
