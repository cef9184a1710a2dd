/** The engine: see {@link io.runnel.engine.Hub}. */
@NullMarked
package io.runnel.engine;

import org.jspecify.annotations.NullMarked;
