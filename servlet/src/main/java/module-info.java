/** Event streams in a Jakarta Servlet container. */
module io.runnel.servlet {
  requires static org.jspecify;
  requires transitive io.runnel.engine;
  requires transitive jakarta.servlet;
  requires static jakarta.websocket;

  exports io.runnel.servlet;
}
