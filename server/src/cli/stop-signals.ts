export interface StopSignals {
  /** aborts at the first SIGINT or SIGTERM */
  readonly signal: AbortSignal;
  /** fulfilled then */
  readonly stopped: Promise<void>;
  /** gives the signals back to the system */
  close(): void;
}

/** Listens to the wish to end: the first one is an abort, the second calls `force`. */
export function listenToStop({ onFirst, force }: { onFirst: () => void; force: () => void }): StopSignals {
  const controller = new AbortController();
  const stopped = new Promise<void>((resolve) =>
    controller.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  const onSignal = (): void => {
    if (controller.signal.aborted) force();
    else {
      onFirst();
      controller.abort();
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    stopped,
    close: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
