/** Client. */
@NullMarked
package io.runnel.client;

import org.jspecify.annotations.NullMarked;
