package io.runnel.hub;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** How many files this process may have open; a connection is one. */
final class OpenFiles {
  private static final int MOST_CONNECTIONS = 1_000_000;

  private OpenFiles() {}

  /** The limit, or {@link Long#MAX_VALUE} on a system that has none. */
  static long limit() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getMaxFileDescriptorCount()
        : Long.MAX_VALUE;
  }

  /** Nine tenths of the limit: the rest is for the listening sockets, jars and the history. */
  static int defaultMaxConnections() {
    return defaultMaxConnections(limit());
  }

  static int defaultMaxConnections(long limit) {
    return (int) Math.max(1, Math.min(MOST_CONNECTIONS, limit / 10 * 9));
  }
}
