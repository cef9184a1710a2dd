package io.runnel.hub;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A port of loopback that is this test's alone, for a server that comes, goes and comes back: one
 * that is merely free between two of them may be given to any other process. While no server
 * listens on it, whoever connects is refused.
 *
 * <p>A socket that is bound and does not listen keeps it from all who ask for any port; a server
 * that asks for this one, with {@code SO_REUSEADDR} as all of ours do, gets it.
 */
final class HeldPort implements AutoCloseable {
  private final Socket holder = new Socket();

  HeldPort() throws IOException {
    holder.setReuseAddress(true);
    holder.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
  }

  int number() {
    return holder.getLocalPort();
  }

  String url() {
    return "http://127.0.0.1:" + number();
  }

  @Override
  public void close() throws IOException {
    holder.close();
  }
}
