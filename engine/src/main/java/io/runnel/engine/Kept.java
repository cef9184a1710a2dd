package io.runnel.engine;

/** How an acknowledged event is kept. */
public enum Kept {
  /** In memory: it is gone when the process ends. */
  MEMORY,
  /** On disk: synchronised before it was acknowledged. */
  DISK
}
