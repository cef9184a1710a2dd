/** The embedded durable history: {@link io.runnel.history.sqlite.SqliteHistory}. */
@NullMarked
package io.runnel.history.sqlite;

import org.jspecify.annotations.NullMarked;
