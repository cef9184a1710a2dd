/** Durable histories beside each other; see docs/decisions/sqlite-history.md. */
@NullMarked
package io.runnel.benchmarks.histories;

import org.jspecify.annotations.NullMarked;
