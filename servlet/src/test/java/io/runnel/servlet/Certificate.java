package io.runnel.servlet;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate of localhost, signed by itself and made by the JDK's keytool for this run. */
final class Certificate {
  static final String PASSWORD = "of a test";

  private static final KeyStore KEY_STORE = make();

  private Certificate() {}

  static KeyStore keyStore() {
    return KEY_STORE;
  }

  private static KeyStore make() {
    try {
      Path folder = Files.createTempDirectory("runnel-certificate-");
      Path file = folder.resolve("keys.p12");
      List<String> command =
          List.of(
              Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
              "-genkeypair -alias test -keyalg EC -groupname secp256r1 -validity 2 -storetype PKCS12",
              "-dname CN=localhost -ext SAN=dns:localhost,ip:127.0.0.1");
      var words = new java.util.ArrayList<>(List.of(String.join(" ", command).split(" ")));
      words.addAll(List.of("-keystore", file.toString(), "-storepass", PASSWORD));
      Process keytool = new ProcessBuilder(words).redirectErrorStream(true).start();
      String said = new String(keytool.getInputStream().readAllBytes());
      if (keytool.waitFor() != 0) throw new IllegalStateException(said);
      KeyStore keys = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(file)) {
        keys.load(in, PASSWORD.toCharArray());
      }
      Files.delete(file);
      Files.delete(folder);
      return keys;
    } catch (Exception e) {
      throw new IllegalStateException("no certificate", e);
    }
  }

  static SSLContext serverContext() throws Exception {
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(KEY_STORE, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  /** Trusts this certificate and no other. */
  static SSLContext clientContext() throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("test", KEY_STORE.getCertificate("test"));
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
