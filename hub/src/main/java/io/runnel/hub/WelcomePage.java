package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import java.util.List;

/** What a browser shows at the hub's root: that it runs, how to try it, and what sites it has. */
final class WelcomePage {
  private WelcomePage() {}

  static byte[] with(List<SiteHost> sites) {
    String links = sites.stream().map(SiteHost::path).map(WelcomePage::link).collect(joining());
    // Under which address the hub is reached, through whatever proxy, only the browser knows.
    return """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Runnel</title>
    <style>
      body { font: 17px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; }
      pre { overflow-x: auto; }
      code { font-size: 0.95em; }
      @media (prefers-color-scheme: dark) { body { background: #111; color: #eee; } a { color: #8cf; } }
    </style>
    <h1>Runnel</h1>
    <p>This hub is running. Subscribe and publish:
    <pre><code>curl -N <span class="origin">http://localhost:8080</span>/events/orders
    curl -d hello <span class="origin">http://localhost:8080</span>/events/orders</code></pre>
    <ul>%s</ul>
    <script>
      for (const span of document.querySelectorAll('.origin')) span.textContent = location.origin;
    </script>
    """
        .formatted(links)
        .getBytes(UTF_8);
  }

  private static String link(String path) {
    return "<li><a href=\"%1$s/\">%1$s/</a>".formatted(path);
  }
}
