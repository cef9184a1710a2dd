package io.runnel.hub;

import io.netty.channel.Channel;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** TLS from a certificate and its key: BoringSSL where there is a build of it, else the JDK's. */
final class Tls {
  private Tls() {}

  /**
   * What the configuration asks for; null if it asks for none.
   *
   * @throws ConfigException if a file is missing or is not what it should be
   */
  static @Nullable SslContext context(HubConfig config) throws ConfigException {
    Path certificate = config.tlsCert();
    Path key = config.tlsKey();
    if (certificate == null && key == null) return null;
    if (certificate == null) throw alone(ConfigKey.TLS_KEY, key, ConfigKey.TLS_CERT);
    if (key == null) throw alone(ConfigKey.TLS_CERT, certificate, ConfigKey.TLS_KEY);
    requireReadable(ConfigKey.TLS_CERT, certificate);
    requireReadable(ConfigKey.TLS_KEY, key);
    try {
      return SslContextBuilder.forServer(certificate.toFile(), key.toFile())
          .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
          .applicationProtocolConfig(
              new ApplicationProtocolConfig(
                  Protocol.ALPN,
                  SelectorFailureBehavior.NO_ADVERTISE,
                  SelectedListenerFailureBehavior.ACCEPT,
                  ApplicationProtocolNames.HTTP_2,
                  ApplicationProtocolNames.HTTP_1_1))
          .build();
    } catch (Exception e) { // SSLException, IllegalArgumentException, by provider
      throw new ConfigException(
          "tls-cert = "
              + certificate
              + ", tls-key = "
              + key
              + ": must be a certificate chain and its private key (PKCS #8, no passphrase), both"
              + " PEM: "
              + reason(e));
    }
  }

  /** Whether what is written to the channel has to go through TLS. */
  static boolean isOn(Channel channel) {
    return channel.pipeline().get(SslHandler.class) != null;
  }

  private static ConfigException alone(
      ConfigKey<Path> key, @Nullable Path value, ConfigKey<Path> other) {
    return new ConfigException(key + " = " + value + ": " + other + " is missing, both are needed");
  }

  private static void requireReadable(ConfigKey<Path> key, Path file) throws ConfigException {
    if (!Files.isReadable(file)) {
      throw new ConfigException(key + " = " + file + ": no such file, or it may not be read");
    }
  }

  private static String reason(Exception e) {
    Throwable cause = e;
    while (cause.getCause() != null) cause = cause.getCause();
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
  }
}
