/**
 * Crash points of the SQLite history. In its package, since its log is begun anew every few pages
 * here, which nobody else can ask for.
 */
@NullMarked
package io.runnel.history.sqlite;

import org.jspecify.annotations.NullMarked;
