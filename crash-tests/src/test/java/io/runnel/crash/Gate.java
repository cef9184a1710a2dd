package io.runnel.crash;

/** Lets publishers go while a hub is there to be published to. Any thread. */
final class Gate {
  private boolean isOpen;
  private boolean isOver;

  synchronized void open() {
    isOpen = true;
    notifyAll();
  }

  synchronized void close() {
    isOpen = false;
  }

  /** Nobody publishes any more. */
  synchronized void end() {
    isOver = true;
    notifyAll();
  }

  /** Waits until it is open; false if nobody publishes any more. */
  synchronized boolean await() throws InterruptedException {
    while (!isOpen && !isOver) wait();
    return !isOver;
  }

  synchronized boolean isOpen() {
    return isOpen && !isOver;
  }
}
