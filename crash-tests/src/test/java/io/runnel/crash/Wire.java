package io.runnel.crash;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLSocketFactory;

/**
 * How clients reach the hub: over plain sockets, or over TLS with a certificate that all of this
 * process trust. Any thread.
 */
final class Wire {
  private final int port;
  private final Path certificates;

  private Wire(int port, Path certificates) {
    this.port = port;
    this.certificates = certificates;
  }

  static Wire plain(int port) {
    return new Wire(port, null);
  }

  /**
   * TLS.
   *
   * @param certificates has {@code cert.pem} and {@code key.pem} of the hub, and {@code trust.p12}
   *     with the first of them; ./prove makes them
   */
  static Wire tls(int port, Path certificates) {
    // Where every client looks that is told nothing else, okhttp's as well.
    System.setProperty("javax.net.ssl.trustStore", certificates.resolve("trust.p12").toString());
    System.setProperty("javax.net.ssl.trustStorePassword", "secret");
    return new Wire(port, certificates);
  }

  /** What the hub has to be told. */
  List<String> flags() {
    if (certificates == null) return List.of();
    return List.of(
        "--tls-cert",
        certificates.resolve("cert.pem").toString(),
        "--tls-key",
        certificates.resolve("key.pem").toString());
  }

  URI uri(String path) {
    return URI.create((certificates == null ? "http" : "https") + "://127.0.0.1:" + port + path);
  }

  Socket connect() throws IOException {
    return certificates == null
        ? new Socket("127.0.0.1", port)
        : SSLSocketFactory.getDefault().createSocket("127.0.0.1", port);
  }
}
