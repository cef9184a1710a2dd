package io.runnel.crash;

/**
 * How the events of one subscriber fell out.
 *
 * @param kept it has them, once and in their place
 * @param lostPrefix missing, older than the first that it has
 * @param lostMiddle missing, between others that it has
 * @param lostEnd missing, newer than the last that it has
 * @param unexpected it has them, but nobody sent them, or the history does not have them there
 * @param duplicated it has them more than once
 * @param reordered they came after newer ones
 * @param gaps gap events: nothing is trimmed, so there is no reason for one
 */
record Verdict(
    long kept,
    long lostPrefix,
    long lostMiddle,
    long lostEnd,
    long unexpected,
    long duplicated,
    long reordered,
    long gaps) {
  long lost() {
    return lostPrefix + lostMiddle + lostEnd;
  }

  boolean isClean() {
    return lost() + unexpected + duplicated + reordered + gaps == 0;
  }

  Verdict and(Verdict other) {
    return new Verdict(
        kept + other.kept,
        lostPrefix + other.lostPrefix,
        lostMiddle + other.lostMiddle,
        lostEnd + other.lostEnd,
        unexpected + other.unexpected,
        duplicated + other.duplicated,
        reordered + other.reordered,
        gaps + other.gaps);
  }

  static String header() {
    return String.format(
            "%-28s %10s %7s %7s %7s %7s %7s %7s %7s",
            "", "kept", "lost:", "lost:", "lost:", "unex-", "dupli-", "re-", "gaps")
        + String.format(
            "%n  %-28s %10s %7s %7s %7s %7s %7s %7s %7s",
            "subscriber", "", "prefix", "middle", "end", "pected", "cated", "ordered", "");
  }

  String row(String name) {
    return String.format(
        "%-28s %,10d %7d %7d %7d %7d %7d %7d %7d",
        name, kept, lostPrefix, lostMiddle, lostEnd, unexpected, duplicated, reordered, gaps);
  }
}
