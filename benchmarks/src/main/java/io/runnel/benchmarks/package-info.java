/** JMH benchmarks: what a change costs or saves, measured on one machine before and after it. */
@NullMarked
package io.runnel.benchmarks;

import org.jspecify.annotations.NullMarked;
