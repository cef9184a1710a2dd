package io.runnel.hub;

import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The names that a hub answers to, as the {@code Host} of a request has them.
 *
 * <p>A hub on loopback is out of reach for strangers, but not for their pages: whoever owns a name
 * can let it mean 127.0.0.1 once the browser has the page (DNS rebinding), and the page is then of
 * the hub's own origin. Such a request still says under which name it was sent. So only names are
 * answered to that a stranger cannot own: addresses, {@code localhost} and all below it, names
 * without a dot, such as that of an nginx {@code upstream}, and those that the configuration lists.
 */
final class HostNames {
  private final boolean all;
  private final Set<String> listed = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

  private HostNames(boolean all, Set<String> listed) {
    this.all = all;
    this.listed.addAll(listed);
  }

  /**
   * Wider than loopback every name counts, unless some are listed. Over TLS, too: there the
   * certificate is what a stranger's name does not match.
   */
  static HostNames of(HubConfig config) {
    var address = new InetSocketAddress(config.host(), 0);
    boolean isOpen = address.isUnresolved() || !address.getAddress().isLoopbackAddress();
    boolean isChecked = !config.serverNames().isEmpty() || (!isOpen && config.tlsCert() == null);
    return new HostNames(!isChecked, Set.copyOf(config.serverNames()));
  }

  /** Whether a request with this {@code Host} is for us; one without is no browser's. */
  boolean contain(@Nullable String host) {
    if (all || host == null) return true;
    String name = nameOf(host);
    return isAddress(name) || name.indexOf('.') < 0 || isLocal(name) || listed.contains(name);
  }

  /** Whether a {@code Host} means this machine alone. */
  static boolean isLoopback(String host) {
    String name = nameOf(host);
    return isLocal(name) || name.equals("[::1]") || (isAddress(name) && name.startsWith("127."));
  }

  /** Without the port, and without the dot that a name may end with. */
  static String nameOf(String host) {
    int port = host.indexOf(':', host.lastIndexOf(']') + 1);
    String name = port < 0 ? host : host.substring(0, port);
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }

  private static boolean isLocal(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.equals("localhost") || lower.endsWith(".localhost");
  }

  /** An address is nobody's name: the last part of a name is never a number. */
  private static boolean isAddress(String name) {
    if (name.startsWith("[")) return true;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c != '.' && (c < '0' || c > '9')) return false;
    }
    return true;
  }
}
