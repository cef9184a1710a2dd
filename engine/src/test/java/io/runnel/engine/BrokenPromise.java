package io.runnel.engine;

/** The simulation saw something that DESIGN section 6 promises not to happen. */
final class BrokenPromise extends AssertionError {
  private static final long serialVersionUID = 1;

  BrokenPromise(String what) {
    super(what);
  }

  static void unless(boolean kept, String what, Object... about) {
    if (!kept) throw new BrokenPromise(String.format(what, about));
  }
}
