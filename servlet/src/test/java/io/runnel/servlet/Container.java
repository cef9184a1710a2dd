package io.runnel.servlet;

import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import java.util.Map;

/** A servlet container with one web application, on a port of its own. */
interface Container {
  /**
   * Puts a filter before every servlet, for requests and asynchronous dispatches; before the start.
   */
  void filter(Filter filter);

  /** Lets the kernel keep about so many bytes for each client, and no more; before the start. */
  void sendBuffer(int bytes);

  /**
   * Starts it.
   *
   * @param servlets by their mapping
   */
  void start(Map<String, HttpServlet> servlets, int threads, EventStreams streams) throws Exception;

  int port();

  /** Where it speaks TLS, with HTTP/2 by ALPN. */
  int tlsPort();

  void stop() throws Exception;

  default String url(String path) {
    return "http://localhost:" + port() + path;
  }
}
