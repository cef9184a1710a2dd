package io.runnel.servlet;

import java.util.List;
import java.util.function.Supplier;

/** Every container that is tested. */
enum Containers {
  TOMCAT(TomcatContainer::new),
  JETTY(JettyContainer::new),
  UNDERTOW(UndertowContainer::new);

  private final Supplier<Container> maker;

  Containers(Supplier<Container> maker) {
    this.maker = maker;
  }

  Container make() {
    return maker.get();
  }

  /** Those named on a command line; all if none is. */
  static List<Containers> named(String[] names, int from) {
    if (names.length <= from) return List.of(values());
    return List.of(names).subList(from, names.length).stream()
        .map(name -> valueOf(name.toUpperCase(java.util.Locale.ROOT)))
        .toList();
  }
}
