package io.runnel.servlet;

import java.io.IOException;

/** Where a WebSocket's frames go. One thread at a time. */
interface FrameOutput {
  /** Keeps whole frames, which must not be changed any more, to be written. */
  void add(byte[] frames);

  /** Writes; true if all has gone, false if the container will say when to go on. */
  boolean tryWrite() throws IOException;
}
