/** Topics, subscriptions as positions, history and retention. */
module io.runnel.engine {
  requires static org.jspecify;
  requires transitive io.runnel.eventstream;

  exports io.runnel.engine;
}
