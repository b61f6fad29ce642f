declare module "fs-native-extensions" {
  /** Locks the file behind `fd`: an OFD lock on Linux, flock on macOS, LockFileEx on Windows. False if it is taken. */
  export const tryLock: (fd: number) => boolean;
}
