/** Does something when it is first asked for, with what that asks; again if that failed. */
export function once<T, Asked extends unknown[] = []>(
  make: (...asked: Asked) => Promise<T>,
): (...asked: Asked) => Promise<T> {
  let made: Promise<T> | undefined;
  return (...asked) => {
    made ??= make(...asked).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
